"""What is sent to the model: the best pages as images, the passages as text, and the grammar of the reply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from docai.answering.composing.prompt import SYSTEM, write_question
from docai.answering.composing.reply import REPLY_SCHEMA
from docai.llm.chat import ChatRequest, ImagePart, Message

if TYPE_CHECKING:
    from docai.answering.composing.material import Material
    from docai.answering.composing.pictures import Picture

MOST_TOKENS = 1536
MOST_IMAGES = 8
"""vLLM is mostly served with so many images a request (`--limit-mm-per-prompt`); docai asks for no more."""
_LETTERS_A_TOKEN = 3


def make_request(material: Material, pictures: Sequence[Picture], context_tokens: int | None) -> ChatRequest:
    """The question with these pictures. `context_tokens`: of the model; None knows no limit."""
    shown = [f"image {number} is {p.shows}" for number, p in enumerate(pictures, start=1)]
    return ChatRequest(
        messages=(
            Message("system", (SYSTEM,)),
            Message("user", (*(ImagePart(p.data) for p in pictures), write_question(material, shown))),
        ),
        json_schema=REPLY_SCHEMA,
        schema_name="answer",
        max_tokens=reply_room(context_tokens),
    )


def reply_room(context_tokens: int | None) -> int:
    return MOST_TOKENS if context_tokens is None else min(MOST_TOKENS, max(256, context_tokens // 4))


def choose_pictures(
    material: Material, pictures: Sequence[Picture], context_tokens: int | None, most_images: int
) -> tuple[Picture, ...]:
    """As many of the pictures, which come best page first, as context and server take."""
    if context_tokens is None:
        return tuple(pictures[:most_images])
    text = SYSTEM + write_question(material)
    left = context_tokens - reply_room(context_tokens) - len(text) // _LETTERS_A_TOKEN - 64
    chosen: list[Picture] = []
    for picture in pictures:
        if len(chosen) < most_images and picture.tokens <= left:
            chosen.append(picture)
            left -= picture.tokens
    return tuple(chosen)
