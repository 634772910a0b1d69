"""Which model's vectors an index holds: those of two models do not compare."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from docai.errors import ConfigError, DocaiError

STAGE = "index"
FORMAT = 1
"""Goes up when an older docai could not read what this one writes."""


class IndexDamaged(ConfigError):
    """The index cannot be read. Nothing is lost: SQLite has the passages, rebuild from there."""

    def __init__(self, message: str, *, code: str = "index-damaged") -> None:
        super().__init__(code, message, stage=STAGE, hint="docai index rebuild")

    def __reduce__(self) -> tuple[object, ...]:
        return (IndexDamaged, (self.message,), {"code": self.code})


@dataclass(frozen=True, slots=True)
class VectorSpace:
    """`embedder`, `fingerprint`, `dimension`: of the dense vectors' model, as `Embedder` names them.
    `terms`: name and version of what makes the sparse ones."""

    embedder: str
    fingerprint: str
    dimension: int
    terms: str = ""

    def check(self, stored: VectorSpace, place: str, *, hint: str = "docai index rebuild") -> None:
        """Raises `ConfigError` (`index-other-model`) unless the vectors at `place` are of this space."""
        if stored == self:
            return
        if stored.dimension != self.dimension or stored.embedder != self.embedder:
            what = (
                f"was made with {stored.embedder} ({stored.dimension} dimensions), "
                f"and {self.embedder} ({self.dimension} dimensions) is to be used"
            )
        elif stored.fingerprint != self.fingerprint:
            what = f"was made with other weights of {self.embedder}"
        else:
            what = f"was made with other terms ({stored.terms or 'none'}, now {self.terms or 'none'})"
        raise ConfigError("index-other-model", f"{place} {what}", stage=STAGE, hint=hint)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> VectorSpace:
        """Raises `KeyError`, `TypeError` or `ValueError` for what is none."""
        return cls(
            str(value["embedder"]), str(value["fingerprint"]), int(value["dimension"]), str(value["terms"])
        )


def check_format(found: object, place: str) -> None:
    """Raises `ConfigError` (`index-newer`) or `IndexDamaged` unless this docai can read that format."""
    if not isinstance(found, int) or found < 1:
        raise IndexDamaged(f"{place} does not say its format")
    if found > FORMAT:
        raise ConfigError(
            "index-newer",
            f"{place} was made by a newer docai (format {found}, this one knows {FORMAT})",
            stage=STAGE,
            hint="use that docai, or make the index again with: docai index rebuild",
        )


@contextmanager
def file_errors(folder: Path) -> Iterator[None]:
    """The system's complaints about the index's folder as docai's: `disk-full`, `index-io`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(f"no space left for {folder}") from error
        raise DocaiError(
            "index-io",
            f"{error.filename or folder}: {error.strerror or error}",
            stage=STAGE,
            hint="check the permissions of the folder and the disk, then run the same command again",
        ) from error


def disk_full(message: str) -> DocaiError:
    hint = "make room, then run the same command again: what is done is kept"
    return DocaiError("disk-full", message, stage=STAGE, hint=hint)
