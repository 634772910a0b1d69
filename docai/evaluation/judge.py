"""The evaluation itself: labels and outcomes in, report out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from docai.errors import DocaiError
from docai.evaluation.annotations import load_annotations
from docai.evaluation.boxes import find_quote, score_boxes
from docai.evaluation.outcomes import pair_outcomes
from docai.evaluation.report import ALL, DocumentCounts, Report, summarize_group
from docai.evaluation.scoring import Judgement, judge_document
from docai.evaluation.targets import list_targets
from docai.evaluation.truth import Labels
from docai.schema import Schema
from docai.types import Failure, Outcome, PageImage, Record

ShowPage: TypeAlias = Callable[[str, int], PageImage]
UNSPELLED = -1.0  # marks a quote that no annotated words spell; counts as 0


def evaluate(labels: Labels, schema: Schema, outcomes: Iterable[Outcome], show_page: ShowPage) -> Report:
    """Score outcomes against labels. `show_page` gives a page's image by (uri, number), for its DPI here."""
    targets = list_targets(schema)
    pairs = pair_outcomes(labels, outcomes)
    judgements: list[Judgement] = []
    boxes: dict[tuple[str, str], list[float]] = {}
    for truth, outcome in pairs:
        record = outcome if isinstance(outcome, Record) else None
        judged = judge_document(truth, record, targets)
        judgements += judged
        if record is not None:
            boxes |= _judge_boxes(labels, record, judged, show_page)
    groups = sorted({truth.group for truth in labels.truths if truth.group})
    reports = [summarize_group(ALL, judgements, boxes)]
    if len(groups) > 1:
        reports += [summarize_group(g, [j for j in judgements if j.group == g], boxes) for g in groups]
    records = [o for _, o in pairs if isinstance(o, Record)]
    failed = {t.file: f"{o.error.code}: {o.error.message}" for t, o in pairs if isinstance(o, Failure)}
    return Report(
        schema_id=schema.id,
        labels=str(labels.folder),
        counts=DocumentCounts(
            labelled=len(pairs),
            records=len(records),
            incomplete=sum(not r.complete for r in records),
            failed=len(failed),
            absent=sum(o is None for _, o in pairs),
        ),
        unknown_labels=labels.unknown,
        day_first=labels.day_first,
        groups=tuple(reports),
        judgements=tuple(judgements),
        failures=failed,
        uris={t.file: o.document.uri for t, o in pairs if o is not None},
    )


def _judge_boxes(
    labels: Labels, record: Record, judged: Iterable[Judgement], show_page: ShowPage
) -> dict[tuple[str, str], list[float]]:
    """Word F1 of the first value evidence of each grounded value that stands on an annotated page."""

    def page_dpi(number: int) -> tuple[float, float]:
        image = show_page(record.document.uri, number)
        return image.dpi_x, image.dpi_y

    found: dict[tuple[str, str], list[float]] = {}
    try:
        pages = load_annotations(labels.folder, _file_of(judged), page_dpi)
    except DocaiError:
        return found  # the page cannot be shown (any more), so nobody knows its DPI
    for judgement in judged:
        for item in judgement.fields:
            values = [e for e in item.field.evidence if e.role == "value" and e.boxes]
            if item.field.status != "grounded" or not values or values[0].page not in pages:
                continue
            words = pages[values[0].page]
            spelled = next(find_quote(values[0].quote, words), None) is not None
            score = score_boxes(values[0], words) if spelled else UNSPELLED
            found.setdefault((judgement.file, judgement.target.key), []).append(score)
    return found


def _file_of(judged: Iterable[Judgement]) -> str:
    return next((j.file for j in judged), "")
