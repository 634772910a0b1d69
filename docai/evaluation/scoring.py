"""One document's record against its labels, and the counts that F1 is made of.

Micro over documents: a value equal to the truth is a true positive; a wrong value costs precision and
recall; a value where annotators found none costs precision; a truth without a value costs recall. Lists
and rows count by item; a boolean counts its yes alone, so that a schema full of "no" earns nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from docai.evaluation.answers import is_empty, match_pairs, same_answer
from docai.evaluation.targets import Target, find_value, flatten_row, target_key
from docai.evaluation.truth import Passage, Truth
from docai.types import FieldValue, Record

Verdict: TypeAlias = Literal["right", "wrong", "missed", "invented", "partial", "none"]


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one field over documents. Ratios are None where they would divide by nothing."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def precision(self) -> float | None:
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else None

    @property
    def recall(self) -> float | None:
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else None

    @property
    def f1(self) -> float | None:
        total = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / total if total else None


@dataclass(frozen=True, slots=True)
class JudgedField:
    """One leaf of a record whose truth is known. `right` of a missing leaf: annotators found none either."""

    field: FieldValue
    right: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """One target of one document. `fields` are the record's leaves for it, whatever their status."""

    file: str
    group: str
    target: Target
    truth: Any
    value: Any
    score: Score
    verdict: Verdict
    fields: tuple[JudgedField, ...] = ()
    passages: tuple[Passage, ...] = ()


def judge_document(truth: Truth, record: Record | None, targets: Mapping[str, Target]) -> list[Judgement]:
    """Every labelled target of one document; without a record all of its truths are missed."""
    leaves: dict[str, list[FieldValue]] = {}
    for leaf in record.fields if record else ():
        leaves.setdefault(target_key(leaf.path)[0], []).append(leaf)
    found = []
    for key, wanted in truth.values.items():
        target = targets[key]
        value = find_value(record.values, key) if record else None
        score = score_target(target, wanted, value)
        found.append(
            Judgement(
                file=truth.file,
                group=truth.group,
                target=target,
                truth=wanted,
                value=value,
                score=score,
                verdict=_name_verdict(score),
                fields=tuple(judge_leaves(target, wanted, leaves.get(key, ()))),
                passages=truth.evidence.get(key, ()),
            )
        )
    return found


def score_target(target: Target, truth: Any, value: Any) -> Score:
    """Counts for one target: `truth` as `Truth.values` holds it, `value` as `Record.values` does."""
    if target.shape == "scalar":
        return _score_scalar(target, truth, value)
    items = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    if target.shape == "list":
        given: list[Any] = [v for v in items if not is_empty(v)]
        matched = match_pairs(truth, given, lambda t, v: same_answer(target.kind, t, v))
    else:
        given = [row for row in map(_row, items) if row]
        matched = match_pairs(truth, given, lambda t, v: same_row(target, t, v))
    return Score(len(matched), len(given) - len(matched), len(truth) - len(matched))


def same_row(target: Target, truth: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """A row is right when all columns that its truth has are equal; columns nobody labelled do not count."""
    return all(
        not is_empty(row.get(name)) and same_answer(target.columns[name], wanted, row[name])
        for name, wanted in truth.items()
    )


def _row(item: Any) -> dict[str, Any]:
    flat = flatten_row(item) if isinstance(item, Mapping) else {}
    return {name: value for name, value in flat.items() if not is_empty(value)}


def _score_scalar(target: Target, truth: Any, value: Any) -> Score:
    if target.kind == "boolean":
        yes, said = truth is True, value is True
        return Score(int(yes and said), int(said and not yes), int(yes and not said))
    if is_empty(value):
        return Score(fn=int(truth is not None))
    if truth is None:
        return Score(fp=1)
    return Score(tp=1) if same_answer(target.kind, truth, value) else Score(fp=1, fn=1)


def _name_verdict(score: Score) -> Verdict:
    if score.fp == score.fn == 0:
        return "right" if score.tp else "none"
    if score.tp:
        return "partial"
    if score.fp and score.fn:
        return "wrong"
    return "invented" if score.fp else "missed"


def judge_leaves(target: Target, truth: Any, leaves: Iterable[FieldValue]) -> list[JudgedField]:
    """Right or wrong for each leaf, its status aside. A cell whose column nobody labelled is left out."""
    if target.shape == "rows":
        return _judge_cells(target, truth, leaves)
    wanted = truth if target.shape == "list" else [] if truth is None else [truth]
    return [
        JudgedField(leaf, any(same_answer(target.kind, t, leaf.value) for t in wanted))
        if not is_empty(leaf.value)
        else JudgedField(leaf, not wanted)
        for leaf in leaves
        if target.kind != "boolean" or truth is not None
    ]


def _judge_cells(
    target: Target, truth: Sequence[Mapping[str, Any]], leaves: Iterable[FieldValue]
) -> list[JudgedField]:
    rows: dict[int, dict[str, FieldValue]] = {}
    judged = []
    for leaf in leaves:
        _, index, column = target_key(leaf.path)
        if index is None:  # the list as a whole: missing
            judged.append(JudgedField(leaf, not truth))
        else:
            rows.setdefault(index, {})[column] = leaf
    for row in rows.values():
        wanted = max(truth, key=lambda t: _count_equal(target, t, row), default=None)
        if wanted is None or not _count_equal(target, wanted, row):
            judged += [JudgedField(leaf, False) for leaf in row.values() if not is_empty(leaf.value)]
            continue
        for column, leaf in row.items():
            if column in wanted:
                judged.append(JudgedField(leaf, _same_cell(target, column, wanted, leaf)))
    return judged


def _count_equal(target: Target, truth: Mapping[str, Any], row: Mapping[str, FieldValue]) -> int:
    return sum(_same_cell(target, column, truth, leaf) for column, leaf in row.items() if column in truth)


def _same_cell(target: Target, column: str, truth: Mapping[str, Any], leaf: FieldValue) -> bool:
    return not is_empty(leaf.value) and same_answer(target.columns[column], truth[column], leaf.value)
