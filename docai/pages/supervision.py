"""One worker process as the pool sees it."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from typing import BinaryIO, Literal, cast

from docai.errors import DocumentError
from docai.pages.confine import task_ceiling
from docai.pages.limits import STAGE

Death = Literal["crashed", "timeout", "memory"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """A task on its way: its ticket, its pickle, the document that it belongs to, its limit."""

    ticket: int
    frame: bytes
    affinity: str | None
    timeout_s: float
    urgent: bool = False


class WorkerProcess:
    """A process with its one task. `deadline` is of the start until it is ready, then of the task."""

    def __init__(self, command: list[str], start_deadline: float) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the process)
        self.popen = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, close_fds=True
        )
        self.stdin = cast(BinaryIO, self.popen.stdin)
        self.stdout = cast(BinaryIO, self.popen.stdout)
        self.reader: threading.Thread | None = None
        self.task: Assignment | None = None
        self.affinity: str | None = None
        self.deadline = start_deadline
        self.ceiling_bytes = 0
        self.is_ready = False
        self.death: Death = "crashed"
        self._retired = False

    @property
    def is_idle(self) -> bool:
        return self.is_ready and self.task is None and not self._retired

    def set_ready(self, memory_bytes: int, resident_now: int) -> None:
        self.is_ready = True
        self.ceiling_bytes = task_ceiling(memory_bytes, resident_now)

    def assign(self, task: Assignment, deadline: float) -> None:
        self.task, self.affinity, self.deadline = task, task.affinity, deadline
        self.send(task.frame)

    def finish(self) -> Assignment | None:
        task, self.task = self.task, None
        return task

    def send(self, frame: bytes) -> None:
        """A process that is gone is noticed where its messages are read, not here."""
        with contextlib.suppress(OSError, ValueError):
            self.stdin.write(frame)
            self.stdin.flush()

    def kill(self, death: Death = "crashed") -> None:
        """Ends the process; it takes no further task."""
        self.death, self._retired = death, True
        self.popen.kill()

    def join(self) -> None:
        """Waits for a killed process and for the thread that follows it."""
        self.popen.wait()
        if self.reader is not None:
            self.reader.join()
        self.release()

    def release(self) -> None:
        """Closes the pipes of a process that has ended."""
        for stream in (self.stdin, self.stdout, self._log):
            with contextlib.suppress(OSError):  # a write that the dead process never took
                stream.close()

    def last_words(self) -> str:
        """The last line that the process wrote to standard error before it was ready."""
        try:
            self._log.seek(0)
            lines = self._log.read().decode(errors="replace").strip().splitlines()
        except (OSError, ValueError):
            lines = []
        return lines[-1][:200] if lines else f"exit code {self.popen.returncode}"


def explain_death(death: Death, returncode: int | None, task: Assignment) -> DocumentError:
    """The error of the task that a dead worker held."""
    code = death
    if death == "timeout":
        message = f"took longer than the limit of {task.timeout_s:g} s"
        hint = "raise the time limit or split the file"
    elif death == "memory" or returncode == -getattr(signal, "SIGKILL", 9):
        # A SIGKILL that the pool did not send comes from the kernel's out-of-memory killer.
        code = "memory"
        message = "needs more memory than a worker may use"
        hint = "split the file or raise the memory limit"
    else:
        message = f"the process that decoded it ended ({_name_exit(returncode)})"
        hint = "open it in a viewer and save or scan it again"
    return DocumentError(code, message, document=task.affinity, stage=STAGE, hint=hint)


def _name_exit(returncode: int | None) -> str:
    if returncode is not None and returncode < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-returncode).name
    return f"exit code {returncode}"
