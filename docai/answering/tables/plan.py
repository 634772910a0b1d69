"""What a question asks of one schema's records: conditions, the fields they use, and what is left over."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from docai.answering.fields import rate_field
from docai.answering.question import Question, read_question
from docai.answering.record_answers import turns_around
from docai.answering.tables.comparisons import Comparison
from docai.answering.tables.wordings import BY, FILLERS, WITHOUT, document_words
from docai.answering.vocabulary import asked_topics, plain_text
from docai.answering.words import content_stems, is_telling, iterate_words, stem
from docai.errors import ConfigError
from docai.protocols import RecordTables
from docai.schema import Field
from docai.values.compare import fold

DATE_NAMES = ("issue_date", "invoice_date", "agreement_date", "order_date", "date")
AMOUNT_NAMES = ("grand_total", "total", "gross", "amount", "sum", "net_total")
AMOUNT_KINDS = ("money", "number", "integer")
_TEXT_KINDS = ("party", "organization", "person", "place", "identifier", "text", "title", "address", "enum",
               "currency")  # fmt: skip
_LEAST = 0.4
_LEAST_FLAG = 0.55
_MAX_DISTINCT = 5_000


@dataclass(slots=True)
class Plan:
    """`fields`: leaves by column. `used`: columns with how well they fit; `spans`: what of the plain question
    was understood."""

    question: Question
    schema: str
    table: str
    fields: dict[str, Field]
    columns: frozenset[str]
    used: dict[str, float] = field(default_factory=dict)
    clauses: list[str] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)

    def find_column(self, text: str, kinds: Collection[str], asked: str) -> tuple[str, float] | None:
        """The column of a field that a piece of the question names, and how well it fits."""
        try:
            piece = read_question(text)
        except ConfigError:  # nothing is left of it
            return None
        piece = replace(piece, asked=asked, also=None)  # type: ignore[arg-type]
        rated = [
            (rate_field(piece, item), column)
            for column, item in self.fields.items()
            if item.kind in kinds and not item.group
        ]
        score, column = max(rated, default=(0.0, ""))
        return (column, score) if score >= _LEAST else None

    def default_column(self, names: Sequence[str], kinds: Collection[str]) -> tuple[str, float] | None:
        """The date or amount that a document of the kind is known by."""
        of_kind = [c for c, item in self.fields.items() if item.kind in kinds and not item.group]
        for name in names:
            for column in of_kind:
                if column == name or column.endswith(f"_{name}") or column.startswith(f"{name}_"):
                    return column, _LEAST
        return (of_kind[0], _LEAST / 2) if of_kind else None

    def use(self, column: str, score: float = 1.0, span: tuple[int, int] | None = None) -> None:
        self.used[column] = max(score, self.used.get(column, 0.0))
        if span is not None:
            self.spans.append(span)

    def restrict(self, clause: str, told: str, *parameters: Any) -> None:
        self.clauses.append(clause)
        self.parameters += parameters
        self.told.append(told)

    def is_taken(self, start: int, end: int) -> bool:
        return any(a < end and start < b for a, b in self.spans)

    @property
    def rest(self) -> str:
        """The plain question without what was understood."""
        text = self.question.bare
        for start, end in sorted(self.spans, reverse=True):
            text = text[:start] + " " * (end - start) + text[end:]
        return text


def say(column: str) -> str:
    return column.replace("_", " ")


def add_comparisons(plan: Plan, comparisons: Iterable[Comparison]) -> bool:
    """False where the schema has nothing to compare with."""
    for item in comparisons:
        rest = plan.question.bare[: item.start] + " " + plan.question.bare[item.end :]
        if item.kind == "date":
            found = plan.find_column(rest, ("date",), "date") or plan.default_column(DATE_NAMES, ("date",))
        else:
            found = plan.find_column(rest, AMOUNT_KINDS, "money")
            found = found or plan.default_column(AMOUNT_NAMES, AMOUNT_KINDS)
        if found is None:
            return False
        column, score = found
        plan.use(column, score, (item.start, item.end))
        value = str(item.value) if item.kind == "date" else float(item.value)
        plan.restrict(f'"{column}" {item.operator} ?', f"{say(column)} {item.operator} {item.value}", value)
        unit = f"{column}_unit"
        if item.currency and unit in plan.columns:
            plan.restrict(f'("{unit}" = ? OR "{unit}" IS NULL)', item.currency, item.currency)
    return True


def add_values(plan: Plan, tables: RecordTables) -> None:
    """Values of the records that the question names: "from Acme", "under Delaware law"."""
    question = f" {fold_words(plan.question.text)} "
    found: list[tuple[int, str, str]] = []
    for column, item in plan.fields.items():
        if item.group or item.kind not in _TEXT_KINDS:
            continue
        sql = f'SELECT DISTINCT "{column}" FROM "{plan.table}" WHERE "{column}" IS NOT NULL'
        for (value,) in tables.run(f"{sql} LIMIT {_MAX_DISTINCT}").rows:
            for part in str(value).split("; ") if item.many else [str(value)]:
                words = fold_words(part)
                if len(words) >= 3 and f" {words} " in question:
                    found.append((len(words), column, part))
    taken: list[str] = []
    for _, column, value in sorted(found, reverse=True):
        words = fold_words(value)
        at = plan.question.bare.find(plain_text(value))
        span = (at, at + len(value)) if at >= 0 else None
        if any(words in other for other in taken) or (span and plan.is_taken(*span)):
            continue
        taken.append(words)
        plan.use(column, 1.0, span)
        if plan.fields[column].many:
            plan.restrict(f'"{column}" LIKE ?', f"{say(column)} {value}", f"%{value}%")
        else:
            plan.restrict(f'"{column}" = ?', f"{say(column)} {value}", value)


def fold_words(text: str) -> str:
    """Words by letters and digits alone, one space between."""
    return " ".join(w for w in (fold(part) for part in re.split(r"[\s\-/,]+", text)) if w)


def add_absence(plan: Plan) -> None:
    """Fields that the documents must not have: "without a governing law"."""
    match = WITHOUT.search(plan.question.bare)
    if match is None:
        return
    found = plan.find_column(match[1], (*_TEXT_KINDS, *AMOUNT_KINDS, "date", "duration", "boolean"), "text")
    if found is None:
        return
    column, score = found
    plan.use(column, score, match.span())
    flag = plan.fields[column].kind == "boolean"
    plan.restrict(f'"{column}" = 0' if flag else f'"{column}" IS NULL', f"no {say(column)}")


def add_flag(plan: Plan) -> None:
    """A clause that the documents must have, or not: "with audit rights", "that forbid assignment"."""
    if not asked_topics(plan.rest):
        return
    found = plan.find_column(plan.rest, ("boolean",), "yes_no")
    if found is None or found[1] < _LEAST_FLAG or found[0] in plan.used:
        return
    column, score = found
    wanted = 0 if turns_around(plan.question, plan.fields[column]) else 1
    plan.use(column, score)
    plan.restrict(f'"{column}" = {wanted}', f"{say(column)}: {'yes' if wanted else 'no'}")


def add_group(plan: Plan) -> str | None:
    """The column that results are told by: "per vendor"."""
    match = BY.search(plan.rest)
    if match is None:
        return None
    for text in (match[1], match[1].split()[0]):
        for asked in ("text", "person"):
            found = plan.find_column(text, _TEXT_KINDS, asked)
            if found is not None and found[0] not in plan.used:
                plan.use(found[0], found[1], match.span())
                return found[0]
    return None


def is_covered(plan: Plan, schema_words: set[str]) -> bool:
    """Whether every telling word and name of the question was used."""
    known = FILLERS | document_words() | schema_words
    topics: set[str] = set()
    for column in plan.used:
        item = plan.fields.get(column)
        text = plain_text(" ".join((say(column), *((item.description, *item.aliases) if item else ()))))
        known |= set(content_stems(text))
        topics |= set(asked_topics(text))
    bare = plan.question.bare
    covered = [span for topic, spans in asked_topics(bare).items() if topic in topics for span in spans]
    for start, end, word in iterate_words(bare):
        inside = any(a <= start and end <= b for a, b in (*plan.spans, *covered))
        if inside or not (is_telling(word) or word.isdigit()):
            continue
        if stem(word) not in known and stem(word.rstrip("s")) not in known:
            return False
    values = fold_words(" ".join(str(p).strip("%") for p in plan.parameters)).split()
    # German nouns have capitals, so that "Rechnungen" may look like a name.
    names = [name for name in plan.question.names if not {stem(w) for w in name.core} <= known]
    return all(set(map(fold, name.core)) <= set(values) for name in names)
