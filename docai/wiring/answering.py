"""A question to a workspace: which route answers it, over which documents, with what."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from docai.errors import ConfigError, ServiceError
from docai.types import Answer, Where
from docai.wiring.finding import FindOptions, Retrieval
from docai.wiring.model_choice import ModelOptions
from docai.wiring.records import nothing_indexed, opened_workspace, uri_of

if TYPE_CHECKING:
    from docai.answering.composing.compose import Composer, ComposingModel
    from docai.answering.question import Question
    from docai.index.retrieval import PageFinder
    from docai.types import AnswerIssue, ScoredPage
    from docai.wiring.composing import ModelSession
    from docai.wiring.library import WorkspaceLibrary
    from docai.workspace import Workspace

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class AskOptions:
    """How to ask. `paths`: only documents in these files and folders. `each`: one row a document. `as_of`:
    ISO date, leaves out what speaks from a later day. `schema`, `conditions`: only documents with a
    record of it that fulfils them (`total>=1000`). `document_ids`: only these; None for all.
    """

    paths: tuple[Path, ...] = ()
    each: bool = False
    as_of: str | None = None
    schema: str | None = None
    conditions: tuple[str, ...] = ()
    document_ids: frozenset[str] | None = None

    @property
    def narrowed(self) -> bool:
        """Whether not all documents are meant."""
        some = self.paths or self.schema or self.conditions or self.as_of
        return bool(some) or self.document_ids is not None


class Answerer:
    """Answers questions over one workspace. Enter it to open that; what a question needs is loaded by it."""

    stores: Workspace

    def __init__(
        self,
        workspace: Path | None = None,
        *,
        finding: FindOptions | None = None,
        model: ModelOptions | None = None,
        composing: ComposingModel | None = None,
        password: str | None = None,
        tell: Tell = lambda text: None,
    ) -> None:
        """`finding`: which servers find pages; the environment says what it does not; `model`: which composes
        answers, likewise; `composing`: one that is there already, in place of that. `password`: for pictures
        of encrypted PDFs."""
        self._named = workspace
        self._composing = composing
        self._model_options = model or ModelOptions()
        self._password = password
        self._session: ModelSession | None = None
        self._model_gone: ServiceError | None = None
        self._find_options = finding or FindOptions()
        self._tell = tell
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Raises ConfigError where there is no workspace, or for a model that is named wrongly."""
        from docai.config import Settings

        self._model_spec = self._model_options.resolve() if self._composing is None else None
        self.stores = self._stack.enter_context(opened_workspace(self._named))
        options = self._find_options.or_settings(Settings.from_environment(os.environ))
        self._retrieval = Retrieval(self.stores, options, self._tell)
        self._stack.callback(self._retrieval.close)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def ask(
        self, question: str, options: AskOptions, progress: Callable[[int, int], None] | None = None
    ) -> Answer:
        """The answer of the route that fits: over records, to each document, or from pages.

        Where a configured model's server fails, the embedded engine answers, and the answer says so (issue
        `model-unreachable`). Raises ConfigError: `nothing-indexed`, `nothing-in-scope`, and those of
        `answer_question`.
        """
        from docai.answering.question import read_question

        asked = read_question(question)
        library = self._open_library(options)
        where = Where(library.document_ids if options.narrowed else None)
        if options.each:
            return self._ask_each(question, library, where, progress)
        over_records, notes = self._ask_records(asked, library, options)
        if over_records is not None:
            return over_records
        if asked.which_documents and asked.asked == "yes_no":
            answer = self._ask_each(question, library, where, progress)
        else:
            answer = self._ask_pages(question, library, where)
        return _add_issues(answer, notes)

    def save_rows(self, answer: Answer, name: str) -> str:
        """Keep the rows of `--each` as a field of the documents' records; says how many took it."""
        from docai.answering.each import to_field_values
        from docai.wiring.saving import save_field

        return save_field(self.stores, to_field_values(answer, f"/{name}"), name)

    def _open_library(self, options: AskOptions) -> WorkspaceLibrary:
        from docai.wiring.library import WorkspaceLibrary, find_later
        from docai.workspace.scope import find_documents, parse_condition

        under = [uri_of(self.stores.root, path) for path in options.paths]
        entries = self.stores.catalogue.list_entries(under)
        if not entries and under:
            raise _out_of_scope(
                f"no document here lies in {', '.join(map(str, options.paths))}",
                "--in takes files and folders that docai extract or docai index has read",
            )
        if options.schema or options.conditions:
            conditions = [parse_condition(text) for text in options.conditions]
            meant = find_documents(self.stores.outcomes, schema_id=options.schema, conditions=conditions)
            entries = [entry for entry in entries if entry.id in meant]
            if not entries:
                told = ", ".join((f"schema {options.schema or 'any'}", *options.conditions))
                raise _out_of_scope(
                    f"no record here fulfils: {told}", "docai records list shows what there is"
                )
        if options.document_ids is not None and entries:
            entries = [entry for entry in entries if entry.id in options.document_ids]
            if not entries:
                raise _out_of_scope("no document here is let through", "check filters")
        if options.as_of and entries:
            later = find_later(self.stores, options.as_of)
            entries = [entry for entry in entries if entry.id not in later]
            if not entries:
                raise _out_of_scope(
                    f"all that is meant here speaks from a later day than {options.as_of}",
                    "a later --as-of, or none",
                )
        if not entries:
            raise nothing_indexed(self.stores.root, "answering")
        return WorkspaceLibrary(self.stores, entries, options.as_of)

    def _ask_records(
        self, asked: Question, library: WorkspaceLibrary, options: AskOptions
    ) -> tuple[Answer | None, tuple[AnswerIssue, ...]]:
        """The answer over records, where the question asks for one, else what another answer should say."""
        from docai.wiring.record_route import RecordRoute

        route = RecordRoute(self.stores, library, options.narrowed, options.as_of, self.open_model)
        return route.ask(asked)

    def _ask_each(
        self,
        question: str,
        library: WorkspaceLibrary,
        where: Where,
        progress: Callable[[int, int], None] | None,
    ) -> Answer:
        from docai.answering.each import answer_each

        composer = self._make_composer()
        if composer is None:
            return self._label(answer_each(question, library, where, progress))
        from docai.answering.composing.rows import RowComposer

        return answer_each(question, library, where, progress, RowComposer(composer, self.find_pages))

    def _ask_pages(self, question: str, library: WorkspaceLibrary, where: Where) -> Answer:
        from docai.answering.asking import answer_question

        composer = self._make_composer()
        try:
            scope, issues = self._retrieval.narrow(library, where)
            answer = answer_question(question, library, self.open_finder(), scope, composer)
        except ConfigError as error:
            issues = (self._retrieval.rebuild(error),)
            answer = answer_question(question, library, self.open_finder(), where, composer)
        return _add_issues(self._label(answer), issues)

    def open_model(self) -> ModelSession | None:
        """The session with the configured model; None where none is configured, or its server is away (then
        answers are labelled). Raises ConfigError for one that cannot be used as it is configured."""
        if self._session is None and self._model_spec is not None and self._model_gone is None:
            from docai.wiring.composing import ModelSession

            try:
                self._session = self._stack.enter_context(ModelSession(self._model_spec, tell=self._tell))
            except ServiceError as error:
                self._model_gone = error
        return self._session

    def _make_composer(self) -> Composer | None:
        session = self._composing or self.open_model()
        if session is None:
            return None
        from docai.answering.composing.compose import Composer
        from docai.wiring.page_finder import make_show_page

        return Composer(session, make_show_page(self.stores, self._password))

    def _label(self, answer: Answer) -> Answer:
        """Say that the embedded engine answers for a model whose server is away."""
        if self._model_gone is None or self._model_spec is None:
            return answer
        from docai.answering.composing.compose import label_fallback

        return label_fallback(answer, self._model_gone, self._model_spec.model or "")

    def find_pages(self, question: str, limit: int, where: Where) -> Sequence[ScoredPage]:
        """Pages that may answer, best first. A damaged index is made again, and told so."""
        try:
            return self.open_finder().retrieve(question, limit, where)
        except ConfigError as error:
            self._retrieval.rebuild(error)
            return self.open_finder().retrieve(question, limit, where)

    def open_finder(self) -> PageFinder:
        """Retrieval over the newest index, or over the server that was named."""
        return self._retrieval.open_finder()


def _add_issues(answer: Answer, issues: tuple[AnswerIssue, ...]) -> Answer:
    return answer.model_copy(update={"issues": (*answer.issues, *issues)})


def _out_of_scope(message: str, hint: str) -> ConfigError:
    return ConfigError("nothing-in-scope", message, stage="answering", hint=hint)


def ask(
    question: str,
    *,
    workspace: str | Path | None = None,
    paths: str | Path | Sequence[str | Path] = (),
    each: bool = False,
    as_of: str | None = None,
    schema: str | None = None,
    conditions: Sequence[str] = (),
    qdrant: str | None = None,
    rerank: str | None = None,
    engine: str | None = None,
    base_url: str | None = None,
    model: str | None = None,
) -> Answer:
    """Ask the documents of a workspace; every sentence of the answer cites its place.

    `paths`: only documents in these files and folders; `each`: one row a document; `as_of`: ISO date;
    `schema`, `conditions` (`total>=1000`): only documents with such a record. `qdrant`, `rerank`: addresses
    of servers, as in `FindOptions`. `base_url`, `model`: of an OpenAI-compatible server that composes the
    answer (its key: `DOCAI_API_KEY`); where it fails, the answer is the embedded engine's and an issue
    `model-unreachable` says so. `engine` "extractive": no model, whatever the environment says. Raises
    ConfigError for what cannot be used, ServiceError for a server of pages that is away.
    """
    places = [paths] if isinstance(paths, str | Path) else list(paths)
    options = AskOptions(tuple(map(Path, places)), each, as_of, schema, tuple(conditions))
    root = Path(workspace) if workspace is not None else None
    finding = FindOptions(qdrant=qdrant, rerank=rerank)
    with Answerer(root, finding=finding, model=ModelOptions(engine, base_url, model)) as answerer:
        return answerer.ask(question, options)
