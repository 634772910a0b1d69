"""Pages as passages: what is embedded, found and cited.

words -> rows (`rows`) -> without running headers and footers (`margins`) -> headings, paragraphs and tables
(`blocks`) -> passages of about `TARGET_TOKENS`: short blocks joined, long ones cut between sentences or rows.
No passage lies on two pages, since a citation is shown on one.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from docai.grounding.locators import join_locators
from docai.index.blocks import Block, find_blocks
from docai.index.context import describe_document, is_repeated
from docai.index.headings import HEADING_MARK, HeadingPath, find_run_in
from docai.index.margins import find_margins
from docai.index.rows import Row, find_rows, list_line_boxes
from docai.index.sentences import cut_words
from docai.types import Page, Passage, PassageKind

MAKER_VERSION = "1"
"""Goes up when the same pages would give other passages; those of another version are made again."""
TARGET_TOKENS = 90
"""Word pieces of a passage's own words at which it is full; with heading and context about 130."""
LARGEST_TOKENS = 130
"""What a paragraph may have and stay whole."""
_NAMESPACE = uuid.UUID("6f1d6cf2-5d4e-5c0b-9a50-2b0f6f5f8d3e")

CountTokens = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Part of a block that is not cut: `words` of the page, their `text`, and what it costs."""

    kind: PassageKind
    words: tuple[int, ...]
    text: str
    tokens: int
    heading: str
    opens: bool = False


def make_passages(document_id: str, pages: Sequence[Page], count_tokens: CountTokens) -> list[Passage]:
    """Passages of a document's pages, in reading order. Pages without words give none.

    `count_tokens`: word pieces of texts, which must add up over words. The same pages give the same
    passages with the same ids.
    """
    rows_by_page = {page.number: find_rows(page) for page in pages if page.words}
    margins = find_margins(rows_by_page)
    kept = {
        number: [row for place, row in enumerate(rows) if place not in margins[number]]
        for number, rows in rows_by_page.items()
    }
    context = describe_document([row.text for rows in kept.values() for row in rows[:80]][:120])
    costs = _WordCosts(count_tokens)
    path = HeadingPath()
    passages: list[Passage] = []
    for page in pages:
        rows = kept.get(page.number, [])
        costs.learn(rows)
        pieces = _list_pieces(page, rows, path, costs)
        for group in _join(pieces):
            passages.append(_make_passage(document_id, page, group, len(passages), context))
    return passages


def text_to_embed(passage: Passage, context_words: int = 24) -> str:
    """What stands for a passage in the vector space: its paper in few words, its section, its words."""
    context = " ".join(passage.context.split()[:context_words])
    return _with_heading(context, passage)


def text_to_weigh(passage: Passage) -> str:
    """What stands for a passage in BM25: all of the context, since rare names weigh most there."""
    return _with_heading(passage.context, passage)


def _with_heading(context: str, passage: Passage) -> str:
    """Headings that stand in the text are not said twice."""
    above = [name for name in passage.heading.split(HEADING_MARK) if name and name not in passage.text]
    return "\n".join(part for part in (context, HEADING_MARK.join(above), passage.text) if part)


class _WordCosts:
    """Word pieces of words, each counted once."""

    def __init__(self, count_tokens: CountTokens) -> None:
        self._count_tokens = count_tokens
        self._known: dict[str, int] = {}

    def learn(self, rows: Sequence[Row]) -> None:
        new = list({word for row in rows for word in row.text.split()} - self._known.keys())
        self._known.update(zip(new, self._count_tokens(new), strict=True))

    def __call__(self, text: str) -> int:
        return sum(self._known[word] for word in text.split())


def _list_pieces(page: Page, rows: Sequence[Row], path: HeadingPath, costs: _WordCosts) -> list[_Piece]:
    """Blocks, cut where one is too long for a passage."""
    pieces: list[_Piece] = []
    follows_heading = False
    for block in find_blocks(rows):
        head = block.heading
        if head is None and block.kind == "paragraph":
            head = find_run_in(" ".join(row.text for row in block.rows[:3]))
        if head is not None:
            path.enter(head, directly=follows_heading and block.heading is not None)
        follows_heading = block.heading is not None
        heading = path.describe()
        for place, words in enumerate(_cut(page, block, costs)):
            text = " ".join(page.words[i].text.strip() for i in words)
            pieces.append(
                _Piece(block.kind, words, text, costs(text), heading, head is not None and not place)
            )
    return pieces


def _cut(page: Page, block: Block, costs: _WordCosts) -> Iterator[tuple[int, ...]]:
    """A table's rows; a paragraph whole, or in parts."""
    groups = [row.words for row in block.rows]
    if block.kind == "paragraph":
        groups = [tuple(index for row in block.rows for index in row.words)]
    for words in groups:
        texts = [page.words[i].text.strip() for i in words]
        prices = [costs(text) for text in texts]
        if sum(prices) <= LARGEST_TOKENS:
            yield words
        else:
            for first, last in cut_words(texts, prices, TARGET_TOKENS, LARGEST_TOKENS):
                yield words[first:last]


def _join(pieces: Sequence[_Piece]) -> Iterator[list[_Piece]]:
    """Neighbours up to the target; a heading begins anew unless there is hardly anything before it."""
    group: list[_Piece] = []
    for piece in pieces:
        tokens = sum(p.tokens for p in group)
        only_headings = all(p.kind == "heading" for p in group)
        full = tokens + piece.tokens > TARGET_TOKENS and not (only_headings and tokens < TARGET_TOKENS / 2)
        if group and (full or (piece.opens and not only_headings and tokens >= TARGET_TOKENS / 3)):
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def _make_passage(
    document_id: str, page: Page, group: Sequence[_Piece], ordinal: int, context: str
) -> Passage:
    # Of the headings over the pieces the one over most of them; the first where they are many.
    by_heading: dict[str, int] = {}
    for piece in group:
        by_heading[piece.heading] = by_heading.get(piece.heading, 0) + piece.tokens
    text = "\n".join(piece.text for piece in group)
    kinds = {piece.kind for piece in group} - {"heading"}
    kind: PassageKind = "heading" if not kinds else "table" if kinds == {"table"} else "paragraph"
    heading = max(by_heading, key=lambda name: by_heading[name])
    words = list(dict.fromkeys(index for piece in group for index in piece.words))
    return Passage(
        id=str(uuid.uuid5(_NAMESPACE, f"{document_id}/{page.number}/{ordinal}")),
        document_id=document_id,
        page=page.number,
        ordinal=ordinal,
        text=text,
        boxes=list_line_boxes(page, words),
        heading=heading,
        context="" if is_repeated(context, text) else context,
        kind=kind,
        locator=join_locators(page, (page.words[index].line for index in words)),
    )
