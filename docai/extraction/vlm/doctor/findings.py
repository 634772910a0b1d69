"""What an examination finds: one line each, with its remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from docai.errors import DocaiError

Level: TypeAlias = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`check`: a stable slug for scripts. `problem` needs action, `note` may be worth some; `remedy` says
    which. `facts`: what was measured, as JSON holds it."""

    check: str
    level: Level
    message: str
    remedy: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def make_failure(check: str, error: DocaiError) -> Finding:
    """An error that ended a check, with its own way out."""
    return Finding(check, "problem", error.message, error.hint or "", {"code": error.code})
