"""Locks on files that end with their process, however it ends."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_PAUSE_S = 0.05


class FileLock:
    """An advisory lock on a file that exists. `shared` ones exclude only exclusive ones.

    On Windows a shared lock takes nothing: an open file cannot be removed there anyway.
    """

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        # Reading suffices for flock, so that a reader needs no right to write.
        self._descriptor = os.open(path, os.O_RDONLY if shared else os.O_RDWR)
        self._shared = shared

    def acquire(self, wait_s: float = 0.0) -> bool:
        """Take it, waiting as long as that; says whether it was had."""
        until_s = time.monotonic() + wait_s
        while not self._try():
            if time.monotonic() >= until_s:
                return False
            time.sleep(_PAUSE_S)
        return True

    def is_of(self, path: Path) -> bool:
        """Whether the file that was opened still lies at `path`."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), path.stat())
        except OSError:
            return False

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _try(self) -> bool:
        try:
            if sys.platform == "win32":
                import msvcrt

                if not self._shared:
                    msvcrt.locking(self._descriptor, msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                kind = fcntl.LOCK_SH if self._shared else fcntl.LOCK_EX
                fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return False
        return True
