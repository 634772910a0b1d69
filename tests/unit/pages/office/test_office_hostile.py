"""Files that mean harm, or are broken: each ends in pages or in one clear error, and nothing is fetched."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from office_files import lines_of, make_contract, make_workbook, needs_extra, read_pages, rewrite_part

from docai.errors import DocumentError
from docai.pages.office import packages
from docai.pages.office.elements import without_network

ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b SYSTEM "file:///etc/hostname">]>'


def code_of(path: Path, password: str | None = None) -> str:
    with pytest.raises(DocumentError) as caught:
        read_pages(path, password)
    assert caught.value.document == path.name
    assert caught.value.hint
    return str(caught.value.code)


def make_package(path: Path, parts: dict[str, bytes]) -> Path:
    types = b"<Types>application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml</Types>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in {"[Content_Types].xml": types, **parts}.items():
            package.writestr(name, data)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(tmp_path: Path, encoding: str) -> None:
    part = (ENTITY.decode() + "<w:document/>").encode(encoding)
    assert code_of(make_package(tmp_path / "a.docx", {"word/document.xml": part})) == "unsafe"


def test_a_bomb_is_refused_before_it_unpacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "MOST_UNPACKED_BYTES", 1 << 20)
    path = make_package(tmp_path / "a.docx", {"word/document.xml": b" " * (2 << 20)})
    assert path.stat().st_size < 10_000
    assert code_of(path) == "too-large"


def test_a_huge_picture_is_refused_before_it_unpacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "MOST_OTHER_BYTES", 1 << 20)
    halves = {f"word/media/{n}.png": b" " * (700 << 10) for n in range(2)}
    path = make_package(tmp_path / "a.docx", {"word/document.xml": b"<x/>", **halves})
    assert path.stat().st_size < 10_000
    assert code_of(path) == "too-large"


@pytest.mark.parametrize(
    "part",
    [
        b"<!--" + b" " * (70 << 10) + b"-->" + ENTITY[21:] + b"<x/>",
        b"<!--><x --><!DOCTYPE x><x/>",
        b"<?pi <x> ?><!DOCTYPE x><x/>",
        b" " * (70 << 10) + b"<!DOCTYPE x><x/>",
        b'<?xml version="1.0" encoding="utf-7"?>+ADw-!DOCTYPE x+AD4-<x/>',
        b'<?xml version="1.0" encoding="utf-16"?><x/>',
        ENTITY.decode().encode("utf-32") + b"<x/>",
        ENTITY.decode().encode("cp037"),
    ],
)
def test_nothing_hides_a_document_type(tmp_path: Path, part: bytes) -> None:
    assert code_of(make_package(tmp_path / "a.docx", {"word/document.xml": part})) == "unsafe"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16le", "iso-8859-1"])
def test_what_stands_before_a_root_may_stand(tmp_path: Path, encoding: str) -> None:
    stated = "utf-8" if "sig" in encoding else encoding
    part = f'<?xml version="1.0" encoding="{stated}"?>\n<!-- <!DOCTYPE é --><?pi x?>\n<w:x/>'.encode(encoding)
    path = make_package(tmp_path / "a.docx", {"word/document.xml": part, "customXml/item1.xml": b""})
    packages.check_package(path, "a.docx")


def test_too_many_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "MOST_PARTS", 10)
    assert code_of(make_package(tmp_path / "a.docx", {f"x{n}.xml": b"" for n in range(20)})) == "too-large"


def test_an_old_binary_file_without_libreoffice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "a.doc"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 520 + "WordDocument".encode("utf-16-le"))
    assert code_of(path) == "libreoffice-missing"


@needs_extra
def test_a_package_without_a_document(tmp_path: Path) -> None:
    assert code_of(make_package(tmp_path / "a.docx", {"word/other.xml": b"<x/>"})) == "damaged"


@needs_extra
def test_cut_off_at_any_place(tmp_path: Path) -> None:
    data = make_contract(tmp_path / "a.docx").read_bytes()
    for share in (0.1, 0.5, 0.9, 0.999):
        path = tmp_path / "cut.docx"
        path.write_bytes(data[: int(len(data) * share)])
        assert code_of(path) == "damaged"


@needs_extra
def test_broken_xml(tmp_path: Path) -> None:
    path = rewrite_part(make_contract(tmp_path / "a.docx"), "word/document.xml", lambda data: data[:-200])
    assert code_of(path) == "damaged"
    book = rewrite_part(
        make_workbook(tmp_path / "a.xlsx"), "xl/worksheets/sheet1.xml", lambda data: data[:-200]
    )
    assert code_of(book) == "damaged"


@needs_extra
def test_tags_nested_without_end(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<html><body>" + "<div>" * 100_000 + "deep")
    (page,) = read_pages(path)
    # lxml stops at a depth of its own; what it took apart is read.
    assert page.reader


@needs_extra
def test_a_table_that_claims_millions_of_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(
        '<html><body><table><tr><td colspan="99999999" rowspan="9999999">x</td><td>y</td></tr></table>'
    )
    assert list(lines_of(read_pages(path)).values()) == ["x", "y"]


@needs_extra
def test_passwords(tmp_path: Path) -> None:
    from msoffcrypto.format.ooxml import OOXMLFile

    plain = make_contract(tmp_path / "plain.docx")
    locked = io.BytesIO()
    with plain.open("rb") as stream:
        OOXMLFile(stream).encrypt("secret", locked)
    path = tmp_path / "a.docx"
    path.write_bytes(locked.getvalue())
    assert code_of(path) == "password-needed"
    assert code_of(path, "wrong") == "password-wrong"
    assert lines_of(read_pages(path, "secret"))["paragraph 1"] == "MASTER SERVICES AGREEMENT"


def test_no_connection_while_a_document_is_read() -> None:
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    address = server.getsockname()
    with server, without_network():
        with pytest.raises(PermissionError), socket.socket() as client:
            client.connect(address)
        with pytest.raises(PermissionError):
            socket.getaddrinfo("localhost", 80)
    socket.getaddrinfo("localhost", 80)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: socket.gethostbyname("localhost"),
        lambda: socket.gethostbyaddr("127.0.0.1"),
        lambda: socket.getnameinfo(("127.0.0.1", 80), 0),
        lambda: socket.socket(type=socket.SOCK_DGRAM).sendmsg([b"x"], [], 0, ("127.0.0.1", 9)),
        lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
    ],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_name_is_looked_up_from_a_thread_either(ask: Callable[[], object]) -> None:
    def catch() -> str:
        try:
            ask()
        except OSError as error:
            return type(error).__name__
        return ""

    with without_network(), ThreadPoolExecutor(1) as pool:
        assert catch() == pool.submit(catch).result() == "PermissionError"


def test_other_threads_keep_the_network() -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        with without_network():
            assert pool.submit(socket.getaddrinfo, "127.0.0.1", 80).result()


@needs_extra
def test_nothing_is_fetched_and_no_model_is_needed(tmp_path: Path) -> None:
    """In a process of its own, since what is fetched is fetched at the first use."""
    make_contract(tmp_path / "a.docx")
    link = '<img src="http://127.0.0.1:9/x.png"><link rel="stylesheet" href="http://127.0.0.1:9/x.css">'
    (tmp_path / "a.html").write_text(
        f"<html><head>{link}</head><body>{link}<p>The law of Oregon governs.</p>"
    )
    script = (
        "import sys\nfrom pathlib import Path\n"
        "def watch(event, args):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'socket.sendto', 'subprocess.Popen'):\n"
        "        print(event)\n"
        "sys.addaudithook(watch)\n"
        "from docai.pages.renderer import DocumentRenderer\n"
        "for name in sys.argv[1:]:\n"
        "    renderer = DocumentRenderer()\n"
        "    document = renderer.open(Path(name), name)\n"
        "    print('words', len(renderer.text_layer(renderer.page(document, 1))) > 4)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "a.docx"), str(tmp_path / "a.html")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.splitlines() == ["words True", "words True"]
