"""From a question and the documents that may answer it to an answer in a model's words, or why not."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from docai.answering.assembly import describe_scope
from docai.answering.citing import CitationList
from docai.answering.composing.checking import Checked, check_sentence
from docai.answering.composing.dialogue import Talk, talk_over
from docai.answering.composing.judging import Judged, judge_said
from docai.answering.composing.material import Material, gather_material
from docai.answering.composing.prompt import hash_prompt
from docai.errors import ConfigError, DocaiError, ServiceError
from docai.types import Answer, AnswerIssue, ScoredPage, Sentence

if TYPE_CHECKING:
    from docai.answering.composing.pictures import Picture
    from docai.answering.findings import Finding
    from docai.answering.question import Question
    from docai.answering.showing.pictures import ShowPage
    from docai.answering.sources import Source, Sources
    from docai.imaging.profiles import VisionProfile
    from docai.llm.chat import ModelClient

UNREACHABLE = "model-unreachable"
"""Code of the issue of an answer that no model composed because its server failed: exit code 3."""
UNUSABLE = "model-unusable"


class ComposingModel(Protocol):
    """A model that is asked from this thread. `start` runs work with its client, and gives what came."""

    name: str
    profile: VisionProfile
    context_tokens: int | None

    def start(self, work: Callable[[ModelClient], Coroutine[Any, Any, Talk]]) -> Future[Talk]: ...


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question and what may answer it. `fallback`: the embedded engine's answer; `pages`: best first."""

    question: Question
    chosen: Sequence[Source]
    findings: Sequence[Finding]
    pages: Sequence[ScoredPage]
    fallback: Answer


@dataclass(frozen=True, slots=True)
class Asked:
    """An inquiry that is under way; `talk` gives what the model says, or the error that kept it from it."""

    inquiry: Inquiry
    material: Material
    talk: Future[Talk]
    unseen: tuple[str, ...] = ()


class Composer:
    """Asks one model. `show_page` gives a page's pixels; None sends passages alone."""

    def __init__(self, model: ComposingModel, show_page: ShowPage | None = None) -> None:
        self._model = model
        self._show_page = show_page

    @property
    def model(self) -> str:
        return self._model.name

    def compose(self, inquiry: Inquiry, sources: Sources) -> Answer:
        """The model's answer, checked; the fallback, labelled with the reason, where it gives none that
        can be used, whatever went wrong with it."""
        return self.finish(self.begin(inquiry), sources)

    def begin(self, inquiry: Inquiry) -> Asked:
        """Send the question; several may be under way."""
        material = gather_material(inquiry.question, inquiry.chosen, inquiry.findings, inquiry.pages)
        pictures, unseen = self._draw(material)
        context = self._model.context_tokens
        talk = self._model.start(lambda client: talk_over(client, material, pictures, context))
        return Asked(inquiry, material, talk, unseen)

    def finish(self, asked: Asked, sources: Sources) -> Answer:
        """Wait for the reply and check it. What fails with one question is told in its answer, so that the
        others that are under way get theirs."""
        fallback = asked.inquiry.fallback
        try:
            talk = asked.talk.result()
        except DocaiError as error:
            return label_fallback(fallback, error, self._model.name)
        except Exception as error:
            told = ConfigError("llm-failed", f"{type(error).__name__}: {str(error)[:300]}", stage="answering")
            return label_fallback(fallback, told, self._model.name)
        if talk.said is None:
            return label_unusable(fallback, talk)
        checked = [check_sentence(s, asked.material) for s in talk.said.sentences]
        judged = judge_said(asked.inquiry, talk.said, checked)
        return write_composed(asked, talk, judged, sources)

    def _draw(self, material: Material) -> tuple[list[Picture], tuple[str, ...]]:
        """Pictures of the pages, best page first, and which documents' pages could not be shown."""
        if self._show_page is None:
            return [], ()
        from docai.answering.composing.pictures import picture_page

        pictures: list[Picture] = []
        unseen: dict[str, None] = {}
        for rank, (number, page) in enumerate(material.pages):
            document = material.sources[number].document
            excerpts = material.of_page(number, page)
            boxes = [box for e in excerpts for box in e.passage.boxes]
            if not boxes:
                continue  # a file without pages
            try:
                image, turned = self._show_page(document.id, document.uri, page)
            except DocaiError as error:
                unseen[f"{document.uri}: {error.message}"] = None
                continue
            name = f"document {number}, page {page}"
            pictures += picture_page(image, turned, boxes, self._model.profile, name, 1 if rank else 2)
        return pictures, tuple(unseen)


def label_fallback(fallback: Answer, error: DocaiError, model: str) -> Answer:
    """The embedded engine's answer, and that it is not the model's."""
    code = UNREACHABLE if isinstance(error, ServiceError) else UNUSABLE
    message = (
        f"{model or 'the model'} gave no answer; this one is extractive, without a model: {error.message}"
    )
    return _with_issues(fallback, [AnswerIssue(code=code, message=message)])


def label_unusable(fallback: Answer, talk: Talk) -> Answer:
    message = f"this answer is extractive, without {talk.model}: {talk.trouble}"
    labelled = _with_issues(fallback, [AnswerIssue(code=UNUSABLE, message=message)])
    return labelled.model_copy(update={"tokens": talk.tokens})


def write_composed(asked: Asked, talk: Talk, judged: Judged, sources: Sources) -> Answer:
    """The answer with its supported sentences, and struck through the others."""
    fallback = asked.inquiry.fallback
    issues = [AnswerIssue(code="model-saw-less", message=note) for note in talk.notes]
    issues += [
        AnswerIssue(code="page-not-shown", message=f"not shown to the model: {u}") for u in asked.unseen
    ]
    issues += judged.issues
    told = {"model": talk.model, "prompt": hash_prompt(), "tokens": talk.tokens}
    if judged.fallback:
        struck = tuple(_write(c, None) for c in judged.checked)
        kept = fallback.sentences or (Sentence(text=fallback.text),)
        composed = fallback.model_copy(update={"sentences": (*kept, *struck), "tokens": talk.tokens})
        return _with_issues(composed, issues)
    citations = CitationList()
    sentences = tuple(_write(c, citations) for c in judged.checked)
    text = " ".join(s.text for s in sentences if s.supported) or judged.text
    return Answer(
        question=fallback.question,
        status=judged.status,
        text=text,
        value=judged.value,
        unit=judged.unit,
        confidence=judged.confidence,
        sentences=sentences,
        citations=tuple(citations.citations),
        rows=(),
        scope=describe_scope(sources),
        engine="model",
        issues=_merge(fallback.issues, issues),
        **told,
    )


def _write(checked: Checked, citations: CitationList | None) -> Sentence:
    """One sentence; a struck one cites what it quoted, so that the reader can see that it is not there."""
    numbers: tuple[int, ...] = ()
    if citations is not None:
        added = (citations.add(c) for proof in checked.proofs for c in proof.citations)
        numbers = tuple(dict.fromkeys(added))
    return Sentence(
        text=checked.text,
        citations=numbers,
        supported=checked.reason is None,
        reason=checked.reason,
        rule=checked.rule,
    )


def _with_issues(answer: Answer, issues: Sequence[AnswerIssue]) -> Answer:
    return answer.model_copy(update={"issues": _merge(answer.issues, issues)})


def _merge(*issues: Sequence[AnswerIssue]) -> tuple[AnswerIssue, ...]:
    return tuple(dict.fromkeys(issue for some in issues for issue in some))
