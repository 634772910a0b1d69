"""The worker's side of `isolation`: one process, one task at a time, quiet and confined."""

from __future__ import annotations

import os
import pickle
import queue
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, BinaryIO

from docai.errors import ConfigError, DocaiError, DocumentError
from docai.pages.channel import Done, Ready, Refused, Start, pack_frame, read_frame
from docai.pages.confine import die_with_parent, limit_memory, resident_bytes, tells_of_memory

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main(parent_pid: int, tied: bool) -> None:
    """Serves tasks that come on standard input until it closes; results go to standard output.

    `tied`: the process ends with the thread that started it (only if that is the parent's main thread).
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the pool decides
    if tied:
        die_with_parent(parent_pid)
    for name in _THREAD_VARIABLES:  # parallel over pages: one thread each
        os.environ[name] = "1"
    incoming, outgoing = _take_channel()
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(incoming, inbox), daemon=True).start()
    start: Start = inbox.get()
    try:
        work = pickle.loads(start.build)()
        limit_memory(start.memory_bytes)
    except Exception as error:
        _send(outgoing, Refused(_portable(error)))
        return
    _silence(2)  # what native libraries have to say about broken files is not for the user's terminal
    _send(outgoing, Ready(resident_bytes()))
    while True:
        _send(outgoing, Done(run_task(work, inbox.get())))


def run_task(work: Callable[[Any], Any], task: Any) -> Any:
    """The result of a task, or the `DocaiError` that it ended in; nothing else is raised."""
    try:
        return work(task)
    except DocaiError as error:
        return error
    except Exception as error:
        return _explain(error, "memory" if tells_of_memory(error) else "internal")


def _explain(error: Exception, code: str) -> DocumentError:
    if code == "memory":
        message, hint = "needs more memory than a worker may use", "split the file or raise the memory limit"
    else:
        lines = str(error).strip().splitlines() or [""]
        message = f"unexpected {type(error).__name__}: {lines[0][:200]}"
        hint = "please report this with the file, if you may share it"
    return DocumentError(code, message, stage=_find_stage(error), hint=hint)


def _find_stage(error: BaseException) -> str:
    """The room in which an unexpected error arose."""
    stage, trace = "pages", error.__traceback__
    while trace is not None:
        parts = str(trace.tb_frame.f_globals.get("__name__", "")).split(".")
        if len(parts) > 2 and parts[0] == "docai" and parts[1:3] != ["pages", "worker"]:
            stage = parts[1]
        trace = trace.tb_next
    return stage


def _portable(error: Exception) -> Exception:
    if isinstance(error, DocaiError):
        return error
    return ConfigError("worker-start", f"a worker process cannot start: {type(error).__name__}: {error}")


def _take_channel() -> tuple[BinaryIO, BinaryIO]:
    """Private copies of standard input and output, which then lead nowhere."""
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    _silence(0)
    _silence(1)
    return incoming, outgoing


def _silence(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _receive(incoming: BinaryIO, inbox: queue.SimpleQueue[Any]) -> None:
    """Ends the process as soon as the pool is gone, whatever it is doing."""
    while True:
        try:
            inbox.put(read_frame(incoming))
        except EOFError:
            os._exit(0)


def _send(outgoing: BinaryIO, message: object) -> None:
    try:
        frame = pack_frame(message)
    except Exception as error:  # a result that does not pickle is a bug, not a dead worker
        frame = pack_frame(Done(_explain(error, "internal")))
    outgoing.write(frame)
    outgoing.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] == "1")
