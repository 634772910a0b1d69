"""What people ask for, and how documents say it: `roll over` in a question, `automatically renew` on paper.

The table (`concepts.json`) is vocabulary of contracts, finance and operations, written by hand. Per concept:
`asks`, phrases of the question; `cues` and `hints`, strong and weak phrases of a page that answers it;
`gist`, the sentence that one expects there (its vector finds what no phrase says); `answer`, the kind of
value that stands beside a cue; `place`, where in a document it usually stands. `phrases` tells what a phrase
is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Literal, TypeAlias

from docai.index.phrases import PhraseSet

Place: TypeAlias = Literal["front", "back", "ends"]
"""`ends`: the first page, or else the last one."""
HINT_WEIGHT = 0.3
"""Of a hint, against a cue's 1."""

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|januar|mai|juin)[a-z]{0,6}"
_COUNT = (
    r"(?:[0-9]{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty"
    r"|fifty|sixty|seventy|eighty|ninety|hundred)"
)
# Over folded words joined by single spaces.
_DATE = (
    rf"\b{_MONTH} [0-9]{{1,2}}(?:st|nd|rd|th)? (?:19|20)[0-9]{{2}}\b"
    rf"|\b[0-9]{{1,2}}(?:st|nd|rd|th)? (?:day )?(?:of )?{_MONTH}\b"
    r"|\b[0-9]{1,4} [0-9]{1,2} [0-9]{1,4}\b"
    rf"|\bday of {_MONTH}"
)
_DURATION = (
    rf"\b{_COUNT} (?:[0-9]{{1,3}} )?(?:calendar |business |consecutive |additional |successive )?"
    r"(?:days?|weeks?|months?|years?|tagen?|monaten?|jahren?|jours|mois|ans)\b"
    r"|\b(?:year|month) to (?:year|month)\b|\banniversary\b"
)
_ANSWERS = {
    "date": _DATE,
    "duration": _DURATION,
    "when": f"{_DATE}|{_DURATION}",
    "money": r"[$€£] [0-9]|\b[0-9]{1,9} (?:usd|eur|gbp|dollars|euros?)\b|\b(?:usd|eur|gbp) [0-9]",
    "percent": r"\b[0-9]{1,3} (?:%|percent|per cent)",
    "name": r"\b(?:inc|llc|ltd|limited|corp|corporation|company|gmbh|plc|sa|bv)\b",
}


@dataclass(frozen=True)
class Concept:
    """One row of the table."""

    name: str
    cues: tuple[str, ...]
    hints: tuple[str, ...]
    gist: str
    answer: str | None = None
    place: Place | None = None

    @cached_property
    def phrases(self) -> PhraseSet:
        """Cues, then hints."""
        return PhraseSet((*self.cues, *self.hints))

    def weigh(self, number: int) -> float:
        """Weight of a phrase of `phrases`."""
        return 1.0 if number < len(self.cues) else HINT_WEIGHT

    @cached_property
    def answer_pattern(self) -> re.Pattern[str] | None:
        """The kind of value that answers, over folded words joined by spaces."""
        return re.compile(_ANSWERS[self.answer]) if self.answer else None


class ConceptTable:
    """All concepts, found by what a question asks."""

    def __init__(self, concepts: Sequence[Concept], asks: Sequence[Sequence[str]]) -> None:
        self.concepts = tuple(concepts)
        self._asks = PhraseSet([phrase for phrases in asks for phrase in phrases])
        self._owner = [at for at, phrases in enumerate(asks) for _ in phrases]

    def knows(self, word: str) -> bool:
        """Whether a folded word is one that questions ask with."""
        return self._asks.knows(word)

    def find(self, words: Sequence[str]) -> tuple[Concept, ...]:
        """Concepts that folded words of a question ask for, in the table's order."""
        found = {self._owner[number] for _, number in self._asks.find(words)}
        return tuple(self.concepts[at] for at in sorted(found))


def load_concepts() -> ConceptTable:
    """The table that ships with docai."""
    rows = json.loads(files("docai.index").joinpath("concepts.json").read_text(encoding="utf-8"))
    concepts = [
        Concept(
            name, tuple(row["cues"]), tuple(row["hints"]), row["gist"], row.get("answer"), row.get("place")
        )
        for name, row in rows.items()
    ]
    return ConceptTable(concepts, [row["asks"] for row in rows.values()])
