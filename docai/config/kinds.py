"""Kinds of settings that the environment and pipeline files have in common, and how a refusal reads."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _split_languages(value: Any) -> Any:
    return tuple(part for part in re.split(r"[+,\s]+", value) if part) if isinstance(value, str) else value


def _check_language(value: str) -> str:
    if not re.fullmatch(r"[a-z]{3}(_[A-Za-z]{2,10})?", value):
        raise ValueError(f"{value!r} is no language code of three letters (eng, deu, fra …)")
    return value


def _check_url(value: Any) -> Any:
    if isinstance(value, str) and not re.match(r"https?://[^\s/]", value):
        raise ValueError(f"{value!r} is no address of a server (http://host:port/v1)")
    return value


Language = Annotated[str, BeforeValidator(_check_language)]
Languages = Annotated[tuple[Language, ...], BeforeValidator(_split_languages), Field(min_length=1)]
Url = Annotated[str, BeforeValidator(_check_url)]
EngineName = Literal["auto", "vlm", "extractive"]
PagesAsked = Literal["all", "relevant"]
ContextTold = Literal["auto", "none"]
PixelsShown = Literal["native", "legible"]
OutputFormat = Literal["parquet", "jsonl"]
GrammarForm = Literal["auto", "json_schema", "json_object", "structured_outputs", "none"]


class Section(BaseModel):
    """Frozen, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def describe_refusal(error: Any) -> str:
    """What pydantic refused, in a user's words."""
    if error["type"] == "extra_forbidden":
        return "unknown key"
    if error["type"] in ("model_type", "model_attributes_type"):
        return f"must be a section of keys, not {error['input']!r}"
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{message} (not {error['input']!r})" if error["type"] != "value_error" else message
