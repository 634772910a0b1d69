"""The form of a composed answer, and what can be used of a reply that does not keep to it.

Small and flat, quotes before the sentence that they prove, no length limits (FACTS: vllm#19732).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from docai.llm.chat import FinishReason
from docai.llm.grammar import strict_object
from docai.llm.salvage import Verdict, parse_reply
from docai.types import AnswerStatus

Ending: TypeAlias = Verdict | Literal["invalid"]

_STRING = {"type": "string"}


REPLY_SCHEMA: dict[str, Any] = strict_object(
    {
        "sentences": {
            "type": "array",
            "items": strict_object(
                {
                    "quotes": {
                        "type": "array",
                        "items": strict_object({"source": {"type": "integer"}, "words": _STRING}),
                    },
                    "text": _STRING,
                }
            ),
        },
        "answer": _STRING,
        "status": {"enum": list(get_args(AnswerStatus))},
    }
)
"""JSON Schema of a reply."""

MOST_SENTENCES = 24
_STATUS = re.compile(r'"status"\s{0,4}:\s{0,4}"(\w{1,20})"')
_ANSWER = re.compile(r'"answer"\s{0,4}:\s{0,4}"((?:[^"\\]|\\.){0,400})"')
_NUMBER = re.compile(r"\d{1,4}")


@dataclass(frozen=True, slots=True)
class SaidQuote:
    """Words that a model says are in a passage; `source` 0 where it does not say in which."""

    source: int
    words: str


@dataclass(frozen=True, slots=True)
class SaidSentence:
    text: str
    quotes: tuple[SaidQuote, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A reply. `status` None where it gives none that there is; `ending` other than `complete`: there may be
    more that was not said."""

    sentences: tuple[SaidSentence, ...]
    answer: str = ""
    status: AnswerStatus | None = None
    ending: Ending = "complete"

    @property
    def usable(self) -> bool:
        """Whether it says anything, be it that there is no answer."""
        return bool(self.sentences) or (self.ending == "complete" and self.status == "not_found")


def read_said(text: str, finish: FinishReason = "stop") -> Said:
    """A reply, as far as it can be read: a model that no grammar holds may name things its own way."""
    parsed = parse_reply(text, finish)
    sentences = [s for item in parsed.items if (s := _read_sentence(item.value)) is not None]
    status = _STATUS.findall(text)
    known = next((s for s in get_args(AnswerStatus) if status and s == status[-1]), None)
    answers = _ANSWER.findall(text)
    ending: Ending = parsed.verdict
    if ending == "complete" and not sentences and known != "not_found":
        ending = "invalid"
    return Said(
        tuple(sentences[:MOST_SENTENCES]),
        _read_string(answers[-1]) if answers else "",
        known,
        ending,
    )


def _read_string(written: str) -> str:
    """A JSON string's inside, on one line; as it is written where its escapes are none of JSON's."""
    try:
        read = str(json.loads(f'"{written}"', strict=False))
        read.encode()
    except ValueError:  # halves of surrogate pairs too
        read = written.replace('\\"', '"')
    return " ".join(read.split())


def _read_sentence(item: dict[str, Any]) -> SaidSentence | None:
    text = item.get("text") or item.get("sentence")
    if not isinstance(text, str) or not any(c.isalnum() for c in text):
        return None
    quotes = item.get("quotes", item.get("quote", ()))
    listed = quotes if isinstance(quotes, list | tuple) else (quotes,)
    read = (_read_quote(quote, item) for quote in listed)
    return SaidSentence(" ".join(text.split()), tuple(q for q in read if q is not None))


def _read_quote(quote: Any, item: dict[str, Any]) -> SaidQuote | None:
    if isinstance(quote, str):
        words: Any = quote
        source = item.get("source", item.get("sources"))
    elif isinstance(quote, dict):
        words = quote.get("words", quote.get("text", quote.get("quote")))
        source = quote.get("source")
    else:
        return None
    if not isinstance(words, str) or not any(c.isalnum() for c in words):
        return None
    return SaidQuote(_read_number(source), " ".join(words.split()))


def _read_number(source: Any) -> int:
    if isinstance(source, list) and source:
        source = source[0]
    found = _NUMBER.search(str(source)) if source is not None and not isinstance(source, bool) else None
    return int(found.group()) if found else 0
