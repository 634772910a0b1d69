"""Copies of an index folder: its files are mostly holes, which stay holes."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

_CHUNK_BYTES = 1 << 20
_FICLONE = 0x40049409  # linux/fs.h: the copy shares its blocks until one is written (btrfs, XFS)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder without hidden files. Raises OSError."""
    target.mkdir(parents=True, exist_ok=True)
    for entry in os.scandir(source):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            copy_tree(Path(entry.path), target / entry.name)
        else:
            copy_sparse(Path(entry.path), target / entry.name)


def copy_sparse(source: Path, target: Path) -> None:
    """Copy a file, shared with the original where the file system can, its holes kept where not."""
    with source.open("rb", buffering=0) as reading, target.open("wb", buffering=0) as writing:
        size = os.fstat(reading.fileno()).st_size
        if _clone(reading.fileno(), writing.fileno()):
            return
        writing.truncate(size)
        for start, end in _extents(reading.fileno(), size):
            reading.seek(start)
            writing.seek(start)
            left = end - start
            while left and (chunk := reading.read(min(left, _CHUNK_BYTES))):
                writing.write(chunk)
                left -= len(chunk)


def sync_tree(folder: Path) -> dict[str, int]:
    """Bring a folder to the disk; the sizes of its files by their path inside, hidden ones left out."""
    sizes: dict[str, int] = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            sync(path)
            if not name.startswith("."):
                sizes[path.relative_to(folder).as_posix()] = path.stat().st_size
        sync(Path(parent))
    return sizes


def sync(path: Path) -> None:
    """Bring one file or folder to the disk."""
    if sys.platform == "win32" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY if sys.platform != "win32" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _clone(source: int, target: int) -> bool:
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:
        return False
    return True


def _extents(descriptor: int, size: int) -> list[tuple[int, int]]:
    """Where a file has data. All of it, where the system does not know holes."""
    seek_data, seek_hole = getattr(os, "SEEK_DATA", None), getattr(os, "SEEK_HOLE", None)
    if seek_data is None or seek_hole is None:
        return [(0, size)]
    extents, at = [], 0
    while at < size:
        try:
            start = os.lseek(descriptor, at, seek_data)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole to the end
                break
            if error.errno == errno.EINVAL:
                return [(0, size)]
            raise
        at = os.lseek(descriptor, start, seek_hole)
        extents.append((start, at))
    return extents
