"""Questions over records: by a recognised form, else by SQL that a configured model writes."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docai.errors import ServiceError
from docai.types import Answer, AnswerIssue, Where

if TYPE_CHECKING:
    from docai.answering.question import Question
    from docai.answering.tables.forms import TableQuery
    from docai.answering.tables.written import WritingModel, Written
    from docai.schema import Field
    from docai.types import TableResult
    from docai.wiring.library import WorkspaceLibrary
    from docai.workspace import Workspace

NOT_WRITTEN = "sql-not-written"
_WRITTEN_SECONDS = 5.0
"""For SQL of a model, which has two tries."""


@dataclass(frozen=True, slots=True)
class RecordRoute:
    """Over the records of a library's documents. `narrowed`: only of these; `as_of`: ISO date. `open_model`:
    gives the configured model, or None."""

    stores: Workspace
    library: WorkspaceLibrary
    narrowed: bool
    as_of: str | None
    open_model: Callable[[], WritingModel | None]

    def ask(self, asked: Question) -> tuple[Answer | None, tuple[AnswerIssue, ...]]:
        """The answer, or None for a question that goes another way; and what the answer of that way should
        say about it."""
        from docai.answering.tables.forms import recognise
        from docai.answering.tables.written import goes_to_records, write_query

        schemas = self._list_schemas()
        if not schemas:
            return None, ()
        ids = self.library.document_ids if self.narrowed else None
        queries = self.stores.open_queries(self.as_of, ids)
        try:
            day = self.as_of or datetime.datetime.now().astimezone().date().isoformat()
            query = recognise(asked, queries, schemas, datetime.date.fromisoformat(day))
            if query is not None:
                return self._tell(asked.text, query, queries.run(query.sql, query.parameters)), ()
            model = self.open_model() if goes_to_records(asked, schemas) else None
            if model is None:
                return None, ()
            queries.max_seconds = _WRITTEN_SECONDS
            written = write_query(asked, queries, schemas, model, day)
        finally:
            queries.close()
        return self._tell_written(asked.text, written, model)

    def _list_schemas(self) -> Mapping[str, Sequence[Field]]:
        """The leaves of each schema that has records here."""
        from docai.wiring.library import find_schema

        found = {}
        for schema_id, schema_hash in self.stores.outcomes.list_schemas():
            schema = find_schema(self.stores, schema_id, schema_hash)
            if schema is not None:
                found[schema_id] = schema.fields
        return found

    def _tell(self, question: str, query: TableQuery, result: TableResult) -> Answer:
        from docai.answering.assembly import describe_scope
        from docai.answering.sources import Sources
        from docai.answering.tables.answers import answer_with_table

        load = self.stores.outcomes.load_records
        scope = describe_scope(Sources(self.library, Where()))
        return answer_with_table(question, query.sql, result, query.paths, load, scope=scope, query=query)

    def _tell_written(
        self, question: str, written: Written, model: WritingModel
    ) -> tuple[Answer | None, tuple[AnswerIssue, ...]]:
        from docai.answering.assembly import describe_scope
        from docai.answering.composing.compose import UNREACHABLE
        from docai.answering.sources import Sources
        from docai.answering.tables.answers import answer_with_table
        from docai.answering.tables.written import hash_prompt

        if written.result is None:
            told = f"{model.name} wrote no SQL over the records that could be used: {written.trouble}"
            issues = [AnswerIssue(code=NOT_WRITTEN, message=told)]
            if isinstance(written.failed, ServiceError):
                issues.append(AnswerIssue(code=UNREACHABLE, message=written.failed.message))
            return None, tuple(issues)
        answer = answer_with_table(
            question,
            written.sql,
            written.result,
            written.paths,
            self.stores.outcomes.load_records,
            scope=describe_scope(Sources(self.library, Where())),
            model=model.name,
        )
        return answer.model_copy(update={"tokens": written.tokens, "prompt": hash_prompt()}), ()
