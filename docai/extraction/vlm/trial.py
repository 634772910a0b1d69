"""One small request that tells what a server does with images and schemas, before any page is paid for.

Two small pictures, the grammar of the schema's largest question, and a question in words that nobody answers
in JSON: a reply that is none says that the grammar was ignored; its tokens say what an image costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import cv2
import numpy as np

from docai.errors import ConfigError
from docai.extraction.vlm.groups import Group, halve_fields, split_fields
from docai.extraction.vlm.replies import make_reply_schema
from docai.imaging.encoding import encode_png
from docai.imaging.profiles import VisionProfile, infer_budget
from docai.llm.chat import TRIAL, ChatRequest, ImagePart, Message, ModelClient, Reply
from docai.llm.client import ServerClient
from docai.llm.faults import SCHEMA_IGNORED, TEXT_ONLY
from docai.llm.forms import Dialect, SchemaForm
from docai.schema import Field

IMAGE_PX = (448, 640)
"""Width and height of the trial's images: at least 60 tokens in every family's grid, hardly a kilobyte."""
_BUDGET_SLACK = 0.12
"""Budgets are a factor of two apart, and processors round to whole cells."""
_LEAST_TOKENS = 24
"""Fewer tokens an image than that are none: the server left the images out."""
_MOST_TOKENS = 24
A4_TOKENS = 4500
"""What an A4 page at 300 DPI costs in Gemma 4's tiles: 4,328 tokens, and some for other shapes."""
_TEXT_TOKENS = 2000
_OTHER_FORMS: dict[Dialect, tuple[SchemaForm, ...]] = {
    "vllm": ("structured_outputs",),
    "llama.cpp": ("json_object",),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial has shown. `images`: how many the request held; `short_of`: the code of what kept it at
    one. `grammar` None: the reply does not tell. `logprobs`: whether the reply came with them,
    `takes_logprobs`: whether a request may ask. `fields`: leaves of the question whose grammar was taken,
    `refused`: the larger ones; `prompt_tokens` 0: not counted."""

    images: int
    grammar: bool | None
    logprobs: bool
    takes_logprobs: bool
    prompt_tokens: int
    fields: int = 0
    short_of: str | None = None
    refused: tuple[Group, ...] = ()

    def infer_budget(self, profile: VisionProfile) -> int | None:
        """Tokens an image that a Gemma 4 server gives, if the count tells."""
        sizes = [IMAGE_PX] * self.images
        return infer_budget(profile, sizes, self.prompt_tokens, count_text_tokens(TRIAL), slack=_BUDGET_SLACK)


def count_text_tokens(text: str) -> int:
    """About how many tokens a short question costs, the turn's own markers included."""
    return len(text) // 4 + 12


async def try_forms(client: ServerClient, fields: Sequence[Field], *, search: bool = True) -> Trial:
    """Try the fields' grammar in the form that the client is set to, and if that is ignored and `search` is
    set, in the others that its kind of server knows; the client keeps the one that works.

    Raises `ConfigError` (`schema-ignored`) where none does.
    """
    form = client.settings.schema_form
    trial = await try_fields(client, fields)
    if trial.grammar is not False or form == "none":
        return trial
    for other in _OTHER_FORMS.get(client.info.dialect, ()) if search else ():
        client.settings = replace(client.settings, schema_form=other)
        trial = await try_fields(client, fields)
        if trial.grammar:
            return trial
    client.settings = replace(client.settings, schema_form=form)
    message = f"{client.settings.base_url}: {SCHEMA_IGNORED.message}"
    raise ConfigError(SCHEMA_IGNORED.code, message, stage="extraction", hint=SCHEMA_IGNORED.hint)


async def try_fields(client: ModelClient, fields: Sequence[Field]) -> Trial:
    """Try the grammar of the largest question about these fields; of smaller ones where that is refused.

    Raises `ConfigError` for what no question would get past, `ServiceError` for a server that fails.
    """
    group = max(split_fields(fields), key=len)
    refused: list[Group] = []
    while True:
        try:
            trial = await try_server(client, make_reply_schema(group))
        except ConfigError as error:
            halves = halve_fields(group)
            if error.code != "schema-refused" or len(halves) < 2:
                raise
            refused.append(group)
            group = max(halves, key=len)
        else:
            return replace(trial, fields=len(group), refused=tuple(refused))


async def try_server(client: ModelClient, grammar: Mapping[str, Any], *, images: int = 2) -> Trial:
    """One request; a second one where the server takes fewer images, or no wish for logprobs.

    Raises `ConfigError` or `ServiceError` for what the server refuses.
    """
    request = ChatRequest(
        messages=(Message("user", (*[ImagePart(draw_trial_image())] * images, TRIAL)),),
        json_schema=grammar,
        schema_name="claims",
        max_tokens=_MOST_TOKENS,
        logprobs=True,
    )
    takes_logprobs = True
    try:
        reply = await client.complete(request)
    except ConfigError as error:
        if images > 1 and error.code in ("too-many-images", "context-too-small"):
            return replace(await try_server(client, grammar, images=1), short_of=error.code)
        if error.code != "bad-request":
            raise
        takes_logprobs = False
        reply = await client.complete(replace(request, logprobs=False))
    refuse_blind(client.name, reply, images)
    return Trial(
        images=images,
        grammar=judge_grammar(reply),
        logprobs=reply.logprobs is not None,
        takes_logprobs=takes_logprobs,
        prompt_tokens=reply.usage.prompt_tokens,
    )


def judge_grammar(reply: Reply) -> bool | None:
    """Whether a reply to a question in plain words was held to a schema for objects; None for no text."""
    text = reply.text.strip()
    return text.startswith("{") if text else None


def refuse_blind(model: str, reply: Reply, images: int) -> None:
    """Raises `ConfigError` (`text-only-model`) for a server that dropped the images without a word."""
    spent = reply.usage.prompt_tokens
    if spent and spent < images * _LEAST_TOKENS + len(TRIAL) // 4:
        message = f"{model}: {TEXT_ONLY.message}: {images} images and a question cost {spent} tokens"
        raise ConfigError(TEXT_ONLY.code, message, stage="extraction", hint=TEXT_ONLY.hint)


@cache
def draw_trial_image() -> bytes:
    """A dark square on white, as PNG."""
    pixels = np.full(IMAGE_PX[::-1], 255, np.uint8)
    cv2.rectangle(pixels, (128, 128), (320, 320), 0, thickness=-1)
    return encode_png(pixels)


def describe_limits(trial: Trial, fields: Sequence[Field], context_tokens: int | None) -> list[str]:
    """What works, but in smaller pieces or with less to show for it: each with what cures it."""
    notes = []
    if trial.short_of == "too-many-images":
        notes.append(
            "the server takes one image a request, so that a page's tiles are asked about one by one: serve "
            "with --limit-mm-per-prompt '{\"image\":8}'"
        )
    asked = len(max(split_fields(fields), key=len))
    if trial.fields < asked:
        notes.append(
            f"the server's grammar does not hold a question about {asked} fields: docai asks about "
            f"{trial.fields} or fewer at once, which takes more requests a page"
        )
    if context_tokens is not None and measure_image_room(context_tokens) < A4_TOKENS:
        notes.append(
            f"a context of {context_tokens:,} tokens does not hold an A4 page at 300 DPI beside question and "
            "reply: such pages are asked about in parts; serve with --max-model-len 32768"
        )
    if not trial.logprobs:
        notes.append("the server tells no log probabilities: confidences rest on the page's own proof alone")
    return notes


def measure_image_room(context_tokens: int) -> int:
    """Tokens that a context has for images, beside a question and a reply of the usual size."""
    return context_tokens - min(4096, max(256, context_tokens // 3)) - _TEXT_TOKENS
