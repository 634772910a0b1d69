"""docai's answers through LlamaIndex: a query engine whose response says where every sentence stands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import RESPONSE_TYPE, Response
from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import NodeWithScore, QueryBundle

from docai.answering.showing.words import STATUS_SAYS, show_value
from docai.types import Answer, AnswerRow, Sentence

Ask: TypeAlias = Callable[[str], Answer]
Cite: TypeAlias = Callable[[Answer], list[NodeWithScore]]

_MOST_ROWS = 200
"""Rows of an answer that are told: a model that calls a tool reads them all."""


class AnswerQueryEngine(BaseQueryEngine):
    """Asks docai and shows the answer as a LlamaIndex response.

    `response`: the sentences with their numbers, then what each number cites; `source_nodes[n - 1]` is [n].
    `metadata`: `status` (`answered`, `partial`, `conflict`, `not_found`), `value` with its `unit`,
    `confidence`, and `answer`, all that `docai ask --json` says. Raises what `ask` raises.
    """

    def __init__(self, ask: Ask, cite: Cite, callback_manager: CallbackManager | None = None) -> None:
        super().__init__(callback_manager=callback_manager)
        self._ask = ask
        self._cite = cite

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        answer = self._ask(query_bundle.query_str)
        return Response(write_text(answer), self._cite(answer), describe_answer(answer))

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        return await asyncio.to_thread(self._query, query_bundle)


def describe_answer(answer: Answer) -> dict[str, Any]:
    told = answer.model_dump(mode="json")
    kept = ("status", "value", "unit", "confidence", "route", "engine")
    return {**{name: told[name] for name in kept}, "answer": told}


def write_text(answer: Answer) -> str:
    """An answer as text, for a person or for a model that called docai as a tool: nothing struck is lost, and
    what is missing is said."""
    lines = [] if answer.status == "answered" else [f"({STATUS_SAYS[answer.status]})"]
    said = [_write_sentence(sentence) for sentence in answer.sentences] or [answer.text]
    value = "" if isinstance(answer.value, dict | list) else show_value(answer.value, answer.unit)
    if not said[0].startswith(value):
        lines.append(value)
    lines += said
    lines += [_write_row(row) for row in answer.rows[:_MOST_ROWS]]
    if answer.columns:
        lines.append(" | ".join(answer.columns))
        lines += [" | ".join(map(show_value, row)) for row in answer.table[:_MOST_ROWS]]
    left = max(len(answer.rows), len(answer.table)) - _MOST_ROWS
    if left > 0:
        lines.append(f"… and {left} more rows")
    for number, citation in enumerate(answer.citations[:_MOST_ROWS], 1):
        where = citation.locator or f"page {citation.page}"
        lines.append(f"[{number}] {citation.uri}, {where}: “{citation.quote}”")
    lines += [f"note: {issue.message}" for issue in answer.issues if issue.message not in lines]
    return "\n".join(line for line in lines if line)


def _write_sentence(sentence: Sentence) -> str:
    text = sentence.text + _marks(sentence.citations)
    if sentence.supported:
        return text
    return f"~~{text}~~ (struck: {sentence.reason or 'not supported by what it cites'})"


def _write_row(row: AnswerRow) -> str:
    said = row.verdict or show_value(row.value) or "unknown"
    why = row.text or row.reason or ""
    return f"{row.uri}: {said}{_marks(row.citations)}" + (f" – {why}" if why else "")


def _marks(numbers: tuple[int, ...]) -> str:
    return "".join(f" [{number + 1}]" for number in numbers)
