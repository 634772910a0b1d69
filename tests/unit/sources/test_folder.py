"""Which files a folder gives, and which it leaves alone."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
import xlsxwriter

from docai.errors import ConfigError, DocumentError
from docai.pages.media import detect_media
from docai.sources.folder import FolderSource
from docai.sources.kinds import looks_like_document
from docai.sources.stdin import StdinSource
from docai.types import SourceItem

PDF = b"%PDF-1.7\n"


def names(source: FolderSource, base: Path) -> list[str]:
    return [Path(item.uri).relative_to(base).as_posix() for item in source.items()]


def test_sorted_and_deep_and_without_what_is_hidden(tmp_path: Path) -> None:
    for name in ("b/2.pdf", "b/1.PDF", "a.tiff", "c.jpeg", ".hidden.pdf", ".docai/pages/x.png", "b/.x/y.pdf"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PDF)
    assert names(FolderSource([tmp_path]), tmp_path) == ["a.tiff", "b/1.PDF", "b/2.pdf", "c.jpeg"]


def test_a_document_by_name_or_by_first_bytes(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("BMs are fine")
    (tmp_path / "table.csv").write_bytes(b"")
    (tmp_path / "scan-without-name").write_bytes(PDF)
    (tmp_path / "broken.pdf").write_bytes(b"not one")
    assert names(FolderSource([tmp_path]), tmp_path) == ["broken.pdf", "scan-without-name"]


def test_a_named_file_is_always_listed(tmp_path: Path) -> None:
    path = tmp_path / ".notes.txt"
    path.write_text("text")
    (item,) = FolderSource([path]).items()
    assert item == SourceItem(str(path), 4, f"{path.stat().st_mtime_ns}-4")


def test_office_files_are_listed_and_what_docai_wrote_is_not(tmp_path: Path) -> None:
    for name in (
        "a.docx",
        "b.XLSX",
        "c.pptx",
        "d.eml",
        "e.html",
        "f.doc",
        "~$a.docx",
        "g.txt",
        "h.md",
        "i.csv",
    ):
        (tmp_path / name).write_bytes(b"anything")
    own = '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="generator" content="docai">'
    (tmp_path / "answer.html").write_text(own)
    with xlsxwriter.Workbook(tmp_path / "records.xlsx") as book:
        book.set_properties({"author": "docai"})
    with xlsxwriter.Workbook(tmp_path / "prices.xlsx") as book:
        book.set_properties({"author": "a person"})
    listed = names(FolderSource([tmp_path]), tmp_path)
    assert listed == ["a.docx", "b.XLSX", "c.pptx", "d.eml", "e.html", "f.doc", "prices.xlsx"]


def test_named_twice_is_listed_once(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(PDF)
    assert names(FolderSource([path, tmp_path, str(path)]), tmp_path) == ["a.pdf"]


def test_an_edit_changes_the_version(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(PDF)
    (before,) = FolderSource([tmp_path]).items()
    os.utime(path, ns=(1, 1))
    (after,) = FolderSource([tmp_path]).items()
    assert before.version != after.version


def test_links_are_followed_without_going_in_circles(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "x.pdf").write_bytes(PDF)
    (inside / "a.pdf").write_bytes(PDF)
    (inside / "link.pdf").symlink_to(outside / "x.pdf")
    (inside / "other").symlink_to(outside)
    (inside / "loop").symlink_to(inside)
    (outside / "back").symlink_to(inside)
    assert names(FolderSource([inside]), inside) == ["a.pdf", "link.pdf", "other/x.pdf"]


def test_a_dangling_link_fails_by_name(tmp_path: Path) -> None:
    (tmp_path / "gone.pdf").symlink_to(tmp_path / "nowhere")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    source = FolderSource([tmp_path])
    (item,) = source.items()
    with pytest.raises(DocumentError) as caught:
        source.read(item)
    assert (caught.value.code, caught.value.document) == ("unreadable", str(tmp_path / "gone.pdf"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_closed_folder_fails_by_name_and_the_rest_goes_on(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    (tmp_path / "open.pdf").write_bytes(PDF)
    try:
        source = FolderSource([tmp_path])
        first, second = source.items()
        with pytest.raises(DocumentError):
            source.read(first)
        assert source.read(second) == PDF
    finally:
        closed.chmod(0o700)


def test_a_folder_named_like_a_document_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "x.pdf").mkdir()
    (tmp_path / "x.pdf" / "y.pdf").write_bytes(PDF)
    assert names(FolderSource([tmp_path]), tmp_path) == ["x.pdf/y.pdf"]


def test_nothing_found_says_what_was_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("text")
    with pytest.raises(ConfigError) as caught:
        list(FolderSource([tmp_path]).items())
    assert str(tmp_path) in caught.value.message
    assert "1 other files" in caught.value.message


def test_a_path_that_is_not_there_stops_before_anything_is_listed(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(PDF)
    with pytest.raises(ConfigError) as caught:
        next(FolderSource([tmp_path, tmp_path / "gone"]).items())
    assert caught.value.code == "no-such-path"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders here")
def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pdf")
    with pytest.raises(ConfigError) as caught:
        list(FolderSource([tmp_path / "pipe.pdf"]).items())
    assert caught.value.code == "not-a-file"


@pytest.mark.parametrize(
    "head",
    [b"%PDF-1.4", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"II*\x00", b"MM\x00*", b"RIFF\0\0\0\0WEBP"],
)
def test_the_listing_knows_what_pages_can_open(head: bytes) -> None:
    assert looks_like_document(head)
    assert detect_media(head) is not None


@pytest.mark.parametrize("head", [b"", b"hello", b"RIFF\0\0\0\0WAVE", b"\xff\xd8"])
def test_the_listing_leaves_alone_what_pages_cannot_open(head: bytes) -> None:
    assert not looks_like_document(head)
    assert detect_media(head) is None


def test_standard_input_is_bounded() -> None:
    with pytest.raises(DocumentError) as caught:
        list(StdinSource(io.BytesIO(b"x" * 11), max_bytes=10).items())
    assert caught.value.code == "too-large"
