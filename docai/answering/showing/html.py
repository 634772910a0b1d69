"""An answer as one HTML file that loads nothing: what was said, and each cited page with the words marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from docai.answering.showing.pictures import PagePicture, ShowPage, make_picture
from docai.answering.showing.words import STATUS_SAYS, show_value
from docai.errors import DocaiError
from docai.types import Answer, AnswerRow, Box, Citation, Sentence

_MAX_PAGES = 40
"""Pictures in one file; what is cited beyond them is listed without."""
_LINE_SHARE = 0.012
"""Of a page's height: about one line of text."""


def build_html(answer: Answer, show_page: ShowPage) -> str:
    """The whole page as text. A page whose file is gone or edited says so in place of its picture."""
    style = files("docai.answering.showing").joinpath("answer.css").read_text(encoding="utf-8")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="generator" content="docai">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # Text of documents is data: nothing on the page may run or load.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">"
        f"<title>{escape(answer.question)}</title><style>{style}</style></head><body><main>"
        f"{_head(answer)}{_rows(answer)}{_table(answer)}{_evidence(answer, show_page)}{_scope(answer)}"
        "</main></body></html>\n"
    )


def _head(answer: Answer) -> str:
    sentences = "".join(_sentence(item) for item in answer.sentences)
    said = sentences or f"<p>{escape(answer.text)}</p>"
    value = (
        f'<p class="value">{escape(show_value(answer.value, answer.unit))}</p>' if _is_short(answer) else ""
    )
    issues = "".join(f'<p class="issue">{escape(issue.message)}</p>' for issue in answer.issues)
    return (
        f'<header><h1>{escape(answer.question)}</h1><span class="status {answer.status}">'
        f'{STATUS_SAYS[answer.status]}</span>{value}<div class="said">{said}</div>{issues}</header>'
    )


def _is_short(answer: Answer) -> bool:
    return answer.value is not None and not isinstance(answer.value, dict | list)


def _sentence(sentence: Sentence) -> str:
    marks = _marks(sentence.citations)
    if sentence.supported:
        rule = sentence.rule.replace("_", " ") if sentence.rule else ""
        computed = f' <span class="why">computed: {escape(rule)}</span>' if rule else ""
        return f"<p>{escape(sentence.text)}{marks}{computed}</p>"
    reason = escape(sentence.reason or "not supported by what it cites")
    return f'<p><del>{escape(sentence.text)}</del>{marks} <span class="why">{reason}</span></p>'


def _marks(citations: Iterable[int]) -> str:
    return "".join(f'<a class="mark" href="#c{number + 1}">{number + 1}</a>' for number in citations)


def _rows(answer: Answer) -> str:
    if not answer.rows:
        return ""
    body = "".join(_row(row) for row in answer.rows)
    return (
        '<section><table class="each"><thead><tr><th>document</th><th>answer</th><th>what it says</th>'
        f"</tr></thead><tbody>{body}</tbody></table></section>"
    )


def _row(row: AnswerRow) -> str:
    said = row.verdict or show_value(row.value) or "unknown"
    text = row.text or (row.reason or "")
    struck = "".join(_sentence(sentence) for sentence in row.struck)
    return (
        f'<tr><td>{escape(row.uri)}</td><td class="{row.verdict or ""}">{escape(said)}</td>'
        f"<td>{escape(text)}{_marks(row.citations)}{struck}</td></tr>"
    )


def _table(answer: Answer) -> str:
    if not answer.columns:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in answer.columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(show_value(cell))}</td>" for cell in row) + "</tr>"
        for row in answer.table
    )
    sql = (
        f"<details><summary>the query</summary><pre>{escape(answer.sql)}</pre></details>"
        if answer.sql
        else ""
    )
    return f"<section><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{sql}</section>"


def _evidence(answer: Answer, show_page: ShowPage) -> str:
    groups: dict[tuple[str, str, int], list[tuple[int, Citation]]] = {}
    for number, citation in enumerate(answer.citations, 1):
        groups.setdefault((citation.document_id, citation.uri, citation.page), []).append((number, citation))
    cards = [
        _card(key, cited, show_page if place < _MAX_PAGES else None)
        for place, (key, cited) in enumerate(groups.items())
    ]
    return f'<section class="evidence">{"".join(cards)}</section>' if cards else ""


def _card(
    key: tuple[str, str, int], cited: Sequence[tuple[int, Citation]], show_page: ShowPage | None
) -> str:
    document_id, uri, page = key
    quotes = "".join(_quote(number, citation) for number, citation in cited)
    where = "" if cited[0][1].locator else f"page {page}"
    body = f'<article><div class="quotes"><h2>{escape(uri)}</h2><p>{escape(where)}</p>{quotes}</div>'
    if show_page is None or not any(citation.boxes for _, citation in cited):
        return f"{body}</article>"
    try:
        image, turned = show_page(document_id, uri, page)
    except DocaiError as error:
        return f'{body}<p class="gone">no picture: {escape(error.message)}</p></article>'
    boxes = [[Box(*box) for box in citation.boxes] for _, citation in cited]
    return f"{body}{_figure(make_picture(image, turned, boxes), [n for n, _ in cited], uri, page)}</article>"


def _quote(number: int, citation: Citation) -> str:
    """In files without pages every quote says where it stands."""
    where = f" <small>{escape(citation.locator)}</small>" if citation.locator else ""
    return (
        f'<blockquote id="c{number}"><span class="mark">{number}</span>{escape(citation.quote)}{where}'
        "</blockquote>"
    )


def _figure(picture: PagePicture, numbers: Sequence[int], uri: str, page: int) -> str:
    marks = [
        f'<i style="left:{left:.4%};top:{top:.4%};width:{width:.4%};height:{height:.4%}"></i>'
        for places in picture.places
        for left, top, width, height in places
    ]
    # Numbers stand in the page's margin, so that they hide no word; those of one line side by side.
    columns: Counter[int] = Counter()
    for number, places in zip(numbers, picture.places, strict=True):
        top = places[0][1] if places else 0.0
        line = round(top / _LINE_SHARE)
        left = 0.004 + 0.024 * columns[line]
        columns[line] += 1
        marks.append(f'<b style="left:{left:.4%};top:{top:.4%}">{number}</b>')
    alt = escape(f"{uri}, page {page}", quote=True)
    size = f'width="{picture.width_px}" height="{picture.height_px}"'
    return f'<figure><img alt="{alt}" {size} src="{picture.data_uri}">{"".join(marks)}</figure>'


def _scope(answer: Answer) -> str:
    scope = answer.scope
    unread = "".join(
        f"<li>{escape(item.uri)}: {escape(item.reason)}"
        + (f" (pages {', '.join(map(str, item.pages))})" if item.pages else "")
        + "</li>"
        for item in scope.unread
    )
    model = f", composed by {escape(answer.model)}" if answer.model else ""
    return (
        f"<footer><p>Searched {scope.documents} documents, {scope.pages} pages{model}.</p>"
        + (f"<p>Not searched:</p><ul>{unread}</ul>" if unread else "")
        + "</footer>"
    )
