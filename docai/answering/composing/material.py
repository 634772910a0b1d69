"""What a model is given to answer from: the best pages of the documents meant, their passages numbered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from docai.answering.findings import Finding
from docai.answering.question import Question
from docai.answering.sources import Source
from docai.types import Passage, ScoredPage

MOST_PAGES = 5
"""The right page is among the first five of nine questions in ten."""
_MOST_ON_A_PAGE = 6
_MOST_CHARACTERS = 14_000
_LONGEST = 2_400


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage as the model sees it: `number` from 1; `document`: number of its document, from 1."""

    number: int
    document: int
    source: Source
    passage: Passage


@dataclass(frozen=True, slots=True)
class Material:
    """`excerpts` by document, page and reading order. `pages`: (document's number, page), best first."""

    question: Question
    excerpts: tuple[Excerpt, ...]
    pages: tuple[tuple[int, int], ...]

    @property
    def sources(self) -> dict[int, Source]:
        """Documents by their number."""
        return {e.document: e.source for e in self.excerpts}

    def find(self, number: int) -> Excerpt | None:
        return self.excerpts[number - 1] if 1 <= number <= len(self.excerpts) else None

    def of_page(self, document: int, page: int) -> list[Excerpt]:
        return [e for e in self.excerpts if e.document == document and e.passage.page == page]


def gather_material(
    question: Question, chosen: Sequence[Source], findings: Sequence[Finding], pages: Sequence[ScoredPage]
) -> Material:
    """The pages on which the embedded engine found its answer, the best that retrieval found, then others.

    `chosen`: documents that may answer; `pages`: best first, of these or others.
    """
    sources = {source.document.id: source for source in chosen}
    wanted: dict[tuple[str, int], list[Passage]] = {}
    for document_id, passage in _list_passages(chosen, findings, pages):
        source = sources.get(document_id)
        if source is None:
            continue
        key = (document_id, passage.page)
        if key not in wanted and len(wanted) >= MOST_PAGES:
            continue
        held = wanted.setdefault(key, [])
        if len(held) < _MOST_ON_A_PAGE and passage not in held:
            held.append(passage)
    return _number(question, sources, _within_budget(wanted))


def _list_passages(
    chosen: Sequence[Source], findings: Sequence[Finding], pages: Sequence[ScoredPage]
) -> Iterable[tuple[str, Passage]]:
    """Best first; what is left of the documents comes last, so that small ones are sent whole."""
    for finding in findings:
        for statement in finding.statements:
            if statement.passage is not None:
                yield finding.document.id, statement.passage
    for page in pages:
        for passage in page.passages:
            yield page.document_id, passage
    for source in chosen:
        for passage in source.passages:
            yield source.document.id, passage


def _within_budget(wanted: dict[tuple[str, int], list[Passage]]) -> dict[tuple[str, int], list[Passage]]:
    """Each page's best passage first, then each one's second, while there is room."""
    left = _MOST_CHARACTERS
    kept: dict[tuple[str, int], list[Passage]] = {key: [] for key in wanted}
    for rank in range(max(map(len, wanted.values()), default=0)):
        for key, passages in wanted.items():
            if rank < len(passages) and (left > 0):
                kept[key].append(passages[rank])
                left -= min(len(passages[rank].text), _LONGEST)
    return {key: passages for key, passages in kept.items() if passages}


def _number(
    question: Question, sources: dict[str, Source], wanted: dict[tuple[str, int], list[Passage]]
) -> Material:
    numbers = {d: n for n, d in enumerate(dict.fromkeys(d for d, _ in wanted), start=1)}
    ordered = sorted(
        ((numbers[d], passage.ordinal, d, passage) for (d, _), held in wanted.items() for passage in held),
        key=lambda item: item[:2],
    )
    excerpts = tuple(
        Excerpt(n, document, sources[d], passage)
        for n, (document, _, d, passage) in enumerate(ordered, start=1)
    )
    return Material(question, excerpts, tuple((numbers[d], page) for d, page in wanted))


def clip_text(passage: Passage) -> str:
    """The passage's text on one line; of a very long one the beginning."""
    text = " ".join(passage.text.split())
    if len(text) <= _LONGEST:
        return text
    end = text.rfind(" ", 0, _LONGEST)
    return text[: end if end > 0 else _LONGEST] + " …"
