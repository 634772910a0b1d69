"""The report as one HTML file that loads nothing: plots, tables, and every failure on its page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from docai.evaluation.cards import SAYS, render_card, render_failures
from docai.evaluation.judge import ShowPage
from docai.evaluation.pictures import Album, Picture
from docai.evaluation.plots import plot_confidences, plot_fields, plot_reliability, plot_statuses
from docai.evaluation.report import ALL, GIVEN, GroupReport, Report
from docai.evaluation.scoring import Judgement, Score
from docai.evaluation.table import format_ratio
from docai.evaluation.truth import Labels


def write_html(path: Path, report: Report, labels: Labels, show_page: ShowPage) -> None:
    """Write the report. `show_page` gives a page's image by (uri, number); a page that fails says so."""
    path.write_text(build_html(report, labels, show_page), encoding="utf-8")


def build_html(report: Report, labels: Labels, show_page: ShowPage) -> str:
    """The whole page as text."""
    album = Album(labels.folder, show_page)
    failed = [j for j in report.judgements if j.verdict in SAYS]
    cards = "".join(render_card(j, _picture(album, report, labels, j)) for j in failed)
    assets = files("docai.evaluation")
    style = assets.joinpath("report.css").read_text(encoding="utf-8")
    script = assets.joinpath("report.js").read_text(encoding="utf-8")
    title = f"docai eval: {report.schema_id}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="generator" content="docai">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head><body>"
        f'<svg class="symbols" aria-hidden="true">{"".join(album.symbols.values())}</svg>'
        f"<main>{_head(report)}{_fields(report)}{_proof(report)}"
        f"{_documents(report)}{render_failures(failed, cards)}</main>"
        f"<script>{script}</script></body></html>\n"
    )


def _picture(album: Album, report: Report, labels: Labels, judgement: Judgement) -> Picture | str:
    uri = report.uris.get(judgement.file, str(labels.folder / judgement.file))
    if not Path(uri).is_file():  # records may come from another folder than the labels
        uri = str(labels.folder / judgement.file)
    return album.picture(judgement, uri)


def _head(report: Report) -> str:
    total, counts = report.groups[0], report.counts
    tiles = [
        (str(counts.labelled), "labelled documents", f"{counts.records} records"),
        (format_ratio(total.means.get("/")), "mean F1", "of scalars and lists at the top level"),
        (format_ratio(total.pages.f1), "page F1", f"{total.pages.tp} values on a marked page"),
        (
            format_ratio(total.boxes.hit_rate),
            "word boxes",
            f"{total.boxes.hits} of {total.boxes.count} grounded values on their words",
        ),
        (format_ratio(total.calibration.ece), "calibration error", f"{total.calibration.count} values"),
    ]
    body = "".join(
        f"<div><b>{a}</b><span>{escape(b)}</span><small>{escape(c)}</small></div>" for a, b, c in tiles
    )
    heading = f"<h1>docai eval <em>{escape(report.schema_id)}</em></h1>"
    return f'<header>{heading}<div class="tiles">{body}</div></header>'


def _fields(report: Report) -> str:
    others = report.groups[1:]
    legend = "".join(
        f'<span><svg width="12" height="12"><circle class="g{n}" cx="6" cy="6" r="4.5"/></svg>'
        f"{escape(g.name)} ({g.documents})</span>"
        for n, g in enumerate(others)
    )
    heads = "".join(f"<th>F1 {escape(g.name)}</th>" for g in others)
    rows = "".join(_field_row(key, score, others) for key, score in report.groups[0].fields.items())
    means = "".join(
        f'<tr class="mean"><th>mean of {escape(parent.strip("/") or "scalars and lists")}</th>'
        f'<td colspan="5"></td><td>{format_ratio(mean)}</td>'
        + "".join(f"<td>{format_ratio(g.means.get(parent))}</td>" for g in others)
        + "</tr>"
        for parent, mean in report.groups[0].means.items()
    )
    note = ""
    if report.unknown_labels:
        names = ", ".join(n.strip("/") for n in report.unknown_labels)
        note = f'<p class="note">Not scored, since the schema has no such property: {escape(names)}</p>'
    return (
        f"<section><h2>Fields</h2><figure>{plot_fields(report.groups)}"
        f'<figcaption class="legend">{legend}</figcaption></figure>'
        '<table class="fields"><thead><tr><th>field</th><th>right</th><th>false</th><th>missed</th>'
        f"<th>precision</th><th>recall</th><th>F1</th>{heads}</tr></thead><tbody>{rows}{means}</tbody></table>"
        f"{note}</section>"
    )


def _field_row(key: str, score: Score, others: Sequence[GroupReport]) -> str:
    cells = [str(score.tp), str(score.fp), str(score.fn)]
    cells += [format_ratio(v) for v in (score.precision, score.recall, score.f1)]
    cells += [format_ratio(g.fields[key].f1 if key in g.fields else None) for g in others]
    return f"<tr><th>{escape(key.strip('/'))}</th>{''.join(f'<td>{c}</td>' for c in cells)}</tr>"


def _proof(report: Report) -> str:
    total = report.groups[0]
    given = [f for j in report.judgements for f in j.fields if f.field.status in GIVEN]
    confidences = plot_confidences((f.field.confidence, f.right) for f in given)
    rows = "".join(
        f"<tr><th>{escape('all documents' if g.name == ALL else g.name)}</th><td>{g.documents}</td>"
        f"<td>{format_ratio(g.pages.precision)}</td><td>{format_ratio(g.pages.recall)}</td>"
        f"<td>{format_ratio(g.pages.f1)}</td><td>{g.boxes.hits} / {g.boxes.count}</td>"
        f"<td>{format_ratio(g.boxes.hit_rate)}</td><td>{format_ratio(g.boxes.mean_f1)}</td>"
        f"<td>{g.calibration.count}</td><td>{format_ratio(g.calibration.ece)}</td></tr>"
        for g in report.groups
    )
    return (
        f'<section><h2>Proof and confidence</h2><div class="pair">'
        f"<figure><figcaption>Reliability: on the diagonal, .8 is right four times in five</figcaption>"
        f"{plot_reliability(total.calibration)}</figure>"
        f"<figure><figcaption>Values by confidence: right above the line, wrong below</figcaption>"
        f"{confidences}</figure></div>"
        f"<figure><figcaption>Leaves by status, right and wrong</figcaption>"
        f"{plot_statuses(total.statuses)}</figure>"
        "<table><thead><tr><th></th><th>documents</th><th>page precision</th><th>recall</th><th>F1</th>"
        "<th>box hits</th><th>rate</th><th>word F1</th><th>values</th><th>ECE</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></section>"
    )


def _documents(report: Report) -> str:
    if not report.failures:
        return ""
    rows = "".join(
        f"<tr><th>{escape(f)}</th><td>{escape(why)}</td></tr>" for f, why in report.failures.items()
    )
    table = f'<table class="text"><tbody>{rows}</tbody></table>'
    return f"<section><h2>Documents without a record</h2>{table}</section>"
