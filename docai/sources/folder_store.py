"""Objects in a local folder: a key is a path below it, written whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from docai.errors import ConfigError, DocaiError, ServiceError
from docai.types import StoredObject

STAGE = "sources"
_UNFINISHED = ".docai-unfinished-"
# A folder that another process removes, empty, between our two calls is made again, but not for ever.
_TRIES = 20
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class FolderStore:
    """Objects in a folder, which is made with the first of them. For many threads and processes at once.

    Bytes are written to a file beside their place and brought to disk before they get their name: by a hard
    link where the name must be new, else by a rename. So whoever is killed, at any instant, leaves the whole
    object or none, and at most an unfinished file that no listing shows.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.url = str(root)

    def create(self, key: str, data: bytes) -> bool:
        path = self._path(key)
        try:
            if path.exists():  # spares the write; the link below decides
                return False
            unfinished = _write_beside(path, data)
            try:
                os.link(unfinished, path)
            except FileExistsError:
                return False
            except OSError as error:
                if error.errno in _NO_LINKS:
                    raise _no_links(self.url) from error
                raise
            finally:
                with suppress(OSError):
                    unfinished.unlink()
            _sync_folder(path.parent)
        except OSError as error:
            raise self._translate(error) from error
        return True

    def put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        try:
            unfinished = _write_beside(path, data)
            try:
                unfinished.replace(path)
            except OSError:
                with suppress(OSError):
                    unfinished.unlink()
                raise
            _sync_folder(path.parent)
        except OSError as error:
            raise self._translate(error) from error

    def get(self, key: str) -> bytes | None:
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise self._translate(error) from error

    def list(self, prefix: str) -> Iterator[StoredObject]:
        if prefix and not prefix.endswith("/"):
            raise ValueError(f"a prefix ends with a slash: {prefix!r}")
        folder = self._path(prefix.rstrip("/")) if prefix else self.root
        try:
            yield from _walk(str(folder), prefix)
        except OSError as error:
            raise self._translate(error) from error

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            path = self._path(key)
            try:
                path.unlink()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                continue
            except OSError as error:
                raise self._translate(error) from error
            self._remove_empty(path.parent)

    def _remove_empty(self, folder: Path) -> None:
        """A bucket knows no folders, so an empty one goes with its last object."""
        while folder != self.root:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent

    def _path(self, key: str) -> Path:
        parts = key.split("/")
        if not all(parts) or "\0" in key or any(p in (".", "..") or p.startswith(_UNFINISHED) for p in parts):
            raise ValueError(f"no key of an object: {key!r}")
        return self.root.joinpath(*parts)

    def _translate(self, error: OSError) -> DocaiError:
        reason = error.strerror or str(error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return DocaiError(
                "disk-full",
                f"no space left for {self.url}",
                stage=STAGE,
                hint="make room and run the same command again; what was done is kept",
            )
        if error.errno in _DENIED:
            return ConfigError(
                "store-denied",
                f"{self.url} cannot be used: {reason}",
                stage=STAGE,
                hint="give this user the right to read and write there, or choose another folder",
            )
        if isinstance(error, NotADirectoryError | FileExistsError):
            return ConfigError(
                "store-no-folder",
                f"{self.url} cannot be used: a file stands where a folder must be",
                stage=STAGE,
                hint="choose another folder",
            )
        return ServiceError(
            "store-failed",
            f"{self.url} failed: {reason}",
            stage=STAGE,
            hint="see to the disk and run the same command again; what was done is kept",
        )


def _walk(folder: str, prefix: str) -> Iterator[StoredObject]:
    """Objects below a folder in the order of their keys. A folder that is gone holds nothing.

    Holds the names of one folder on each level, and nothing else.
    """
    try:
        with os.scandir(folder) as entries:
            # Keys sort as text, where a folder's name goes on with a slash.
            names = sorted(e.name + "/" if e.is_dir() else e.name for e in entries)
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        if name.endswith("/"):
            yield from _walk(f"{folder}/{name[:-1]}", prefix + name)
        elif not name.startswith(_UNFINISHED):
            try:
                status = os.stat(f"{folder}/{name}")  # noqa: PTH116 - a million of them
            except FileNotFoundError:
                continue
            yield StoredObject(prefix + name, status.st_size, f"{status.st_mtime_ns}-{status.st_size}")


def _write_beside(path: Path, data: bytes) -> Path:
    """The bytes on disk, in a file of the same folder that no other writer has."""
    name = path.with_name(f"{_UNFINISHED}{secrets.token_hex(8)}")
    for attempt in range(_TRIES):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            break
        except FileNotFoundError:
            if attempt == _TRIES - 1:
                raise
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        with suppress(OSError):
            name.unlink()
        raise
    return name


def _sync_folder(folder: Path) -> None:
    """Bring a new name to disk, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _no_links(url: str) -> ConfigError:
    return ConfigError(
        "store-no-conditions",
        f"{url} lies on a file system without hard links: two jobs could overwrite each other there",
        stage=STAGE,
        hint="choose a folder on a local disk, or a bucket",
    )
