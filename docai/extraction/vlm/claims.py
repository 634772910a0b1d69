"""A reply's items as claims: typed, with the quote that each value stands on, and how sure the model was."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from docai.extraction.vlm.replies import row_key, value_type
from docai.llm.chat import Reply
from docai.llm.logprobs import TokenIndex
from docai.llm.salvage import Item, ParsedReply, Span, Verdict, parse_object, parse_reply
from docai.schema import Field
from docai.types import Claim, Operand, Scalar
from docai.values.compare import find, fold, normalize, same_value
from docai.values.dates import find_dates
from docai.values.durations import parse_duration

ENGINE = "vlm"
TERM_RULE = "start+term"
_NUMBER = re.compile(r"/(\d{1,6})(?=/|$)")


@dataclass(frozen=True, slots=True)
class Claimed:
    """`claims` of a reply, how it ended, and how many of its items said nothing usable; `lost`: fields and
    lists about which an item said something in a form that cannot be read.
    """

    claims: tuple[Claim, ...]
    verdict: Verdict
    invalid: int
    lost: frozenset[str] = frozenset()

    @property
    def usable(self) -> bool:
        """Whether the reply can be taken as all that the model has to say.

        A grammar lets no invalid item through; without one, a reply most of which is invalid is none.
        """
        return self.verdict == "complete" and self.invalid <= len(self.claims)


def read_claims(reply: Reply, fields: Sequence[Field], page: int) -> Claimed:
    """Claims of one reply about one page. Lists are numbered from 0 in the reply's order."""
    parsed: ParsedReply = parse_reply(reply.text, reply.finish_reason)
    reader = _Reader(reply, fields, page)
    claims: list[Claim] = []
    invalid, lost = 0, set[str]()
    for item in parsed.items:
        made = list(reader.read(item))
        broken = reader.find_broken(item)
        invalid += broken is not None or (not made and not reader.said_nothing(item))
        lost |= {broken} if broken else set()
        claims += made
    return Claimed(tuple(claims), parsed.verdict, invalid, frozenset(lost))


def join_claims(first: Sequence[Claim], second: Sequence[Claim]) -> list[Claim]:
    """Claims of two replies about one page: the second's list items are numbered after the first's."""
    used: dict[str, int] = {}
    for claim in first:
        name, number = _split_number(claim.path)
        used[name] = max(used.get(name, 0), number + 1)
    joined = list(first)
    for claim in second:
        name, number = _split_number(claim.path)
        shift = used.get(name, 0) if number >= 0 else 0
        rest = claim.path[len(f"{name}/{number}") :]
        joined.append(replace(claim, path=f"{name}/{number + shift}{rest}") if shift else claim)
    return joined


def _split_number(path: str) -> tuple[str, int]:
    """`/lines/3/price` -> (`/lines`, 3); the path itself and -1 where it has no number."""
    match = _NUMBER.search(path)
    return (path[: match.start()], int(match.group(1))) if match else (path, -1)


class _Reader:
    def __init__(self, reply: Reply, fields: Sequence[Field], page: int) -> None:
        self._text = reply.text
        self._tokens = TokenIndex(reply.text, reply.logprobs) if reply.logprobs else None
        self._page = page
        self._singles = {f.path: f for f in fields if f.group is None}
        self._groups: dict[str, list[Field]] = {}
        for field in fields:
            if field.group is not None:
                self._groups.setdefault(field.group, []).append(field)
        self._numbers: Counter[str] = Counter()

    def said_nothing(self, item: Item) -> bool:
        """An item about a known field that has no value: no claim, and no error."""
        name = item.value.get("field")
        row = item.value.get("row")
        known = isinstance(name, str) and (name in self._singles or name in self._groups)
        if known and name in self._groups and isinstance(row, dict):
            return all(cell is None for cell in row.values())
        return known and not any(item.value.get(key) for key in ("value", "row", "term"))

    def find_broken(self, item: Item) -> str | None:
        """The field or list of an item that has no value or row, or values in no form that a grammar allows:
        what it meant to say is lost. Values that are merely none of the field's are not.
        """
        name = item.value.get("field")
        if not isinstance(name, str) or not (name in self._singles or name in self._groups):
            return None
        if name in self._groups:
            row = item.value.get("row")
            cells = list(row.values()) if isinstance(row, dict) else [{}]
        else:
            cells = [item.value.get("term", item.value.get("value", {}))]
        whole = isinstance(item.value.get("quote"), str) and not any(
            isinstance(c, dict | list) for c in cells
        )
        return None if whole else name

    def read(self, item: Item) -> Iterator[Claim]:
        name, quote = item.value.get("field"), item.value.get("quote")
        if not isinstance(name, str) or not isinstance(quote, str):
            return
        quote = " ".join(quote.split())
        if name in self._groups and isinstance(item.value.get("row"), dict):
            yield from self._read_row(self._groups[name], quote, item)
        elif name in self._singles:
            yield from self._read_single(self._singles[name], quote, item)

    def _read_single(self, field: Field, quote: str, item: Item) -> Iterator[Claim]:
        if isinstance(item.value.get("term"), str) and field.kind == "date":
            claim = read_term(self._path(field), quote, item.value, self._page)
            if claim is not None:
                yield claim
            return
        if "value" not in item.value:
            return
        raw = item.value["value"]
        if raw is None:
            if quote:
                yield Claim(self._path(field), quote, None, self._page, ENGINE, absent="blank")
            return
        value = read_value(field, raw)
        if value is None or (not quote and field.kind != "boolean"):
            return
        if isinstance(value, bool) and not quote:
            return  # an unquoted yes proves nothing, and an unquoted no is for the whole document to say
        logprob = self._measure(item.spans.get("value"))
        yield self._make(self._path(field), quote, value, logprob)

    def _read_row(self, fields: Sequence[Field], quote: str, item: Item) -> Iterator[Claim]:
        row = item.value["row"]
        spans = self._cell_spans(item.spans.get("row"))
        number = self._next(fields[0].group or "")
        for field in fields:
            key = row_key(field)
            value = None if row.get(key) is None else read_value(field, row[key])
            if value is None:
                continue
            path = field.path.replace(f"{field.group}/*", f"{field.group}/{number}", 1).replace("*", "0")
            yield self._make(path, find_cell(field, value, quote), value, self._measure(spans.get(key)))

    def _make(self, path: str, quote: str, value: Scalar, logprob: float | None) -> Claim:
        score = None if logprob is None else round(math.exp(logprob), 4)
        return Claim(path, quote, value, self._page, ENGINE, score=score, logprob=logprob)

    def _path(self, field: Field) -> str:
        return field.path.replace("*", str(self._next(field.path))) if field.many else field.path

    def _next(self, name: str) -> int:
        self._numbers[name] += 1
        return self._numbers[name] - 1

    def _measure(self, span: Span | None) -> float | None:
        """Log probability of a value; None where nothing of it was the model's own choice to make."""
        if self._tokens is None or span is None:
            return None
        found = self._tokens.measure(*span)
        return round(found.total, 4) if found.free_tokens else None

    def _cell_spans(self, span: Span | None) -> dict[str, Span]:
        if self._tokens is None or span is None:
            return {}
        start, end = span
        items = parse_object(self._text[start:end]).items
        return {k: (a + start, b + start) for k, (a, b) in items[0].spans.items()} if items else {}


def read_value(field: Field, raw: Any) -> Scalar:
    """A JSON value as the field's own type, or None where it is nothing of the kind."""
    kind = value_type(field)
    if kind == "boolean":
        return raw if isinstance(raw, bool) else None
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        return None
    if kind == "number":
        return _read_number(field, raw)
    text = " ".join(str(raw).split())
    if kind == "enum":
        return next((v for v in field.enum if v != "null" and fold(v) == fold(text)), None)
    if field.kind == "date":
        return _read_date(text)
    return text or None


def _read_date(text: str) -> str | None:
    """ISO, but for a text that can be read in two ways: which one is for the whole document to say."""
    found = find_dates(text)
    if len(found) == 1 and found[0].alternative is None:
        return str(found[0].value)
    return text or None


def _read_number(field: Field, raw: str | float) -> Scalar:
    if isinstance(raw, str):
        found = normalize(field.kind, raw)
        return found[0] if found is not None and isinstance(found[0], Decimal | int) else None
    try:
        number = Decimal(repr(raw))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def read_term(path: str, quote: str, item: Mapping[str, Any], page: int) -> Claim | None:
    """A period from a start, its value still open: `terms.compute_terms` finds the start and computes."""
    term, start = str(item.get("term", "")), str(item.get("start", ""))
    if not quote or parse_duration(term) is None:
        return None
    operands = (Operand(quote, page, term), Operand(start, page, role="definition"))
    return Claim(path, quote, None, page, ENGINE, rule=TERM_RULE, operands=operands)


def find_cell(field: Field, value: Scalar, row_quote: str) -> str:
    """The passage of a row's line that says a cell's value; the whole line where none is found."""
    if isinstance(value, str) and value in row_quote:
        return value
    # Two columns may read like one number (`6 745.50`): then the line's words one by one.
    kinds = (field.kind, "money", "number", "percent") if isinstance(value, Decimal) else (field.kind,)
    for text in (row_quote, *row_quote.split()):
        for kind in kinds:
            same = field.kind if kind == field.kind else "number"
            for found in find(kind, text):
                if same_value(same, found.value, value):
                    return found.text
    return value if isinstance(value, str) and fold(value) and fold(value) in fold(row_quote) else row_quote
