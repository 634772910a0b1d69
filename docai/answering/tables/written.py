"""SQL that a model writes for a question over records, where no recognised form covers it.

The model is told the tables: names, types and what the schema says of each field. It sees no document and no
value. What it writes runs as anybody's SQL does: read only, within limits; it may correct itself once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

from docai.answering.names import DOCUMENT_NOUNS
from docai.answering.question import Question
from docai.answering.tables.wordings import BY, OPERATIONS, schema_words
from docai.answering.words import iterate_words
from docai.errors import ConfigError, DocaiError, ServiceError
from docai.llm.chat import ChatRequest, Message
from docai.llm.grammar import strict_object
from docai.llm.salvage import parse_object
from docai.protocols import RecordTables
from docai.schema import Field
from docai.types import TableColumn, TableResult

if TYPE_CHECKING:
    from docai.llm.chat import ModelClient, Reply

_ATTEMPTS = 2
_MOST_TOKENS = 800
_MOST_COLUMNS = 400
_SHOWN = 2_000
"""Characters of a wrong reply that are shown to the model again."""
_REPLY_SCHEMA = strict_object({"sql": {"type": "string"}, "reason": {"type": "string"}})
_DOCUMENTS = DOCUMENT_NOUNS | {"document", "deal", "file", "paper", "record"}
_LEADING = {
    "record_id": "id of the record",
    "document_id": "id of the document",
    "uri": "the document's file",
    "pages": "pages of the record, first-last",
    "complete": "1: all pages were read",
    "copies": "files with the same bytes",
    "since": "ISO date from which the document speaks",
    "family_id": "record_id of the agreement that it belongs to",
    "role": "'original' or 'amendment'",
    "members": "documents of the agreement",
    "record_ids": "their record_id, with commas between",
    "duplicate_of": "record_id of the document that it copies, else NULL",
    "position": "place in the list, from 0",
}
SYSTEM = """\
You write one SQLite SELECT over tables of records that were extracted from documents. The tables are listed
with the question. Use only these tables and columns.
- A table is named after a kind of document and has one row a document. TABLE_family has one row an agreement,
with what its amendments changed: use it for what is in force. TABLE_LIST has the items of a list, joined by
record_id. all_TABLE has copies too, which count once elsewhere.
- Rows of records: select record_id first. Aggregated rows: add group_concat(record_id) AS record_ids. From
TABLE_family take record_ids, or group_concat(record_ids) AS record_ids.
- Dates are ISO text and compare as text. Yes or no is 1 or 0; NULL is unknown or absent. Amounts are numbers
with their currency in COLUMN_unit: group by that column, never add two currencies. Compare names by LIKE.
- Answer the whole question, every condition of it. If the tables cannot, give an empty sql and the reason.
Reply with JSON: {"sql": "SELECT ...", "reason": "..."}"""


class WritingModel(Protocol):
    """A model that is asked from this thread."""

    name: str

    def start(
        self, work: Callable[[ModelClient], Coroutine[Any, Any, Reply]]
    ) -> Future[Reply]: ...  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """`result` None: there is no SQL that runs, and `trouble` says why (`failed`: the server itself did)."""

    sql: str = ""
    result: TableResult | None = None
    paths: tuple[str, ...] = ()
    trouble: str = ""
    failed: DocaiError | None = None
    tokens: int = 0


def hash_prompt() -> str:
    return f"sha256:{sha256(SYSTEM.encode()).hexdigest()}"


def goes_to_records(question: Question, schemas: Mapping[str, Sequence[Field]]) -> bool:
    """Whether a question counts, adds, compares or lists over documents, and not what one of them says."""
    operation = next((name for name, pattern in OPERATIONS if pattern.search(question.bare)), None)
    if operation is None:
        return False
    if operation != "list" and BY.search(question.bare):
        return True
    nouns = _DOCUMENTS.union(*(schema_words(schema) for schema in schemas))
    words = {word for _, _, word in iterate_words(question.bare)}
    return any(word.endswith("s") and word[:-1] in nouns for word in words)


def write_query(
    question: Question,
    tables: RecordTables,
    schemas: Mapping[str, Sequence[Field]],
    model: WritingModel,
    today: str,
) -> Written:
    """What the model's SQL gives. `today`: ISO date. Raises nothing that the server's state explains."""
    asked = f"{describe_tables(tables.columns, schemas)}\n\nToday is {today}.\nQuestion: {question.text}"
    messages = [Message("system", (SYSTEM,)), Message("user", (asked,))]
    tokens = 0
    trouble = ""
    for _ in range(_ATTEMPTS):
        request = ChatRequest(
            tuple(messages), json_schema=_REPLY_SCHEMA, schema_name="query", max_tokens=_MOST_TOKENS
        )
        try:
            reply = _ask(model, request)
        except (ConfigError, ServiceError) as error:
            return Written(trouble=error.message, failed=error, tokens=tokens)
        tokens += reply.usage.prompt_tokens + reply.usage.completion_tokens
        sql, reason = read_query(reply.text)
        if sql == "":
            return Written(trouble=f"the records do not tell: {reason}", tokens=tokens)
        trouble = _check(sql, tables.columns)
        if sql is not None and not trouble:
            try:
                result = tables.run(sql)
            except ConfigError as error:
                trouble = f"{error.message} ({error.hint})" if error.hint else error.message
            else:
                return Written(sql, result, _find_paths(sql, tables.columns), tokens=tokens)
        messages += [
            Message("assistant", (reply.text[:_SHOWN],)),
            Message("user", (f"That does not work: {trouble}\nWrite another query.",)),
        ]
    return Written(trouble=trouble, tokens=tokens)


def _ask(model: WritingModel, request: ChatRequest) -> Reply:
    async def work(client: ModelClient) -> Reply:
        return await client.complete(request)

    return model.start(work).result()


def describe_tables(columns: Sequence[TableColumn], schemas: Mapping[str, Sequence[Field]]) -> str:
    """Tables and columns as a model reads them: a line each, types, and what the schema says of a field."""
    told = {(schema, item.path): item for schema, fields in schemas.items() for item in fields}
    lines: list[str] = []
    table = ""
    for column in columns[:_MOST_COLUMNS]:
        if column.table != table:
            table = column.table
            lines.append(f"table {table}")
        item = told.get((column.schema, column.path))
        said = _LEADING.get(column.name, "") if not column.path else _describe(item)
        kind = f" {column.kind}" if column.kind else ""
        lines.append(f"  {column.name}{kind}{f': {said}' if said else ''}")
    return "\n".join(lines)


def _describe(item: Field | None) -> str:
    if item is None:
        return ""
    parts = [" ".join(item.description.split())]
    if item.enum:
        parts.append(f"one of {', '.join(item.enum)}")
    if item.many:
        parts.append("several values, joined by '; '")
    return "; ".join(part for part in parts if part)


def read_query(text: str) -> tuple[str | None, str]:
    """SQL and reason of a reply; None where it holds no query, empty where the model declines."""
    body = next((item.value for item in parse_object(text).items), {})
    if isinstance(body.get("sql"), str):
        reason = " ".join(str(body.get("reason", "")).split())[:300]
        return body["sql"].strip().rstrip(";").strip(), reason
    fenced = re.search(r"```(?:sql)?\s{0,5}((?:select|with)\b[^`]{1,8000})```", text, re.IGNORECASE)
    return (fenced[1].strip().rstrip(";").strip(), "") if fenced else (None, "")


def _check(sql: str | None, columns: Sequence[TableColumn]) -> str:
    """What is wrong with a query before it is run; empty for nothing."""
    if sql is None:
        return 'the reply is no JSON of the form {"sql": "SELECT ...", "reason": "..."}'
    names = dict.fromkeys(column.table for column in columns)
    if not any(re.search(rf"\b{re.escape(name)}\b", sql, re.IGNORECASE) for name in names):
        return f"it reads none of the tables {', '.join(names)}"
    return ""


def _find_paths(sql: str, columns: Sequence[TableColumn]) -> tuple[str, ...]:
    """Fields that a query names: what they hold is cited."""
    words = set(re.findall(r"\w+", sql.lower()))
    used = [c for c in columns if c.path and c.name.lower() in words and c.table.lower() in words]
    return tuple(dict.fromkeys(c.path for c in used))
