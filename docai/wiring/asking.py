"""The model's side of a job: one client in one thread, the questions about pages, the pool that runs both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from docai.batch.asking import AskingPool, AskTask, RunInPool, WakingPool, connected
from docai.batch.seams import Question
from docai.errors import DocumentError
from docai.extraction.vlm.choices import ChoiceQuestion, choose
from docai.extraction.vlm.engine import PageEngine, PageQuestion, describe_failure
from docai.extraction.vlm.followup import name_purpose
from docai.extraction.vlm.inquiry import AskingPolicy, DocumentInquiry
from docai.extraction.vlm.looking import look_again
from docai.extraction.vlm.looks import LookQuestion
from docai.extraction.vlm.missing import RowsQuestion
from docai.extraction.vlm.prompt import hash_prompt
from docai.extraction.vlm.sight import Eye
from docai.extraction.vlm.trial import describe_limits, try_forms
from docai.llm.client import OpenAIClient, ServerClient
from docai.llm.settings import ClientSettings
from docai.pipeline import CropTask, SheetTask
from docai.wiring.parts import WorkerSpec, make_chooser, make_engine, make_splitter

if TYPE_CHECKING:
    from docai.errors import DocaiError
    from docai.extraction.vlm.followup import FollowUp
    from docai.extraction.vlm.sheets import PageSheet
    from docai.imaging.profiles import VisionProfile
    from docai.llm.forms import SchemaForm
    from docai.types import Document, Page, PageAnswer, SourceItem

ASKING_VERSION = "1"
"""Goes up when a page would be asked about differently; answers of another version are asked for again."""
_AHEAD = 2
"""Requests that may wait for a slot before further pages are made ready."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Which model at which server. `wait_s`: for a server that is not ready when the job begins. `grammar`:
    how it is told which JSON a reply may be; `auto` finds out. `timeout_s`: for one reply."""

    base_url: str
    model: str | None = None
    api_key: str | None = field(default=None, repr=False)
    wait_s: float = 15.0
    only_relevant: bool = False
    context: bool = True
    legible: bool = False
    grammar: Literal["auto", "json_schema", "json_object", "structured_outputs", "none"] = "auto"
    ca_file: Path | None = None
    timeout_s: float = 600.0

    def make_settings(self) -> ClientSettings:
        form: SchemaForm = "json_schema" if self.grammar == "auto" else self.grammar
        return ClientSettings(
            self.base_url,
            self.model,
            self.api_key,
            timeout_s=self.timeout_s,
            start_s=self.wait_s,
            schema_form=form,
            ca_file=self.ca_file,
        )


@dataclass(frozen=True, slots=True)
class _PageAsk:
    question: PageQuestion | FollowUp
    path: Path
    uri: str


MakeClient: TypeAlias = Callable[[ClientSettings, Callable[[str], None]], ServerClient]


def make_client(settings: ClientSettings, tell: Callable[[str], None]) -> OpenAIClient:
    """A client of this process's own."""
    return OpenAIClient(settings, tell=tell)


class Asking:
    """Satisfies `Inquiries`. Enter it to reach the server: raises `ServiceError` or `ConfigError` if that
    cannot be used, before any page is read."""

    def __init__(
        self,
        spec: ModelSpec,
        worker: WorkerSpec,
        *,
        reading: str,
        tell: Callable[[str], None],
        make_client: MakeClient = make_client,
    ) -> None:
        self._spec = spec
        self._worker = worker
        self._reading = reading
        self._tell = tell
        self._make_client = make_client
        self._workers = 1

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            opened = connected(lambda: self._make_client(self._spec.make_settings(), self._tell))
            self._events, self._client = stack.enter_context(opened)
            self._prepare()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _prepare(self) -> None:
        """What is known once it is known which model answers."""
        spec = self._spec
        self._eye = Eye(self._client.name, self._tell)
        self._tell(f"{self._client.name} at {spec.base_url} reads the pages")
        if self._eye.profile.assumed:
            self._tell(
                f"how {self._client.name} sees images is not known here: pages are sent in tiles of 896 "
                "by 896 pixels, and its first reply tells at which DPI it sees them"
            )
        self._engine = self._make_engine()
        if self._worker.schema is not None:
            self._engine.check(self._worker.schema)
        self._policy = AskingPolicy(
            self._worker.schema,
            make_chooser(self._worker.schema),
            make_splitter() if self._worker.split else None,
            context=spec.context,
            legible=spec.legible,
            second=make_engine("extractive") if spec.only_relevant else None,
            basis=(*self.basis, self._reading),
        )

    def _make_engine(self, *, logprobs: bool = True) -> PageEngine:
        tokens = self._client.info.context_tokens.get(self._client.name)
        return PageEngine(self._client, self._eye, context_tokens=tokens, logprobs=logprobs)

    def try_out(self) -> None:
        """Find out with one small request what no list of models tells: does the model see images, is its
        grammar held to and large enough, what does an image cost.

        Raises `ConfigError` for what would fail every page, `ServiceError` for a server that fails.
        """
        self._events.run(self._try_out())

    async def _try_out(self) -> None:
        from docai.schema import load_schema

        # Without a schema of its own the job has one of those that come with docai.
        fields = (self._worker.schema or load_schema("contract")).fields
        trial = await try_forms(self._client, fields, search=self._spec.grammar == "auto")
        budget = trial.infer_budget(self._eye.profile)
        if budget is not None:
            self._eye.learn_budget(budget)
        self._engine = self._make_engine(logprobs=trial.takes_logprobs)
        self._engine.refuse(trial.refused, "the server holds no reply to a question about so many fields")
        context = self._client.info.context_tokens.get(self._client.name)
        for note in describe_limits(trial, fields, context):
            self._tell(note)

    @property
    def basis(self) -> tuple[str, ...]:
        """What an answer depends on beside the document, its reading and the schema."""
        from docai.schema import load_schema

        # One schema stands for all: what changes its prompt without changing itself changes every prompt.
        words = hash_prompt(load_schema("invoice"))
        mode = "relevant" if self._spec.only_relevant else "all"
        context = "context" if self._spec.context else "no context"
        pixels = "legible" if self._spec.legible else "native"
        return (self._client.name, ASKING_VERSION, words, mode, context, pixels)

    def make_pool(self, inner: WakingPool) -> AskingPool:
        self._workers = inner.workers
        return AskingPool(inner, self._events, self._ask, lambda: self._client.wait_room(_AHEAD))

    @property
    def room(self) -> int:
        return self._client.limiter.limit + 4 * self._workers + 4

    @property
    def load(self) -> tuple[int, int]:
        """Requests under way, and how many the server is given at once. Any thread may look."""
        limiter = self._client.limiter
        return limiter.in_flight, limiter.limit

    def begin(
        self, item: SourceItem, path: Path, document: Document, load_pages: Callable[[], Sequence[Page]]
    ) -> _Questions:
        return _Questions(DocumentInquiry(document, self._policy, load_pages), self._policy, path, item.uri)

    def describe_failure(self, number: int, error: DocaiError) -> PageAnswer:
        return describe_failure(number, error)

    async def _ask(self, ask: Any, run_in_pool: RunInPool) -> PageAnswer:
        question = ask.question
        if isinstance(question, PageQuestion):
            return await self._ask_page(question, ask, run_in_pool)
        try:
            return await self._ask_further(question, ask, run_in_pool)
        except DocumentError as error:
            # What was answered about the page stands, whatever comes of further questions.
            failure = describe_failure(question.page.number, error)
            return replace(failure, purpose=name_purpose(question))

    async def _ask_further(self, question: FollowUp, ask: _PageAsk, run_in_pool: RunInPool) -> PageAnswer:
        match question:
            case LookQuestion():
                task = CropTask(ask.path, ask.uri, question.page, question.looks)
                return await look_again(self._client, question, lambda: run_in_pool(task))
            case RowsQuestion():
                answer = await self._ask_page(question.question, ask, run_in_pool)
                return replace(answer, purpose="rows")
            case ChoiceQuestion():
                return await choose(self._client, question)

    async def _ask_page(self, question: PageQuestion, ask: _PageAsk, run_in_pool: RunInPool) -> PageAnswer:
        def make_sheet(profile: VisionProfile) -> Awaitable[PageSheet]:
            return run_in_pool(
                SheetTask(ask.path, ask.uri, question.page, profile, question.smallest_text_px)
            )

        return await self._engine.ask(question, make_sheet)


class _Questions:
    """Satisfies `Inquiry`: a document's questions as tasks of the pool."""

    def __init__(self, inquiry: DocumentInquiry, policy: AskingPolicy, path: Path, uri: str) -> None:
        self._inquiry = inquiry
        self._policy = policy
        self._path = path
        self._uri = uri

    def add(self, page: Page) -> list[Question]:
        return [
            Question(
                keyed.question.page.number,
                keyed.key,
                AskTask(_PageAsk(keyed.question, self._path, self._uri), self._uri),
            )
            for keyed in self._inquiry.add(page)
        ]

    def follow_up(self, wanted: Sequence[FollowUp]) -> list[Question]:
        return [
            Question(
                question.page.number,
                self._policy.follow_key(question),
                AskTask(_PageAsk(question, self._path, self._uri), self._uri),
            )
            for question in wanted
        ]
