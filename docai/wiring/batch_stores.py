"""A batch's ends: where documents come from, where results go, and this machine in between."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docai.wiring.storage import open_source, open_store

if TYPE_CHECKING:
    from docai.batch.memory import BatchMemory
    from docai.batch.store.kept import Codec
    from docai.protocols import ObjectStore
    from docai.types import SourceItem


class BatchSource:
    """Documents of a folder or a bucket, brought to this machine one by one."""

    def __init__(self, url: str, endpoint_url: str | None, most_bytes: int = 1 << 30) -> None:
        self._source = open_source(url, endpoint_url, most_bytes)

    def items(self, outside: str) -> Iterator[SourceItem]:
        """The listing, without what lies below `outside` (a destination within the source)."""
        below = outside if "://" in outside else str(Path(outside).absolute())
        below = below.rstrip("/") + "/"
        return (item for item in self._source.items() if not item.uri.startswith(below))

    def fetch(self, item: SourceItem, path: Path) -> str:
        """Bring an item's bytes to `path`; its document id. Satisfies `Fetch`."""
        found = self._source.fetch(item, path)
        if found != path:  # a file of this machine: whoever writes to it must not disturb what is read
            shutil.copyfile(found, path)
            self._source.fetch(item, path)
        return read_document_id(path)


def read_document_id(path: Path) -> str:
    with path.open("rb") as stream:
        return "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()


def open_for_reading(url: str, endpoint_url: str | None) -> ObjectStore:
    """A destination of which nothing is changed. Asks nothing yet. Raises `ConfigError`."""
    return open_store(url, endpoint_url)


def open_destination(url: str, endpoint_url: str | None) -> ObjectStore:
    """The store at a destination. Raises `ConfigError` or `ServiceError` where nothing can be kept."""
    from docai.sources.objects import check_writable

    store = open_store(url, endpoint_url)
    check_writable(store)
    return store


@contextmanager
def make_spool(room: Path | None = None) -> Iterator[Path]:
    """A folder for the bytes of documents in flight, in `room` (the system's for temporary files). What
    killed runs of this machine left there is removed."""
    room = room or Path(tempfile.gettempdir())
    me = describe_process()
    # Containers may share the room, and know nothing of each other's processes.
    here = hashlib.sha256(f"{me['host']} {me['boot']}".encode()).hexdigest()[:8]
    for old in room.glob(f"docai-spool-{here}-*"):
        pid, started = old.name.removeprefix(f"docai-spool-{here}-").split("-")[:2]
        if pid.isdecimal() and is_gone({**me, "pid": int(pid), "started": started}):
            shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(
        prefix=f"docai-spool-{here}-{me['pid']}-{me['started']}-", dir=room
    ) as name:
        yield Path(name)


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


def make_memory(
    store: ObjectStore, recipe: str, run: str, describe: Callable[[], Mapping[str, Any]] = dict
) -> BatchMemory:
    """What this process keeps of a job. `describe`: what its beat tells of its progress."""
    from docai.batch.memory import BatchMemory

    return BatchMemory(
        store, recipe, run, make_codec(), process=describe_process(), is_gone=is_gone, describe=describe
    )


def make_codec() -> Codec:
    from docai.batch.store.kept import Codec
    from docai.workspace.answers import decode_answer, encode_answer
    from docai.workspace.codec import decode_page, encode_page

    return Codec(encode_page, decode_page, encode_answer, decode_answer)
