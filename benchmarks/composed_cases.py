"""What a scripted model says about a contract: the label's answer with a quote, or that spoiled."""

from __future__ import annotations

import datetime
import hashlib
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from docai.answering.sentences import split_sentences
from docai.llm.scripted_answers import SentPassage
from docai.values.compare import find, fold, same_value
from docai.values.dates import add_term
from docai.values.durations import parse_duration

SHARE = 0.3
_CLAUSE_WORDS = 18
_PATTERNS = {
    "law": r"^Which law",
    "expire": r"^When does",
    "made": r"^On what date",
    "effective": r"^What is the effective",
    "renew": r"^For how long does",
    "notice": r"notice is needed",
}
_KINDS = {"law": "place", "renew": "duration", "notice": "duration"}
_STATES = ("Utah", "Ohio", "Oregon", "Maine", "Iowa", "Vermont", "Bavaria", "Victoria", "Kansas")
# {v}: the answer; {t}: title; {p}: a party.
_WORDINGS = {
    "law": (
        "The {t} is governed by the laws of {v}.",
        "{v} law governs the agreement.",
        "The law that applies is that of {v}.",
        "The agreement between {p} and its partner is subject to the laws of {v}.",
    ),
    "expire": (
        "The {t} expires on {v}.",
        "It runs until {v}.",
        "The agreement with {p} ends on {v}.",
        "Its term ends on {v}, unless it is terminated earlier.",
    ),
    "term": ("The initial term is {v}.", "The {t} runs for {v}.", "It lasts {v} from its start."),
    "made": (
        "The {t} was made on {v}.",
        "It is dated {v}.",
        "{p} entered into the agreement on {v}.",
        "The parties signed the agreement as of {v}.",
    ),
    "effective": (
        "The effective date is {v}.",
        "The {t} takes effect on {v}.",
        "The agreement with {p} came into force on {v}.",
    ),
    "renew": (
        "It renews automatically for {v}.",
        "The {t} is extended for {v} at a time.",
        "The renewal term is {v}.",
    ),
    "notice": (
        "Notice must be given {v} before the end of the term.",
        "{v} notice prevents the renewal of the {t}.",
        "A party that does not want the agreement to renew must say so {v} before it ends.",
    ),
}
_INVENTED = (
    "The supplier must deliver monthly progress reports to the board.",
    "Late payments bear interest at the statutory rate.",
    "All deliveries are insured by the purchaser against theft and fire.",
    "The licensee may sublicense the software to its affiliates.",
    "Disputes are settled by a panel of three engineers.",
    "Employees of either company receive a discount on travel.",
    "The prices are reviewed whenever raw materials become more expensive.",
    "The warehouse is to be cleaned and painted at the tenant's expense.",
)
_NEGATIVE = re.compile(r"\b(not|no|neither|never)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Case:
    question: str
    kind: str
    answer: str
    document: str
    evidence: tuple[str, ...]
    title: str
    parties: tuple[str, ...]
    starts: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def half(self) -> str:
        return "A" if hashlib.md5(self.document.encode()).digest()[0] % 2 == 0 else "B"

    @property
    def value_kind(self) -> str:
        return _KINDS.get(self.kind, "date")

    def find_evidence(self, text: str) -> str | None:
        """The piece of evidence that a passage holds, or the greater part of it."""
        folded = fold(text)
        for piece in self.evidence:
            wanted = fold(piece)
            if wanted in folded or (len(wanted) > 80 and wanted[:60] in folded):
                return piece
        return None


@dataclass(frozen=True)
class Quoted:
    source: int
    words: str


@dataclass(frozen=True)
class Statement:
    """`value` as it is written in the text; `spoiled`: how it was made wrong, or empty."""

    text: str
    quotes: tuple[Quoted, ...]
    answer: str
    value: str
    spoiled: str = ""


def read_cases(path: Path) -> list[Case]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    starts: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
    for row in rows:
        if re.search(f"{_PATTERNS['made']}|{_PATTERNS['effective']}", row["question"]):
            starts[row["document"]].append((row["answer"], tuple(row["evidence"])))
    cases = []
    for row in rows:
        text = " ".join(row["question"].split())
        kind = next(name for name, pattern in _PATTERNS.items() if re.search(pattern, text))
        title = re.search(r"\bthe ([A-Z].*?) between\b", text)
        parties = re.search(r" between (.*?)(?: (?:expire|made|renew|from renewing))?\?$", text)
        cases.append(
            Case(
                text,
                kind,
                row["answer"],
                row["document"],
                tuple(row["evidence"]),
                title[1] if title else "agreement",
                tuple(parties[1].split(" and ", 1)) if parties else (),
                tuple(starts[row["document"]]),
            )
        )
    return cases


def state_truth(case: Case, sent: Sequence[SentPassage], chance: random.Random) -> Statement | None:
    """The label's answer with the clause that shows it; a computed end with both clauses it follows from, or
    as the period alone. None where what was sent does not show it."""
    for passage in sent:
        piece = case.find_evidence(passage.text)
        if piece is None:
            continue
        held = _find_value(case.value_kind, case.answer, piece, passage.text)
        if held is not None:
            words = _quote(passage.text, held, piece)
            written = _write_value(case, held, chance)
            return _make(case, case.kind, written, (Quoted(passage.number, words),), case.answer, chance)
        if case.kind == "expire":
            stated = _state_end(case, passage, piece, sent, chance)
            if stated is not None:
                return stated
    return None


def _state_end(
    case: Case, passage: SentPassage, piece: str, sent: Sequence[SentPassage], chance: random.Random
) -> Statement | None:
    periods = [f for f in find("duration", passage.text) if fold(f.text) in fold(piece)]
    for period in periods:
        duration = parse_duration(str(period.value))
        quote = Quoted(passage.number, _quote(passage.text, period.text, piece))
        for start, evidence in case.starts:
            if duration is None or not _ends(start, duration, case.answer):
                continue
            home = next(((p, e) for p in sent for e in evidence if fold(e) and fold(e) in fold(p.text)), None)
            if home is not None:
                words = _quote(home[0].text, home[1], home[1])
                written = _write_date(case.answer, chance)
                quotes = (quote, Quoted(home[0].number, words))
                return _make(case, "expire", written, quotes, case.answer, chance)
        if len(periods) == 1:
            return _make(case, "term", period.text, (quote,), "", chance)
    return None


def _ends(start: str, duration: object, answer: str) -> bool:
    try:
        return answer in {add_term(start, duration, inclusive=i) for i in (False, True)}  # type: ignore[arg-type]
    except ValueError:
        return False


def _find_value(kind: str, answer: str, piece: str, text: str) -> str | None:
    """The answer as the passage writes it, within the evidence."""
    for found in find(kind, text):
        readings = (found.value, found.alternative)
        if any(r is not None and same_value(kind, r, answer) for r in readings) and fold(found.text) in fold(
            piece
        ):
            return found.text
    return None


def _quote(text: str, held: str, piece: str) -> str:
    """The clause around the answer: its sentence, or of a long one the words about it."""
    at = text.find(held)
    if at < 0:  # spelled or spaced otherwise
        at = max(0, text.lower().find(held[:12].lower()))
    span = next(((a, b) for a, b in split_sentences(text) if a <= at < b), (0, len(text)))
    words = text[span[0] : span[1]].split()
    before = len(text[span[0] : at].split())
    length = len(held.split())
    start = max(0, before - _CLAUSE_WORDS)
    return " ".join(words[start : before + length + _CLAUSE_WORDS])


def _write_value(case: Case, held: str, chance: random.Random) -> str:
    if case.value_kind == "date":
        return _write_date(case.answer, chance)
    if case.value_kind == "duration":
        return held if chance.random() < 0.5 else str(find("duration", held)[0].value)
    return case.answer if chance.random() < 0.3 else held


def _write_date(iso: str, chance: random.Random) -> str:
    day = datetime.date.fromisoformat(iso)
    forms = (iso, f"{day:%B} {day.day}, {day.year}", f"{day.day} {day:%B} {day.year}")
    return chance.choice(forms)


def _make(
    case: Case, wording: str, value: str, quotes: tuple[Quoted, ...], answer: str, chance: random.Random
) -> Statement:
    party = chance.choice(case.parties) if case.parties else "the company"
    text = chance.choice(_WORDINGS[wording]).format(v=value, t=case.title, p=party)
    return Statement(text, quotes, answer, value)


def spoil(
    right: Statement,
    case: Case,
    others: Sequence[Case],
    sent: Sequence[SentPassage],
    chance: random.Random,
    used: Counter[str],
) -> Statement | None:
    """One way of being wrong: of those that this statement can have, the one that was used least."""
    ways: dict[str, Callable[[], Statement | None]] = {
        "digit": lambda: _change_digit(right, chance),
        "other date": lambda: _take_other(right, case, sent, chance, quoted=False),
        "other role": lambda: _take_other(right, case, sent, chance, quoted=True),
        "negation": lambda: _negate(right),
        "party": lambda: _take_party(right, case, others, chance),
        "document": lambda: _take_document(right, case, others, chance),
        "invented": lambda: replace(right, text=chance.choice(_INVENTED)),
    }
    for way in sorted(ways, key=lambda w: (used[w], chance.random())):
        wrong = ways[way]()
        if wrong is not None and wrong.text != right.text:
            used[way] += 1
            return replace(wrong, spoiled=way)
    return None


def _change_digit(right: Statement, chance: random.Random) -> Statement | None:
    places = [m.start() for m in re.finditer(r"\d", right.value)]
    if places:
        at = chance.choice(places)
        digit = chance.choice([d for d in "123456789" if d != right.value[at]])
        value = right.value[:at] + digit + right.value[at + 1 :]
    elif find("place", right.value):
        value = chance.choice([s for s in _STATES if s != right.value])
    else:
        return None
    return replace(right, text=right.text.replace(right.value, value), answer=value)


def _take_other(
    right: Statement, case: Case, sent: Sequence[SentPassage], chance: random.Random, *, quoted: bool
) -> Statement | None:
    """Another date, period or state of the document's, with the right quote or with its own."""
    kind = "duration" if find("duration", right.value) else case.value_kind
    here = " ".join(q.words for q in right.quotes)
    found = [
        (f, p)
        for p in sent
        for f in find(kind, p.text)
        if not same_value(kind, f.value, find(kind, right.value)[0].value if find(kind, right.value) else "")
        and fold(f.text) not in fold(here)
    ]
    if not found:
        return None
    other, passage = chance.choice(found)
    changed = replace(right, text=right.text.replace(right.value, other.text), answer=str(other.value))
    if not quoted:
        return changed
    words = _quote(passage.text, other.text, other.text)
    return replace(changed, quotes=(Quoted(passage.number, words),))


def _negate(right: Statement) -> Statement | None:
    quoted = " ".join(q.words for q in right.quotes)
    if _NEGATIVE.search(quoted) and not _NEGATIVE.search(right.text):
        # The quoted clause itself, its negation left out.
        text = " ".join(_NEGATIVE.sub("", quoted, count=1).split())
        return replace(right, text=text[:1].upper() + text[1:])
    for verb in (" is ", " was ", " must ", " takes ", " expires ", " ends ", " runs ", " renews ", " came "):
        if verb in right.text:
            negated = {" is ": " is not ", " was ": " was not ", " must ": " need not "}.get(verb)
            negated = negated or f" does not {verb.strip().removesuffix('s')} "
            return replace(right, text=right.text.replace(verb, negated, 1))
    return None


def _take_party(
    right: Statement, case: Case, others: Sequence[Case], chance: random.Random
) -> Statement | None:
    strangers = [p for c in others if c.document != case.document for p in c.parties if len(p) > 5]
    party = chance.choice(strangers)
    for name in case.parties:
        if name in right.text:
            return replace(right, text=right.text.replace(name, party))
    return replace(right, text=f"For {party}: {right.text}")


def _take_document(
    right: Statement, case: Case, others: Sequence[Case], chance: random.Random
) -> Statement | None:
    """What another contract says, with its words, as if a passage of this one said it."""
    fits = [
        c
        for c in others
        if c.document != case.document
        and c.kind == case.kind
        and not same_value(c.value_kind, c.answer, case.answer)
        and c.evidence
    ]
    if not fits:
        return None
    other = chance.choice(fits)
    quote = Quoted(right.quotes[0].source, " ".join(other.evidence[0].split()[:40]))
    value = _write_date(other.answer, chance) if other.value_kind == "date" else other.answer
    return replace(right, text=right.text.replace(right.value, value), answer=other.answer, quotes=(quote,))
