"""All judged documents -> the figures of a run: by field, by status, by group of documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from docai.evaluation.boxes import HIT
from docai.evaluation.calibration import Calibration, calibrate
from docai.evaluation.scoring import JudgedField, Judgement, Score
from docai.types import Status

ALL = "all"
STATUSES: tuple[Status, ...] = ("grounded", "inferred", "seen", "corrected", "unsupported", "missing")
# Statuses that stand for a value in `values`; calibration is theirs.
GIVEN: frozenset[Status] = frozenset({"grounded", "inferred", "seen", "corrected"})


@dataclass(frozen=True, slots=True)
class Tally:
    """How many leaves have a status, and how many of them are right."""

    count: int = 0
    right: int = 0

    @property
    def accuracy(self) -> float | None:
        return self.right / self.count if self.count else None


@dataclass(frozen=True, slots=True)
class BoxScore:
    """Word-box figures over grounded values on annotated pages.

    `hits`: values whose word F1 is at least .8; `mean_f1`: over all of them; `unspelled`: quotes that the
    page's annotated words spell nowhere, which count as misses.
    """

    count: int = 0
    hits: int = 0
    unspelled: int = 0
    mean_f1: float | None = None

    @property
    def hit_rate(self) -> float | None:
        return self.hits / self.count if self.count else None


@dataclass(frozen=True, slots=True)
class GroupReport:
    """Figures of one group of documents; `means` by parent path, the mean F1 of the scalars and lists
    right below it."""

    name: str
    documents: int
    fields: Mapping[str, Score]
    means: Mapping[str, float]
    statuses: Mapping[str, Tally]
    pages: Score
    boxes: BoxScore
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class DocumentCounts:
    """What became of the labelled documents."""

    labelled: int
    records: int
    incomplete: int
    failed: int
    absent: int


@dataclass(frozen=True, slots=True)
class Report:
    schema_id: str
    labels: str
    counts: DocumentCounts
    unknown_labels: tuple[str, ...]
    day_first: bool | None
    groups: tuple[GroupReport, ...]
    judgements: tuple[Judgement, ...] = field(repr=False)
    failures: Mapping[str, str] = field(default_factory=dict)
    uris: Mapping[str, str] = field(default_factory=dict)


def summarize_group(
    name: str, judgements: Sequence[Judgement], box_scores: Mapping[tuple[str, str], Sequence[float]]
) -> GroupReport:
    """Figures of one group. `box_scores`: word F1 of each judged value by (file, target key)."""
    fields: dict[str, Score] = {}
    for item in judgements:
        fields[item.target.key] = fields.get(item.target.key, Score()) + item.score
    scores = [s for j in judgements for s in box_scores.get((j.file, j.target.key), ())]
    given = [f for j in judgements for f in j.fields if f.field.status in GIVEN]
    return GroupReport(
        name=name,
        documents=len({j.file for j in judgements}),
        fields=fields,
        means=_mean_scores(fields, {j.target.key for j in judgements if j.target.shape == "rows"}),
        statuses=_tally(f for j in judgements for f in j.fields),
        pages=sum((score_pages(j) for j in judgements), Score()),
        boxes=BoxScore(
            len(scores),
            sum(s >= HIT for s in scores),
            sum(s < 0 for s in scores),
            fmean(max(s, 0.0) for s in scores) if scores else None,
        ),
        calibration=calibrate([f.field.confidence for f in given], [f.right for f in given]),
    )


def score_pages(judgement: Judgement) -> Score:
    """Page hits of one target, where annotators marked passages.

    A value counts as a hit when its first evidence stands on a page that they marked (for an inferred value:
    any of its operands, since rules name them in no order of weight). A target that has passages but no hit
    costs recall; a value without such evidence costs precision.
    """
    marked = {page for passage in judgement.passages for page in passage.pages}
    if not marked:
        return Score()
    hits = misses = 0
    for item in judgement.fields:
        leaf = item.field
        if leaf.status not in GIVEN or leaf.value is None or leaf.value is False:
            continue
        pages = [e.page for e in leaf.evidence]
        looked_at = pages if leaf.status == "inferred" else pages[:1]
        hit = any(page in marked for page in looked_at)
        hits, misses = hits + hit, misses + (not hit)
    return Score(hits, misses, int(not hits))


def _mean_scores(fields: Mapping[str, Score], rows: Set[str]) -> dict[str, float]:
    """Plain means of F1 by parent; lists of rows are a task of their own and stay out."""
    below: dict[str, list[float]] = {}
    for key, score in fields.items():
        if score.f1 is not None and key not in rows:
            below.setdefault(key.rpartition("/")[0] or "/", []).append(score.f1)
    return {parent: fmean(values) for parent, values in below.items()}


def _tally(fields: Iterable[JudgedField]) -> dict[str, Tally]:
    found: dict[str, Tally] = {}
    for item in fields:
        old = found.get(item.field.status, Tally())
        found[item.field.status] = Tally(old.count + 1, old.right + item.right)
    return {status: found[status] for status in STATUSES if status in found}


def report_to_json(report: Report) -> dict[str, Any]:
    """Everything but the single judgements, as JSON would have it; ratios rounded to four places."""
    return {
        "schema": report.schema_id,
        "labels": report.labels,
        "documents": {name: getattr(report.counts, name) for name in DocumentCounts.__slots__},
        "unknown_labels": list(report.unknown_labels),
        "day_first": report.day_first,
        "failures": dict(report.failures),
        "groups": {group.name: _group_to_json(group) for group in report.groups},
    }


def _group_to_json(group: GroupReport) -> dict[str, Any]:
    return {
        "documents": group.documents,
        "fields": {key: _score_to_json(score) for key, score in group.fields.items()},
        "mean_f1": {parent: round(value, 4) for parent, value in group.means.items()},
        "statuses": {
            status: {"count": tally.count, "right": tally.right, "accuracy": _ratio(tally.accuracy)}
            for status, tally in group.statuses.items()
        },
        "pages": _score_to_json(group.pages),
        "word_boxes": {
            "values": group.boxes.count,
            "hits": group.boxes.hits,
            "unspelled": group.boxes.unspelled,
            "hit_rate": _ratio(group.boxes.hit_rate),
            "mean_f1": _ratio(group.boxes.mean_f1),
        },
        "calibration": {
            "values": group.calibration.count,
            "ece": _ratio(group.calibration.ece),
            "bins": [
                {
                    "low": b.low,
                    "high": b.high,
                    "count": b.count,
                    "confidence": _ratio(b.confidence),
                    "accuracy": _ratio(b.accuracy),
                }
                for b in group.calibration.bins
            ],
        },
    }


def _score_to_json(score: Score) -> dict[str, Any]:
    return {
        "tp": score.tp,
        "fp": score.fp,
        "fn": score.fn,
        "precision": _ratio(score.precision),
        "recall": _ratio(score.recall),
        "f1": _ratio(score.f1),
    }


def _ratio(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
