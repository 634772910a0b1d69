"""Failures as cards: truth against value, the leaves behind it, and the place on the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any

from docai.evaluation.pictures import Picture
from docai.evaluation.scoring import JudgedField, Judgement
from docai.evaluation.targets import target_key
from docai.types import Box

SAYS = {
    "wrong": "another value than the annotators'",
    "missed": "annotators found a value, docai gave none",
    "invented": "a value where annotators found none",
    "partial": "some items right, some not",
}


def render_failures(failed: Sequence[Judgement], cards: str) -> str:
    """The section with its menus around the cards."""
    if not failed:
        return "<section><h2>Failures</h2><p>None.</p></section>"
    menus = "".join(
        f'<select data-by="{name}"><option value="">every {name}</option>'
        + "".join(
            f'<option value="{escape(v)}">{escape(v)} ({n})</option>' for v, n in sorted(counts.items())
        )
        + "</select>"
        for name, counts in _facets(failed).items()
        if len(counts) > 1
    )
    return (
        f'<section id="failures"><h2>Failures <small><output>{len(failed)}</output> shown</small></h2>'
        f'<div class="filters">{menus}<span class="key"><i class="ours"></i>docai\'s evidence '
        f'<i class="theirs"></i>annotators\' words</span></div>{cards}</section>'
    )


def _facets(failed: Sequence[Judgement]) -> Mapping[str, Counter[str]]:
    return {
        "field": Counter(j.target.key.strip("/") for j in failed),
        "verdict": Counter(j.verdict for j in failed),
        "group": Counter(j.group for j in failed if j.group),
    }


def render_card(judgement: Judgement, picture: Picture | str) -> str:
    """One failure; `picture` may say why there is none."""
    leaves = "".join(
        _leaf(item) for item in judgement.fields if not (item.right and len(judgement.fields) > 1)
    )
    passages = "".join(
        f"<q>{escape(_shorten(p.text))}</q> <small>p. {', '.join(map(str, p.pages))}</small><br>"
        for p in [p for p in judgement.passages if p.pages][:3]
    )
    field, group = escape(judgement.target.key.strip("/")), escape(judgement.group)
    return (
        f'<article data-field="{field}" data-verdict="{judgement.verdict}" data-group="{group}">'
        f'<div class="facts"><h3>{field} <span class="badge {judgement.verdict}" '
        f'title="{SAYS.get(judgement.verdict, "")}">{judgement.verdict}</span></h3>'
        f'<p class="file">{escape(judgement.file)}</p>'
        f'<dl><dt>truth</dt><dd class="truth">{_show(judgement.truth)}</dd>'
        f'<dt>docai</dt><dd class="ours">{_show(judgement.value)}</dd>{leaves}'
        + (f"<dt>marked</dt><dd>{passages}</dd>" if passages else "")
        + f"</dl></div>{_frame(picture)}</article>"
    )


def _leaf(item: JudgedField) -> str:
    leaf = item.field
    quote = next((e for e in leaf.evidence), None)
    state = leaf.status + (f": {leaf.reason}" if leaf.reason else "")
    value = f" {escape(_shorten(str(leaf.value), 60))}" if leaf.value is not None else ""
    confidence = f" · confidence {leaf.confidence:.2f}" if leaf.value is not None else ""
    rule = f" · rule {escape(leaf.derivation.rule)}" if leaf.derivation else ""
    says = (
        f"<br><q>{escape(_shorten(quote.quote))}</q> <small>p. {quote.page}, {quote.match}</small>"
        if quote
        else ""
    )
    mark = "right" if item.right else "false"
    _, index, column = target_key(leaf.path)
    name = leaf.path.rpartition("/")[2] if index is None else f"{index + 1} {column}".strip()
    return (
        f"<dt>{escape(name)}</dt>"
        f'<dd class="leaf {mark}"><b>{escape(state)}</b>{value}<small>{confidence}{rule}</small>{says}</dd>'
    )


def _frame(picture: Picture | str) -> str:
    if isinstance(picture, str):
        return f'<div class="page none">{escape(picture)}</div>'
    w = picture.window
    view = f"{w.x0:.1f} {w.y0:.1f} {w.x1 - w.x0:.1f} {w.y1 - w.y0:.1f}"
    whole = f"0 0 {picture.width_pt:.1f} {picture.height_pt:.1f}"
    marks = "".join(_rectangle(box, "theirs") for box in picture.marks)
    boxes = "".join(_rectangle(box, "ours") for box in picture.boxes)
    name = "page whole" if picture.whole else "page"
    return (
        f'<figure class="{name}"><svg viewBox="{view}" data-whole="{whole}" data-window="{view}">'
        f'<use href="#{picture.symbol}" width="{picture.width_pt:.2f}" height="{picture.height_pt:.2f}"/>'
        f"{marks}{boxes}</svg><figcaption>page {picture.page}</figcaption></figure>"
    )


def _rectangle(box: Box, name: str) -> str:
    return (
        f'<rect class="{name}" x="{box.x0 - 1:.1f}" y="{box.y0 - 1:.1f}" '
        f'width="{box.x1 - box.x0 + 2:.1f}" height="{box.y1 - box.y0 + 2:.1f}" rx="1.5"/>'
    )


def _show(value: Any) -> str:
    if value is None or value == []:
        return "<i>none</i>"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return " · ".join(
            f"<small>{escape(str(k))}</small> {_show(v)}" for k, v in value.items() if v is not None
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "<ol>" + "".join(f"<li>{_show(v)}</li>" for v in value) + "</ol>"
    if isinstance(value, Decimal):
        return escape(f"{value:f}")
    return escape(str(value))


def _shorten(text: str, limit: int = 220) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
