"""How contracts say things: general phrases by what a clause is about.

A concept is chosen by the words of a field's label; what the schema's own aliases add counts beside it.
The phrases lie in `clause_cues.json`: patterns for lower-case sentences, bounded, with weights that were
written from knowledge of contract language; weights below zero count against. `{not}` is a duty not to.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Concept:
    """`labels`: words of a label that choose it; `needs`: words without which no cue can match."""

    name: str
    labels: re.Pattern[str]
    heading: re.Pattern[str]
    needs: re.Pattern[str]
    cues: tuple[tuple[float, re.Pattern[str]], ...]


@lru_cache(maxsize=1)
def load_concepts() -> tuple[Concept, ...]:
    data = json.loads(resources.files(__package__).joinpath("clause_cues.json").read_text(encoding="utf-8"))
    duty = data["not"]
    return tuple(
        Concept(
            name=item["name"],
            labels=re.compile(item["labels"]),
            heading=re.compile(item["heading"]),
            needs=re.compile(item["needs"]),
            cues=tuple((float(w), re.compile(p.replace("{not}", duty))) for w, p in item["cues"]),
        )
        for item in data["concepts"]
    )


def choose_concept(words: str) -> Concept | None:
    """The concept that a label's words name; None where they name none that is known here."""
    lowered = words.lower()
    for concept in reversed(load_concepts()):
        if concept.labels.search(lowered):
            return concept
    return None
