"""Containers of office files: which kind lies in them, and whether it is safe to unpack."""

from __future__ import annotations

import codecs
import io
import mmap
import re
import zipfile
from pathlib import Path

from docai.errors import DocumentError
from docai.pages import media
from docai.pages.file import translate_errors
from docai.pages.limits import STAGE

MOST_UNPACKED_BYTES = 400 << 20
"""Of all parts of a package that hold text, as its directory states them; zipfile unpacks no more."""
MOST_OTHER_BYTES = 200 << 20
"""Of its pictures and embedded files: some libraries unpack these too, all at once and into memory."""
MOST_PARTS = 20_000
_CONTENT_TYPES = "[Content_Types].xml"
_MOST_TYPES_BYTES = 4 << 20
_PROLOGUE_BYTES = 64 << 10
_BLANKS = " \t\r\n"
_SKIPPED = (("<!--", "-->"), ("<?", "?>"))
_ROOT = re.compile(r"<[A-Za-z_:\x80-\uffff]")
_ENCODING = re.compile(r"encoding\s{0,20}=\s{0,20}[\"']([^\"']{0,100})")
_KNOWN_ENCODING = re.compile(r"utf-?8|(?:us-)?ascii|iso-8859-\d{1,2}|windows-125\d", re.I)
_WIDE_ENCODING = re.compile(r"utf-?8|utf-?16(?:[lb]e)?", re.I)
_WIDE_STARTS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0", b"\0<")
_XML_SUFFIXES = (".xml", ".rels", ".vml")

_MAIN_PARTS = (
    (
        re.compile(
            rb"wordprocessingml\.(?:document|template)\.main|word\.(?:document|template)\.macroEnabled"
        ),
        media.DOCX,
    ),
    (
        re.compile(rb"spreadsheetml\.(?:sheet|template)\.main|excel\.(?:sheet|template)\.macroEnabled"),
        media.XLSX,
    ),
    (
        re.compile(
            rb"presentationml\.(?:presentation|slideshow|template)\.main"
            rb"|powerpoint\.(?:presentation|slideshow|template)\.macroEnabled"
        ),
        media.PPTX,
    ),
)
_OOXML = rb"application/vnd.openxmlformats-officedocument."
_PLAIN_TYPES = (
    (
        re.compile(rb"application/vnd\.ms-word\.(?:document|template)\.macroEnabled\.main\+xml"),
        _OOXML + rb"wordprocessingml.document.main+xml",
    ),
    (re.compile(rb"wordprocessingml\.template\.main"), rb"wordprocessingml.document.main"),
    (
        re.compile(
            rb"application/vnd\.ms-powerpoint\.(?:presentation|slideshow|template)\.macroEnabled\.main\+xml"
        ),
        _OOXML + rb"presentationml.presentation.main+xml",
    ),
    (re.compile(rb"presentationml\.(?:slideshow|template)\.main"), rb"presentationml.presentation.main"),
)
_OPEN_DOCUMENT = (media.ODT, media.ODS, media.ODP)
_STREAMS = (
    # Names of streams as compound files keep them; an encrypted package and a message may hold others inside.
    ("EncryptedPackage", media.ENCRYPTED),
    ("__substg1.0_", media.MSG),
    ("WordDocument", media.DOC),
    ("PowerPoint Document", media.PPT),
    ("Workbook", media.XLS),
    ("Book", media.XLS),
)


def detect_package(path: Path, container: str, uri: str) -> str | None:
    """The office file in a ZIP or compound file; None for another. `DocumentError` `damaged` if it cannot be
    looked into."""
    with translate_errors(uri):
        return _look_into_zip(path) if container == media.ZIP else _look_into_compound(path)


def _look_into_zip(path: Path) -> str | None:
    with zipfile.ZipFile(path) as package:
        names = package.namelist()
        if _CONTENT_TYPES in names:
            with package.open(_CONTENT_TYPES) as part:
                types = part.read(_MOST_TYPES_BYTES)
            return next((kind for pattern, kind in _MAIN_PARTS if pattern.search(types)), None)
        if "mimetype" in names:
            with package.open("mimetype") as part:
                stated = part.read(200).decode("ascii", "replace").strip()
            return next((kind for kind in _OPEN_DOCUMENT if stated in (kind, f"{kind}-template")), None)
    return None


def _look_into_compound(path: Path) -> str | None:
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for name, kind in _STREAMS:
            if data.find(name.encode("utf-16-le")) >= 0:
                return kind
    return None


def check_package(path: Path, uri: str) -> None:
    """Raises `DocumentError`: `too-large` for a package that would fill the machine, `unsafe` for one that
    declares entities (ECMA-376 part 2, 6.2.5, forbids document type declarations in office files)."""
    with translate_errors(uri), zipfile.ZipFile(path) as package:
        parts = package.infolist()
        text = [part for part in parts if part.filename.lower().endswith(_XML_SUFFIXES)]
        size = sum(part.file_size for part in text)
        other = sum(part.file_size for part in parts) - size
        if size > MOST_UNPACKED_BYTES or other > MOST_OTHER_BYTES or len(parts) > MOST_PARTS:
            raise DocumentError(
                "too-large",
                f"unpacks to {size >> 20:,} MB of text and {other >> 20:,} MB of pictures and other files in "
                f"{len(parts):,} parts; docai takes {MOST_UNPACKED_BYTES >> 20} MB, "
                f"{MOST_OTHER_BYTES >> 20} MB and {MOST_PARTS:,}",
                document=uri,
                stage=STAGE,
                hint="save the sheets or chapters that matter as files of their own, with smaller pictures",
            )
        for part in text:
            with package.open(part) as stream:
                fault = _find_fault(stream.read(_PROLOGUE_BYTES))
            if fault:
                raise DocumentError(
                    "unsafe",
                    f"its part {part.filename} {fault}, which no office program writes",
                    document=uri,
                    stage=STAGE,
                    hint="open it in an office program and save it again",
                )


def open_package(path: Path) -> Path | io.BytesIO:
    """The package for libraries that take documents only: a template or a file with macros (which nothing
    here runs) is said to be a plain one."""
    with zipfile.ZipFile(path) as package:
        types = package.read(_CONTENT_TYPES)
        plain = types
        for given, meant in _PLAIN_TYPES:
            plain = given.sub(meant, plain)
        if plain == types:
            return path
        copy = io.BytesIO()
        with zipfile.ZipFile(copy, "w") as out:
            for part in package.infolist():
                is_types = part.filename == _CONTENT_TYPES
                out.writestr(part.filename, plain if is_types else package.read(part))
    copy.seek(0)
    return copy


def _find_fault(data: bytes) -> str | None:
    """What is wrong with the beginning of an XML part: anything before its root but comments, instructions
    and white space, or an encoding in which that cannot be told."""
    text = _decode_prologue(data)
    if text is None:
        return "has an unusual encoding"
    at = 0
    while True:
        at = len(text) - len(text[at:].lstrip(_BLANKS))
        if at == len(text):
            # An empty part declares nothing; a long one might, further on.
            return "has no root where one belongs" if len(data) == _PROLOGUE_BYTES else None
        skipped = next((marks for marks in _SKIPPED if text.startswith(marks[0], at)), None)
        if skipped is None:
            break
        begin, end = skipped
        found = text.find(end, at + len(begin))
        if found < 0:
            return "has no root where one belongs"
        at = found + len(end)
    if text.startswith("<!", at):
        return "declares a document type"
    return None if _ROOT.match(text, at) else "has no root where one belongs"


def _decode_prologue(data: bytes) -> str | None:
    """The beginning of an XML part, right in its markup; None for an encoding whose markup is not ASCII's."""
    if data[:2] in (codecs.BOM_UTF16_LE, b"<\0"):
        text = data.decode("utf-16-le", "replace")
    elif data[:2] in (codecs.BOM_UTF16_BE, b"\0<"):
        text = data.decode("utf-16-be", "replace")
    else:
        text = data.removeprefix(codecs.BOM_UTF8).decode("latin-1")
    wide = data[:2] in _WIDE_STARTS
    text = text.removeprefix("\ufeff")
    if not text.startswith("<?xml"):
        return text
    stated = _ENCODING.findall(text[: max(text.find("?>"), 0)])
    known = _WIDE_ENCODING if wide else _KNOWN_ENCODING
    return text if all(known.fullmatch(name) for name in stated) else None
