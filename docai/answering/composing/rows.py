"""The same question to every document, each row in a model's words, several questions under way at once."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from docai.answering.assembly import write_answer, write_row
from docai.answering.citing import CitationList
from docai.answering.composing.compose import UNREACHABLE, UNUSABLE, Asked, Composer, Inquiry
from docai.answering.composing.prompt import hash_prompt
from docai.answering.findings import Finding
from docai.answering.question import Question
from docai.answering.sources import Source, Sources
from docai.types import Answer, AnswerIssue, AnswerRow, ScoredPage, Sentence, Verdict, Where

FindPages: TypeAlias = Callable[[str, int, Where], Sequence[ScoredPage]]

_AHEAD = 8
"""Documents under way: their pictures lie in memory, and the client holds requests back by itself."""
_PAGES = 5


@dataclass(frozen=True, slots=True)
class _UnderWay:
    source: Source
    finding: Finding
    asked: Asked | None


class RowComposer:
    """One question to many documents. A server that is gone is not asked again: the other rows are the
    embedded engine's, and each row says whose it is."""

    def __init__(self, composer: Composer, find_pages: FindPages) -> None:
        self._composer = composer
        self._find_pages = find_pages
        self._gone: AnswerIssue | None = None
        self._tokens = 0
        self._told: Counter[AnswerIssue] = Counter()

    def write_rows(
        self,
        question: Question,
        found: Iterable[tuple[Source, Finding]],
        sources: Sources,
        citations: CitationList,
    ) -> Iterator[AnswerRow]:
        """A row for each document, in the order given. `found`: what the embedded engine says of it."""
        under_way: deque[_UnderWay] = deque()
        for source, finding in found:
            under_way.append(self._begin(question, source, finding, sources))
            if len(under_way) >= _AHEAD:
                yield self._finish(under_way.popleft(), sources, citations)
        while under_way:
            yield self._finish(under_way.popleft(), sources, citations)

    def sign(self, answer: Answer) -> Answer:
        """The whole answer with whose words its rows are, and how many are not the model's."""
        issues = [*answer.issues]
        count_all = len(answer.rows)
        for issue, count in self._told.items():
            rows = f" (so {count} of {count_all} rows)" if issue.code in (UNREACHABLE, UNUSABLE) else ""
            issues.append(AnswerIssue(code=issue.code, message=f"{issue.message}{rows}"))
        told = {"issues": tuple(issues), "tokens": self._tokens}
        if any(row.engine == "model" for row in answer.rows):
            told |= {"engine": "model", "model": self._composer.model, "prompt": hash_prompt()}
        return answer.model_copy(update=told)

    def _begin(self, question: Question, source: Source, finding: Finding, sources: Sources) -> _UnderWay:
        if self._gone is not None or not source.passages:
            return _UnderWay(source, finding, None)
        pages = self._find_pages(question.text, _PAGES, Where(frozenset((source.document.id,))))
        fallback = write_answer(question, [finding], sources)
        inquiry = Inquiry(question, (source,), (finding,), pages, fallback)
        return _UnderWay(source, finding, self._composer.begin(inquiry))

    def _finish(self, item: _UnderWay, sources: Sources, citations: CitationList) -> AnswerRow:
        if item.asked is None:
            if self._gone is not None:
                self._told[self._gone] += 1
            return write_row(item.finding, item.source, citations)
        answer = self._composer.finish(item.asked, sources)
        self._tokens += answer.tokens
        for issue in answer.issues:
            self._told[issue] += 1
            if issue.code == UNREACHABLE:
                self._gone = issue
        struck = tuple(s for s in answer.sentences if not s.supported)
        if answer.engine != "model":
            row = write_row(item.finding, item.source, citations)
            return row.model_copy(update={"struck": _without_citations(struck)})
        return _write_composed(answer, item, citations)


def _without_citations(struck: Iterable[Sentence]) -> tuple[Sentence, ...]:
    return tuple(s.model_copy(update={"citations": ()}) for s in struck)


def _write_composed(answer: Answer, item: _UnderWay, citations: CitationList) -> AnswerRow:
    kept = [s for s in answer.sentences if s.supported]
    numbers = [citations.add(answer.citations[n]) for s in kept for n in s.citations]
    verdict = _read_verdict(answer) if item.finding.kind == "boolean" or item.finding.verdict else None
    known = answer.status != "not_found" and (
        verdict is not None or answer.value is not None or item.finding.kind != "boolean"
    )
    return AnswerRow(
        document_id=item.source.document.id,
        uri=item.source.document.uri,
        verdict=verdict if known else "unknown" if verdict or item.finding.kind == "boolean" else None,
        value=None if isinstance(answer.value, bool) else answer.value,
        text=answer.text,
        reason=None if known else "unsure" if item.finding.found else "not_found",
        confidence=answer.confidence,
        citations=tuple(dict.fromkeys(numbers)),
        struck=_without_citations(s for s in answer.sentences if not s.supported),
        engine="model",
    )


def _read_verdict(answer: Answer) -> Verdict | None:
    if isinstance(answer.value, bool):
        return "yes" if answer.value else "no"
    return None
