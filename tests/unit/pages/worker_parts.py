"""What test workers do; importable by the worker processes."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from docai.errors import ConfigError, DocumentError


def build_doer() -> Callable[[str], str]:
    return do


def do(task: str) -> str:
    """`verb argument` -> what the verb says."""
    verb, _, argument = task.partition(" ")
    return str(_VERBS[verb](argument))


def _segfault(_: str) -> int:
    return ctypes.string_at(0)[0]


def _fail(argument: str) -> None:
    raise DocumentError("damaged", argument, stage="pages")


def _bug(argument: str) -> None:
    raise KeyError(argument)


def _noise(argument: str) -> str:
    print(argument)
    os.write(1, argument.encode())
    os.write(2, argument.encode())
    return argument


def _hang(_: str) -> None:
    while True:
        time.sleep(60)  # until the pool ends it


def _meet(folder: str) -> int:
    """Returns when two processes are here at the same time."""
    (Path(folder) / str(os.getpid())).touch()
    while len(list(Path(folder).iterdir())) < 2:
        time.sleep(0.005)
    return os.getpid()


_VERBS: dict[str, Callable[[str], object]] = {
    "echo": lambda argument: argument,
    "pid": lambda _: os.getpid(),
    "segfault": _segfault,
    "exit": lambda argument: os._exit(int(argument)),
    "fail": _fail,
    "bug": _bug,
    "hang": _hang,
    "meet": _meet,
    "noise": _noise,
    "allocate": lambda argument: len(bytearray(int(argument))),
    "modules": lambda _: " ".join(sorted(sys.modules)),
    "threads": lambda _: os.environ["OMP_NUM_THREADS"],
    "lambda": lambda _: None,
}


def build_broken() -> Callable[[str], str]:
    raise ConfigError("no-language", "no language data for xyz")


def build_dying() -> Callable[[str], str]:
    os._exit(3)


@dataclass(frozen=True)
class BuildPageReader:
    """Makes a worker that goes through whole files: every page rendered, its words counted."""

    password: str | None = None

    def __call__(self) -> Callable[[Path], list[tuple[tuple[int, ...], int]]]:
        from docai.pages.renderer import DocumentRenderer

        renderer = DocumentRenderer(password=self.password)

        def read(path: Path) -> list[tuple[tuple[int, ...], int]]:
            document = renderer.open(path, path.name)
            return [
                (renderer.render(page).pixels.shape, len(renderer.text_layer(page)))
                for page in renderer.pages(document)
            ]

        return read
