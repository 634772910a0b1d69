"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from docai.errors import ConfigError, DocaiError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name beside `path` to write to; it takes the place of `path` when all went well."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield draft
        with writing(path):
            with draft.open("rb") as file:
                os.fsync(file.fileno())
            draft.replace(path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """The same for a folder; the old one goes when the new one is complete, an empty one is not kept."""
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft.mkdir()
    try:
        yield draft
        with writing(folder):
            if folder.exists():
                shutil.rmtree(folder)
            if any(draft.iterdir()):
                draft.replace(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """The system's errors about an output file as docai's own."""
    try:
        yield
    except OSError as error:
        raise _translate(error, path) from error


def _translate(error: OSError, path: Path) -> DocaiError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DocaiError(
            "disk-full",
            f"no space left to write {path}",
            stage="export",
            hint="free some space, then `docai records export`: the records are in the workspace",
        )
    return ConfigError(
        "output-not-writable", f"{path} cannot be written ({error.strerror or error})", stage="export"
    )
