"""The report on a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from docai.evaluation.report import ALL, GroupReport, Report


def build_tables(report: Report) -> RenderableType:
    """Fields by group, then statuses, pages, boxes and calibration."""
    parts: list[RenderableType] = [_headline(report), _field_table(report), _summary_table(report)]
    if report.unknown_labels:
        names = ", ".join(name.strip("/") for name in report.unknown_labels)
        parts.append(Text(f"Not scored, since the schema has no such property: {names}", style="yellow"))
    return Group(*parts)


def _headline(report: Report) -> Text:
    counts = report.counts
    line = f"{counts.labelled} labelled, schema {report.schema_id}: {counts.records} records"
    for name in ("incomplete", "failed", "absent"):
        if number := getattr(counts, name):
            line += f", {number} {name}"
    return Text(line, style="bold")


def _field_table(report: Report) -> Table:
    table = Table(title="Fields", title_justify="left", pad_edge=False)
    table.add_column("field", no_wrap=True)
    table.add_column("right", justify="right")
    table.add_column("false", justify="right")
    table.add_column("missed", justify="right")
    for name in ("precision", "recall", "F1"):
        table.add_column(name, justify="right")
    others = report.groups[1:]
    for group in others:
        table.add_column(f"F1 {group.name}", justify="right")
    total = report.groups[0]
    for key, score in total.fields.items():
        table.add_row(
            key.strip("/"),
            str(score.tp),
            str(score.fp),
            str(score.fn),
            format_ratio(score.precision),
            format_ratio(score.recall),
            Text(format_ratio(score.f1), style="bold"),
            *(format_ratio(g.fields[key].f1 if key in g.fields else None) for g in others),
        )
    table.add_section()
    for parent, mean in total.means.items():
        cells = [format_ratio(g.means.get(parent)) for g in others]
        name = f"mean of {parent.strip('/')}" if parent.strip("/") else "mean, rows aside"
        table.add_row(name, "", "", "", "", "", Text(format_ratio(mean), style="bold"), *cells)
    return table


def _summary_table(report: Report) -> Table:
    table = Table(title="Proof", title_justify="left", pad_edge=False)
    table.add_column("")
    for group in report.groups:
        table.add_column(group.name if group.name != ALL else "all documents", justify="right")
    for status in report.groups[0].statuses:
        table.add_row(f"{status}: right of all", *(_tally_text(g, status) for g in report.groups))
    table.add_row("evidence page F1", *(format_ratio(g.pages.f1) for g in report.groups))
    table.add_row("word boxes: hits (word F1 ≥ .8)", *(_box_text(g) for g in report.groups))
    table.add_row("word boxes: mean word F1", *(format_ratio(g.boxes.mean_f1) for g in report.groups))
    table.add_row("calibration error (ECE)", *(format_ratio(g.calibration.ece) for g in report.groups))
    return table


def _tally_text(group: GroupReport, status: str) -> str:
    tally = group.statuses.get(status)
    return f"{tally.right}/{tally.count}  {format_ratio(tally.accuracy)}" if tally else "–"


def _box_text(group: GroupReport) -> str:
    boxes = group.boxes
    return f"{boxes.hits}/{boxes.count}  {format_ratio(boxes.hit_rate)}" if boxes.count else "–"


def format_ratio(value: float | None) -> str:
    """`.873`, `1.00`, or a dash where there is nothing to divide."""
    if value is None:
        return "–"
    return "1.00" if value >= 0.9995 else f"{value:.3f}".removeprefix("0")
