"""A job that asks a model about pages: what is asked once, what again, and what ends the job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from scripted_documents import ScriptedKeys, make_page, make_record

from docai.batch.local import LocalJob
from docai.batch.seams import Question
from docai.errors import DocaiError, DocumentError, ServiceError
from docai.pages.isolation import InlinePool
from docai.pipeline import Extracted, ExtractTask, Opened, OpenTask, ReadTask
from docai.types import Claim, Document, Issue, Page, PageAnswer, Record, SourceItem
from docai.wiring.job import Steps
from docai.workspace import Workspace, open_workspace

DOCUMENT = "sha256:a"


@dataclass
class Model:
    """A worker and a model in one: `asked` notes pages; `trouble` is raised or answered for some; `wanted`:
    pages that are looked at again, `looked` those that were."""

    pages: int
    trouble: dict[int, DocaiError | PageAnswer] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    stop_at: int | None = None
    wanted: tuple[int, ...] = ()
    looked: list[int] = field(default_factory=list)

    def __call__(self, task: Any) -> Any:
        match task:
            case OpenTask():
                pages = tuple(make_page(DOCUMENT, n) for n in range(1, self.pages + 1))
                return Opened(Document(DOCUMENT, "a.pdf", "application/pdf", self.pages), pages)
            case ReadTask(page=page):
                return replace(page, reader="scripted")
            case ("ask", number):
                return self.answer(number)
            case ("look", number):
                self.looked.append(number)
                return PageAnswer(number, purpose="look")
            case ExtractTask(document, answers=answers, follow=follow):
                record = record_answers(document, answers)
                return Extracted((record,), (False,), self.wanted if follow else ())

    def answer(self, number: int) -> PageAnswer:
        if number == self.stop_at:
            raise KeyboardInterrupt
        self.asked.append(number)
        trouble = self.trouble.get(number)
        if isinstance(trouble, DocaiError):
            raise trouble
        return trouble or PageAnswer(number, (Claim("/x", str(number), str(number), number, "vlm"),))


def record_answers(document: Document, answers: Sequence[PageAnswer]) -> Record:
    values = {
        "said": [[a.page, *(c.value for c in a.claims)] for a in answers if a.purpose == "page"],
        "looked": [a.page for a in answers if a.purpose == "look"],
    }
    complete = all(answer.complete for answer in answers)
    return make_record(document, complete=complete, values=values, engine="vlm")


class Inquiries:
    """Every page is asked about as soon as it was read."""

    room = 2

    def __init__(self, key: str = "k") -> None:
        self.key = key

    def begin(self, item: SourceItem, path: Path, document: Document, load_pages: Callable[[], Any]) -> Any:
        return self

    def add(self, page: Page) -> list[Question]:
        return [Question(page.number, self.key, ("ask", page.number))]

    def follow_up(self, wanted: Sequence[int]) -> list[Question]:
        return [Question(number, f"{self.key} look", ("look", number)) for number in wanted]

    def describe_failure(self, number: int, error: DocaiError) -> PageAnswer:
        issue = Issue("extraction", error.code, error.message, number)
        return PageAnswer(number, complete=False, issues=(issue,))


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(tmp_path) as workspace:
        yield workspace


def run_job(model: Model, stores: Workspace, *, key: str = "k", force: bool = False) -> Record:
    pool: InlinePool[Any, Any] = InlinePool(lambda: model)
    job = LocalJob(pool, stores, Steps(), ScriptedKeys(engine=key), inquiries=Inquiries(key), force=force)
    (outcome,) = job.run([(SourceItem("a.pdf", 10, "v1"), Path("a.pdf"))])
    assert isinstance(outcome, Record)
    return outcome


def test_answers_of_all_pages_make_the_record_in_page_order(stores: Workspace) -> None:
    record = run_job(Model(12), stores)
    assert record.values["said"] == [[n, str(n)] for n in range(1, 13)]


def test_a_killed_job_asks_only_for_pages_without_an_answer(stores: Workspace) -> None:
    model = Model(8, stop_at=6)
    with pytest.raises(KeyboardInterrupt):
        run_job(model, stores)
    kept = stores.answers.list_answered(DOCUMENT, "k")
    assert kept == set(model.asked)
    model.stop_at = None
    assert run_job(model, stores).values == run_job(Model(8), stores, force=True).values
    assert sorted(model.asked) == [*range(1, 9)], "every page exactly once"


def test_a_page_without_a_whole_answer_is_asked_about_in_the_next_run(stores: Workspace) -> None:
    model = Model(4, {2: PageAnswer(2, complete=False), 3: DocumentError("crashed", "died")})
    record = run_job(model, stores)
    assert not record.complete
    assert [page for page, *_ in record.values["said"]] == [1, 2, 3, 4]
    model.trouble, model.asked = {}, []
    assert run_job(model, stores).complete
    assert sorted(model.asked) == [2, 3]


def test_a_server_that_is_gone_ends_the_job_and_nothing_is_lost(stores: Workspace) -> None:
    model = Model(4, {3: ServiceError("no-server", "gone")})
    with pytest.raises(ServiceError):
        run_job(model, stores)
    assert stores.leases.holder(DOCUMENT) is None
    model.trouble, model.asked = {}, []
    assert run_job(model, stores).complete
    assert 1 not in model.asked


def test_another_question_is_asked_anew_and_force_asks_again(stores: Workspace) -> None:
    model = Model(3)
    run_job(model, stores)
    run_job(model, stores, key="other")
    assert sorted(model.asked) == [1, 1, 2, 2, 3, 3]
    run_job(model, stores, key="other", force=True)
    assert len(model.asked) == 9


def test_what_extraction_wants_to_know_is_asked_once_and_the_record_made_again(stores: Workspace) -> None:
    model = Model(4, wanted=(2, 3))
    record = run_job(model, stores)
    assert record.values["looked"] == [2, 3]
    assert record.values["said"] == [[n, str(n)] for n in range(1, 5)]
    assert (sorted(model.asked), model.looked) == ([1, 2, 3, 4], [2, 3])


def test_a_job_killed_between_looks_pays_nothing_twice(stores: Workspace) -> None:
    model = Model(3, wanted=(1, 2, 3))
    whole = run_job(Model(3, wanted=(1, 2, 3)), stores, key="whole")

    def stop_at_last(task: tuple[Any, ...]) -> Any:
        if task == ("look", 3):
            raise KeyboardInterrupt
        return model(task)

    pool: InlinePool[Any, Any] = InlinePool(lambda: stop_at_last)
    job = LocalJob(pool, stores, Steps(), ScriptedKeys(engine="k"), inquiries=Inquiries("k"))
    with pytest.raises(KeyboardInterrupt):
        list(job.run([(SourceItem("a.pdf", 10, "v1"), Path("a.pdf"))]))
    kept = stores.answers.list_answered(DOCUMENT, "k look")
    assert kept
    assert kept == set(model.looked)
    assert run_job(model, stores).values == whole.values
    assert (sorted(model.asked), sorted(model.looked)) == ([1, 2, 3], [1, 2, 3])
