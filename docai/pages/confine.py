"""Limits that a worker process puts on itself, and what the pool can see of it from outside."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

_FLOOR_BYTES = 256 << 20
"""What a task may always take on top of the worker's own parts, however low the limit."""

_PR_SET_PDEATHSIG = 1
_OUT_OF_MEMORY = re.compile(r"malloc|alloc|out of memory|insufficient memory", re.IGNORECASE)


def tells_of_memory(error: BaseException) -> bool:
    """Whether an error is a refused allocation, as native libraries report it."""
    return isinstance(error, MemoryError) or bool(_OUT_OF_MEMORY.search(str(error)))


def resident_bytes(pid: int | str = "self") -> int:
    """Memory that a process holds; 0 where the system does not tell (no /proc)."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def task_ceiling(memory_bytes: int, resident_now: int) -> int:
    """Resident size at which a worker is stopped, given what it held before its first task."""
    return max(memory_bytes, resident_now + _FLOOR_BYTES)


def limit_memory(memory_bytes: int) -> None:
    """Makes allocations beyond the limit fail inside this process (Linux; elsewhere nothing happens).

    Data segment and not address space: the latter counts libraries and reserved stacks as well.
    """
    if not sys.platform.startswith("linux"):
        return
    import resource

    room = task_ceiling(memory_bytes, resident_bytes()) - resident_bytes()
    limit = _data_bytes() + room
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def die_with_parent(parent_pid: int) -> None:
    """Asks Linux to kill this process when its parent's thread ends, even by kill -9."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:  # it died before the call
        os._exit(0)


def _data_bytes() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) << 10
    return 0
