"""Containers of office files: which kind lies in them, and whether it is safe to unpack."""

from __future__ import annotations

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
MOST_PARTS = 20_000
_CONTENT_TYPES = "[Content_Types].xml"
_MOST_TYPES_BYTES = 4 << 20
_PROLOGUE_BYTES = 64 << 10
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
        # Pictures and embedded files are never unpacked.
        text = [part for part in parts if part.filename.lower().endswith(_XML_SUFFIXES)]
        size = sum(part.file_size for part in text)
        if size > MOST_UNPACKED_BYTES or len(parts) > MOST_PARTS:
            raise DocumentError(
                "too-large",
                f"unpacks to {size >> 20:,} MB of text in {len(parts):,} parts; docai takes "
                f"{MOST_UNPACKED_BYTES >> 20} MB in {MOST_PARTS:,}",
                document=uri,
                stage=STAGE,
                hint="save the sheets or chapters that matter as files of their own",
            )
        for part in text:
            with package.open(part) as stream:
                prologue = stream.read(_PROLOGUE_BYTES)
            if _declares_type(prologue):
                raise DocumentError(
                    "unsafe",
                    f"its part {part.filename} declares a document type, which no office program writes",
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


def _declares_type(prologue: bytes) -> bool:
    """Whether an XML part begins with a document type declaration, in whichever encoding."""
    plain = prologue.replace(b"\x00", b"")
    root = re.search(rb"<[A-Za-z_]", plain)
    return b"<!DOCTYPE" in (plain[: root.start()] if root else plain)
