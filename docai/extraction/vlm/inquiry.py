"""Which questions a document's pages give, as they are read: each as soon as its context is there.

A page's context depends on the pages before it and on the next one, never on how fast the others were read:
a run that was killed asks the same questions as one that was not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from docai.errors import DocaiError
from docai.extraction.vlm.context import PageDigest, digest_page, write_context
from docai.extraction.vlm.engine import PageQuestion, bare_page
from docai.extraction.vlm.followup import FollowUp, name_follow_up
from docai.extraction.vlm.prompt import hash_prompt
from docai.extraction.vlm.relevance import find_relevant, needs_asking
from docai.extraction.vlm.sheets import measure_smallest_text
from docai.protocols import ExtractionModel
from docai.schema import Schema
from docai.types import Document, DocumentView, Page

SplitPages = Callable[[Sequence[Page]], Sequence[tuple[int, int]]]
ChooseSchema = Callable[[Sequence[Page]], tuple[Schema, bool]]


@dataclass(frozen=True, slots=True)
class AskingPolicy:
    """`schema`: for every document, or None if `choose` decides by content. `split`: finds the documents in
    one file. `context`: whether a page's question tells of other pages. `second`: the engine by whose claims
    only pages are sent that may say something; None sends all. `legible`: pages are shrunk as far as their
    smallest text stays legible. `basis`: what answers depend on beside schema
    and prompt.
    """

    schema: Schema | None
    choose: ChooseSchema
    split: SplitPages | None = None
    context: bool = True
    second: ExtractionModel | None = None
    legible: bool = False
    basis: tuple[str, ...] = ()

    def follow_key(self, question: FollowUp) -> str:
        """The name of a further question's circumstances."""
        parts = [*self.basis, *name_follow_up(question)]
        return "sha256:" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def key(self, schema: Schema, first: int, last: int) -> str:
        """The name of an answer's circumstances: equal ones give equal questions."""
        parts = [schema.hash, hash_prompt(schema), self.context, self.legible, *self.basis]
        if self.split is not None:
            parts += [first, last]
        return "sha256:" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class KeyedQuestion:
    key: str
    question: PageQuestion


class DocumentInquiry:
    """Questions about one document. Holds a few hundred words of each page, not the pages."""

    def __init__(
        self, document: Document, policy: AskingPolicy, load_pages: Callable[[], Sequence[Page]]
    ) -> None:
        self._document = document
        self._policy = policy
        self._load_pages = load_pages
        self._digests: dict[int, PageDigest] = {}
        self._waiting: dict[int, Page] = {}
        self._next = 1
        self._keys: dict[tuple[str, int, int], str] = {}

    def add(self, page: Page) -> list[KeyedQuestion]:
        """Take a page that was read or failed; give the questions whose context is complete now."""
        self._digests[page.number] = digest_page(page)
        count = self._document.page_count
        schema = self._policy.schema
        if schema is None or self._policy.split is not None or self._policy.second is not None:
            return self._ask_all() if len(self._digests) == count else []
        self._waiting[page.number] = page
        found: list[KeyedQuestion] = []
        while self._next in self._digests and self._has_context(self._next, count):
            found += self._ask(self._waiting.pop(self._next), schema, 1, count)
            self._next += 1
        return found

    def _has_context(self, number: int, count: int) -> bool:
        return number == count or number + 1 in self._digests or not self._policy.context

    def _ask_all(self) -> list[KeyedQuestion]:
        """Every page of every segment; a segment that no schema fits asks nothing, its record says why."""
        pages = self._load_pages()
        segments = self._policy.split(pages) if self._policy.split else [(1, len(pages))]
        found: list[KeyedQuestion] = []
        for first, last in segments:
            part = pages[first - 1 : last]
            try:
                schema, _ = self._policy.choose(part)
            except DocaiError:
                continue
            relevant = self._find_relevant(part, schema)
            for page in part:
                if relevant is None or page.number in relevant:
                    found += self._ask(page, schema, first, last)
        return found

    def _find_relevant(self, pages: Sequence[Page], schema: Schema) -> set[int] | None:
        if self._policy.second is None:
            return None
        claims = self._policy.second.extract(DocumentView(self._document, tuple(pages)), schema)
        return find_relevant(pages, claims, schema)

    def _ask(self, page: Page, schema: Schema, first: int, last: int) -> list[KeyedQuestion]:
        count = last - first + 1
        if not needs_asking(page):
            return []
        context = write_context(page, self._digests, first, last) if self._policy.context else ""
        question = PageQuestion(
            bare_page(page),
            page.number - first + 1,
            count,
            schema,
            context,
            measure_smallest_text(page) if self._policy.legible else None,
        )
        at = (schema.hash, first, last)
        if at not in self._keys:
            self._keys[at] = self._policy.key(schema, first, last)
        return [KeyedQuestion(self._keys[at], question)]
