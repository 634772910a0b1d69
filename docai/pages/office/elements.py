"""`unstructured`, kept offline: it takes files apart, finds titles, and says where sections begin.

Left alone it reports each start to its makers and fetches a language model for English at first use.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from docai.errors import DocumentError
from docai.pages.limits import STAGE

_SWITCHES = {"DO_NOT_TRACK": "1", "SCARF_NO_ANALYTICS": "1", "UNSTRUCTURED_DISABLE_NOTICE": "1"}
_LINE_MARK = "\ue000"
"""Stands for a line break while white space is folded; a private character, which no text needs."""
NO_LANGUAGE = [""]
"""Of partitioners' `languages`: detection is off."""


def load_extra(module: str, uri: str) -> Any:
    """A module of the extra `office`. Raises `DocumentError` `office-not-installed`."""
    try:
        if module.startswith("unstructured"):
            _prepare()
        return importlib.import_module(module)
    except ImportError as error:
        raise DocumentError(
            "office-not-installed",
            f"reading this kind of file needs the package {error.name or module}, which is not installed",
            document=uri,
            stage=STAGE,
            hint="pip install 'docai[office]'",
        ) from error


def _prepare() -> None:
    """Switches its telemetry off, which it has no other way to be told, and its download of a model away.

    The model (English only) would tell running text from captions by its verbs. docai does not use that
    difference; sentences, which titles must not have several of, end at full stops in any language.
    """
    if "unstructured.nlp.tokenize" in sys.modules:
        return
    os.environ.update(_SWITCHES)
    tokenize: Any = importlib.import_module("unstructured.nlp.tokenize")
    if not hasattr(tokenize, "_load_spacy_model"):
        raise RuntimeError("this release of unstructured loads its language model in another way")
    tokenize._load_spacy_model = _make_blank_pipeline


def _make_blank_pipeline() -> Any:
    import spacy

    pipeline = spacy.blank("xx")
    pipeline.add_pipe("sentencizer")
    return pipeline


def list_sections(elements: Sequence[Any], uri: str) -> list[list[Any]]:
    """Elements by section, as `chunk_by_title` parts them: at titles and page breaks, nothing cut or lost."""
    chunk = load_extra("unstructured.chunking.title", uri).chunk_by_title
    if not elements:
        return []
    chunks = chunk(
        elements,
        max_characters=sum(len(e.text) + 2 for e in elements) + 1,
        combine_text_under_n_chars=0,
        multipage_sections=False,
        include_orig_elements=True,
        skip_table_chunking=True,
    )
    return [list(chunk.metadata.orig_elements or [chunk]) for chunk in chunks]


def read_table(element: Any) -> list[list[tuple[int, str]]]:
    """Rows of a table element as (column, text), columns from 0; a cell over several has the first one's."""
    html = element.metadata.text_as_html
    if not html:
        return [[(0, line)] for line in element.text.splitlines()]
    from lxml import html as markup

    return [
        [(column, restore_lines(" ".join(cell.text_content().split()))) for column, cell in row]
        for row in place_cells(markup.fromstring(html).iter("tr"))
    ]


def place_cells(rows: Iterable[Any]) -> list[list[tuple[int, Any]]]:
    """Cells (`td`, `th`) of rows (`tr`) with their columns, from 0: those that others reach over count."""
    placed: list[list[tuple[int, Any]]] = []
    taken: set[tuple[int, int]] = set()
    for number, row in enumerate(rows):
        cells: list[tuple[int, Any]] = []
        column = 0
        for cell in row.iterchildren("td", "th"):
            while (number, column) in taken:
                column += 1
            cells.append((column, cell))
            width, height = _span(cell, "colspan"), _span(cell, "rowspan")
            taken.update((number + down, column + right) for down in range(height) for right in range(width))
            column += width
        placed.append(cells)
    return placed


def _span(cell: Any, name: str) -> int:
    value = cell.get(name, "1")
    return min(max(int(value), 1), 100) if value.isdecimal() and len(value) < 6 else 1


def mark_lines(text: str) -> str:
    """Line breaks as marks that folding of white space leaves alone."""
    return text.replace("\n", _LINE_MARK)


def restore_lines(text: str) -> str:
    return "\n".join(line.strip() for line in text.split(_LINE_MARK))


_reading: list[frozenset[int]] = []
"""Of each document being read, the other threads that ran when its reading began."""
_REFUSED = frozenset(
    f"socket.{name}"
    for name in (
        "connect",
        "getaddrinfo",
        "gethostbyaddr",
        "gethostbyname",
        "getnameinfo",
        "sendmsg",
        "sendto",
    )
)


@contextmanager
def without_network() -> Iterator[None]:
    """While it lasts, neither this thread nor any begun since opens a connection or looks a name up: whatever
    a library tries on its own fails. Threads that ran before, which may be talking to a model, go on."""
    _watch()
    others = frozenset(sys._current_frames()) - {threading.get_ident()}
    _reading.append(others)
    try:
        yield
    finally:
        _reading.remove(others)


@cache
def _watch() -> None:
    """Once: hooks stay for the life of the process."""
    sys.addaudithook(_refuse_connection)


def _refuse_connection(event: str, args: tuple[Any, ...]) -> None:
    if event in _REFUSED and any(threading.get_ident() not in others for others in tuple(_reading)):
        raise PermissionError(f"{event} while a document is read")
