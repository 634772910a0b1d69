"""What an office, HTML, e-mail or text file is: by its bytes, and by its name only where it is plain text."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from docai.errors import DocumentError
from docai.pages import media
from docai.pages.media import detect_media, detect_text
from docai.pages.renderer import DocumentRenderer

MAIL = b"Received: by mx\r\nFrom: a@b.c\r\nTo: d@e.f\r\nSubject: x\r\n\r\ntext"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"<!DOCTYPE html>\n<p>x", media.HTML),
        (b"\xef\xbb\xbf  <html lang='en'>", media.HTML),
        (b"<?xml version='1.0'?>\n<!DOCTYPE html><html>", media.HTML),
        (b"<!-- saved -->\n<html>", media.HTML),
        ("\ufeff<html><p>x".encode("utf-16-le"), media.HTML),
        (b"see <html> in the middle", None),
        (b"<htmlx>", None),
        (MAIL, media.EML),
        (b"From: only\nSubject: two headers\n", None),
        (b"{\\rtf1\\ansi", media.RTF),
        (b"just some text", None),
    ],
)
def test_by_first_bytes(head: bytes, expected: str | None) -> None:
    assert detect_media(head) == expected


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("a.TXT", b"anything", media.TEXT),
        ("a.md", b"# x", media.MARKDOWN),
        ("x/a.csv", b"a;b", media.CSV),
        ("a.html", b"<p>a fragment", media.HTML),
        ("a.txt", b"\x00\x01\x02binary", None),
        ("a.txt", "\ufefftext".encode("utf-16-le"), media.TEXT),
        ("a.pdf", b"just some text", None),
        ("a", b"just some text", None),
    ],
)
def test_plain_text_by_its_name(name: str, head: bytes, expected: str | None) -> None:
    assert detect_text(head, name) == expected


def package(**parts: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as out:
        for name, content in parts.items():
            out.writestr({"types": "[Content_Types].xml"}.get(name, name), content)
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (package(readme=b"any zip"), "not-a-document"),
        (package(types=b"<Types/>"), "not-a-document"),
        (package(types=b"wordprocessingml.document.main+xml")[:-30], "damaged"),
        (package(mimetype=b"application/vnd.oasis.opendocument.formula"), "not-a-document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "not-a-document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password-needed"),
    ],
)
def test_containers_are_looked_into(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "file.docx"
    path.write_bytes(data)
    with pytest.raises(DocumentError) as caught:
        DocumentRenderer().open(path, "file.docx")
    assert (caught.value.code, caught.value.document) == (code, "file.docx")
    assert caught.value.hint
