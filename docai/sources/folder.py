"""Documents in folders and named files of this machine."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from docai.errors import ConfigError, DocumentError
from docai.sources.item_errors import changed, gone
from docai.sources.kinds import DOCUMENT_SUFFIXES, HEAD_BYTES, is_left_over, looks_like_document
from docai.types import SourceItem

STAGE = "sources"
_KINDS = "PDF, TIFF, PNG, JPEG, WebP, BMP, office, HTML or e-mail"


class FolderSource:
    """Files below folders, and files named one by one, in sorted order.

    A folder gives what is a document by its name or its first bytes; the rest is left alone, as is
    everything whose name begins with a dot (`.docai` too). A named file is always listed. Symbolic
    links are followed; a folder that several links lead to is walked once. What cannot be looked into
    is listed all the same, so that reading it fails by name.
    """

    def __init__(self, paths: Sequence[Path | str]) -> None:
        self._paths = tuple(Path(path) for path in paths)

    def items(self) -> Iterator[SourceItem]:
        """The documents, without reading them. Raises `ConfigError` for a path that does not exist
        (before anything is listed) and for paths that hold no document at all."""
        for path in self._paths:
            _check_path(path)
        found = left_alone = 0
        listed: set[str] = set()
        folders: set[tuple[int, int]] = set()
        for path in self._paths:
            for item in self._walk(path, folders) if path.is_dir() else iter((_describe(path),)):
                if item is None:
                    left_alone += 1
                elif item.uri not in listed:
                    listed.add(item.uri)
                    found += 1
                    yield item
        if not found:
            names = ", ".join(str(path) for path in self._paths) or "no path given"
            others = f"; {left_alone} other files left alone" if left_alone else ""
            raise ConfigError(
                "no-documents",
                f"no documents in {names}{others}",
                stage=STAGE,
                hint=f"give folders or files with {_KINDS}",
            )

    def read(self, item: SourceItem) -> bytes:
        """A file's bytes; raises `DocumentError` `unreadable`."""
        try:
            return Path(item.uri).read_bytes()
        except OSError as error:
            raise _unreadable(item, error) from error

    def fetch(self, item: SourceItem, spool: Path) -> Path:
        """The file itself; `spool` stays unused. Raises `DocumentError` `gone`, `changed`, `unreadable`."""
        path = Path(item.uri)
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise gone(item) from error
        except OSError as error:
            raise _unreadable(item, error) from error
        if _version(status) != item.version:
            raise changed(item, "changed")
        return path

    def _walk(self, folder: Path, seen: set[tuple[int, int]]) -> Iterator[SourceItem | None]:
        """Documents below a folder; None for each file that is left alone."""
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                return
            seen.add((status.st_dev, status.st_ino))
            paths = sorted(folder.iterdir())
        except OSError:
            yield SourceItem(str(folder), 0, "unreadable")
            return
        for path in paths:
            if path.name.startswith("."):
                continue
            mode = _mode(path)
            if mode is not None and stat.S_ISDIR(mode):
                yield from self._walk(path, seen)
            elif mode is None:
                yield _describe(path) if path.suffix.lower() in DOCUMENT_SUFFIXES else None
            elif stat.S_ISREG(mode):
                yield _describe(path) if _is_document(path) else None


def _check_path(path: Path) -> None:
    mode = _mode(path)
    if mode is None and not path.is_symlink():
        raise ConfigError("no-such-path", f"{path} does not exist", stage=STAGE, hint="check the path")
    if mode is not None and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise ConfigError(
            "not-a-file",
            f"{path} is neither a file nor a folder",
            stage=STAGE,
            hint="use - to read one document from standard input",
        )


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except OSError:
        return None


def _is_document(path: Path) -> bool:
    if path.suffix.lower() in DOCUMENT_SUFFIXES:
        return not is_left_over(path)
    try:
        with path.open("rb") as stream:
            return looks_like_document(stream.read(HEAD_BYTES))
    except OSError:
        return False


def _describe(path: Path) -> SourceItem:
    """An item even of a file that cannot be looked at, so that reading it fails by name."""
    try:
        status = path.stat()
    except OSError:
        return SourceItem(str(path), 0, "unreadable")
    return SourceItem(str(path), status.st_size, _version(status))


def _version(status: os.stat_result) -> str:
    return f"{status.st_mtime_ns}-{status.st_size}"


def _unreadable(item: SourceItem, error: OSError) -> DocumentError:
    return DocumentError(
        "unreadable",
        f"cannot be read: {error.strerror or error}",
        document=item.uri,
        stage=STAGE,
        hint="check the path and its permissions",
    )
