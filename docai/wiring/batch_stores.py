"""A batch's ends: where documents come from, where results go, and this machine in between."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docai.errors import DocumentError

if TYPE_CHECKING:
    from docai.batch.fetching import Fetched
    from docai.batch.store.kept import Codec
    from docai.protocols import ObjectStore
    from docai.types import SourceItem


class BatchSource:
    """Documents of a local folder."""

    def __init__(self, url: str, endpoint_url: str | None) -> None:
        from docai.sources.folder import FolderSource

        self._root = Path(url)
        self._source = FolderSource([self._root])

    def items(self, outside: str) -> Iterator[SourceItem]:
        out = Path(outside).resolve()
        for item in self._source.items():
            path = Path(item.uri)
            if not path.resolve().is_relative_to(out):
                yield replace(item, uri=str(path.relative_to(self._root)))

    def fetch(self, item: SourceItem, path: Path) -> Fetched:
        from docai.batch.fetching import Fetched

        source = self._root / item.uri
        try:
            data = source.read_bytes()
            status = source.stat()
        except OSError as error:
            raise DocumentError(
                "unreadable", f"cannot be read: {error.strerror or error}", document=item.uri, stage="sources"
            ) from error
        path.write_bytes(data)
        now = replace(item, size=status.st_size, version=f"{status.st_mtime_ns}-{status.st_size}")
        return Fetched(now, "sha256:" + hashlib.sha256(data).hexdigest())


def open_destination(url: str, endpoint_url: str | None) -> ObjectStore:
    from docai.sources.objects import check_writable, open_store

    store = open_store(url)
    check_writable(store)
    return store


def open_for_reading(url: str, endpoint_url: str | None) -> ObjectStore:
    from docai.sources.objects import open_store

    return open_store(url)


@contextmanager
def make_spool() -> Iterator[Path]:
    """A folder for the bytes of documents in flight. What killed runs of this user left is removed."""
    room = Path(tempfile.gettempdir())
    for old in room.glob("docai-spool-*"):
        pid, _, started = old.name.removeprefix("docai-spool-").partition("-")
        if pid.isdecimal() and is_gone({**describe_process(), "pid": int(pid), "started": started}):
            with suppress(OSError):
                shutil.rmtree(old)
    me = describe_process()
    folder = room / f"docai-spool-{os.getpid()}-{me['started']}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def describe_process() -> dict[str, Any]:
    """This process, for others on this machine."""
    from docai.workspace.leases import current_process

    return asdict(current_process())


def is_gone(process: Mapping[str, Any]) -> bool:
    """Whether a process described so has ended, as far as can be known from here."""
    from docai.workspace.leases import Holder, current_process, is_alive

    try:
        holder = Holder(**process)
    except TypeError:
        return False
    return not is_alive(holder, current_process(), 0.0)


def make_codec() -> Codec:
    from docai.batch.store.kept import Codec
    from docai.workspace.answers import decode_answer, encode_answer
    from docai.workspace.codec import decode_page, encode_page

    return Codec(encode_page, decode_page, encode_answer, decode_answer)
