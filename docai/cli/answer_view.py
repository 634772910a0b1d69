"""An answer as a person reads it on a terminal: sentences with numbers, then where they stand."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from docai.answering.showing.words import STATUS_SAYS, show_value
from docai.types import Answer, AnswerRow, Citation

_STATUS_STYLE = {"answered": "green", "partial": "yellow", "conflict": "yellow", "not_found": "dim"}
_VERDICT_STYLE = {"yes": "green", "no": "bold", "unknown": "dim"}
_QUOTE_CHARACTERS = 300
_TABLE_ROWS = 50


def print_answer(answer: Answer, root: Path, console: Console | None = None) -> None:
    """Print one answer. `root`: the workspace's folder, which uris are relative to."""
    out = console or Console(highlight=False)
    out.print(Text(STATUS_SAYS[answer.status], style=_STATUS_STYLE[answer.status]))
    if answer.value is not None and not isinstance(answer.value, dict):
        out.print(Text(show_value(answer.value, answer.unit), style="bold"))
    for sentence in answer.sentences:
        line = Text(sentence.text, style="" if sentence.supported else "strike dim")
        line.append(_marks(sentence.citations), style="cyan")
        if sentence.rule:
            line.append(f"  computed: {sentence.rule.replace('_', ' ')}", style="dim")
        if not sentence.supported:
            line.append(f"  {sentence.reason or 'not supported by what it cites'}", style="yellow")
        out.print(line)
    if not answer.sentences and answer.text:
        out.print(Text(answer.text))
    if answer.rows:
        out.print(_build_rows(answer.rows))
    if answer.columns:
        out.print(_build_table(answer))
    if answer.sql and answer.model:
        out.print(Text(answer.sql, style="dim"))
    for number, citation in enumerate(answer.citations, 1):
        out.print(_describe(number, citation, root))
    for issue in answer.issues:
        out.print(Text(issue.message, style="yellow"))
    out.print(Text(describe_scope(answer), style="dim"))


def describe_scope(answer: Answer) -> str:
    """What was searched, and what could not be."""
    scope = answer.scope
    told = f"searched {_count(scope.documents, 'document')}, {_count(scope.pages, 'page')}"
    if scope.unread:
        names = ", ".join(item.uri for item in scope.unread[:5])
        more = f" and {len(scope.unread) - 5} more" if len(scope.unread) > 5 else ""
        told += f"; not read: {names}{more}"
    if answer.route == "records":
        by = f" by SQL that {answer.model} wrote" if answer.model else ""
        return f"{told}; answered from the records{by}"
    return f"{told}; {answer.model} composed it" if answer.model else told


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _marks(citations: Iterable[int]) -> str:
    return "".join(f" [{number + 1}]" for number in citations)


def _describe(number: int, citation: Citation, root: Path) -> Text:
    quote = " ".join(citation.quote.split())
    if len(quote) > _QUOTE_CHARACTERS:
        quote = quote[: _QUOTE_CHARACTERS - 1] + "…"
    path = root / citation.uri
    name = Text(citation.uri, style=f"link {path.absolute().as_uri()}" if path.is_file() else "")
    where = citation.locator or f"page {citation.page}"
    return Text.assemble((f"[{number}] ", "cyan"), name, f", {where}: ", (f"“{quote}”", "dim"))


def _build_rows(rows: Iterable[AnswerRow]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("document", "answer", "what it says"):
        table.add_column(name, overflow="fold", header_style="dim")
    for row in rows:
        said = row.verdict or show_value(row.value) or "unknown"
        text = Text(row.text or row.reason or "", style="" if row.text else "dim")
        text.append(_marks(row.citations), style="cyan")
        for struck in row.struck:
            text.append(f"\n{struck.text}", style="strike dim")
            text.append(f"  {struck.reason or 'not supported'}", style="yellow")
        table.add_row(Text(row.uri), Text(said, style=_VERDICT_STYLE.get(row.verdict or "", "")), text)
    return table


def _build_table(answer: Answer) -> Table:
    table = Table(box=None, pad_edge=False)
    for number, name in enumerate(answer.columns):
        numeric = all(isinstance(row[number], int | float | None) for row in answer.table)
        table.add_column(name, overflow="fold", header_style="dim", justify="right" if numeric else "left")
    for row in answer.table[:_TABLE_ROWS]:
        table.add_row(*(Text(show_value(cell)) for cell in row))
    if len(answer.table) > _TABLE_ROWS:
        table.caption = f"{len(answer.table) - _TABLE_ROWS} more rows: --json or --out have them all"
    return table
