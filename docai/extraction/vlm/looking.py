"""A second look: the model reads crops of a page, each alone and without knowing what is claimed."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from docai.errors import ConfigError, ServiceError
from docai.extraction.vlm.crops import Crop
from docai.extraction.vlm.looks import LookQuestion
from docai.extraction.vlm.prompt import CROP_SCHEMA, hash_words, write_crop_question
from docai.llm.chat import ChatRequest, ImagePart, Message, ModelClient, Reply
from docai.llm.faults import PAGE_FAULTS
from docai.types import CropReading, PageAnswer

_MOST_TOKENS = 512

MakeCrops = Callable[[], Awaitable[Sequence[Crop]]]


@dataclass(slots=True)
class _Reader:
    """The model, and what it has read: a crop that two fields dispute is read once."""

    client: ModelClient
    texts: dict[bytes, str] = field(default_factory=dict)
    prompt_tokens: int = 0
    reply_tokens: int = 0

    async def read(self, image: bytes) -> str:
        if image not in self.texts:
            self.texts[image] = await self._ask(image)
        return self.texts[image]

    async def _ask(self, image: bytes) -> str:
        request = ChatRequest(
            messages=(Message("user", (ImagePart(image), write_crop_question())),),
            json_schema=CROP_SCHEMA,
            schema_name="text",
            max_tokens=_MOST_TOKENS,
        )
        try:
            reply = await self.client.complete(request)
        except (ConfigError, ServiceError) as error:
            if error.code not in PAGE_FAULTS:
                raise
            return ""
        self.prompt_tokens += reply.usage.prompt_tokens
        self.reply_tokens += reply.usage.completion_tokens
        return read_text(reply)


async def look_again(client: ModelClient, question: LookQuestion, make_crops: MakeCrops) -> PageAnswer:
    """Readings of a page's disputed places: by the model, by docai's OCR at a larger scale, and where no
    words show what is claimed by the model again, from another crop. What cannot be read has no reading.

    Raises `DocaiError` where the server is gone, and `DocumentError` where the page has no image.
    """
    crops = await make_crops()
    reader = _Reader(client)
    readings: list[CropReading] = []
    number = question.page.number
    for look, crop in zip(question.looks, crops, strict=True):
        texts: list[tuple[str, str]] = [("ocr", crop.text), ("model", await reader.read(crop.tight))]
        if not look.shown:
            texts.append(("model again", await reader.read(crop.wide)))
        readings += [
            CropReading(look.path, number, look.box, text, by)  # type: ignore[arg-type]
            for by, text in texts
            if text
        ]
    return PageAnswer(
        page=number,
        model=client.name,
        prompt=hash_words(),
        prompt_tokens=reader.prompt_tokens,
        reply_tokens=reader.reply_tokens,
        purpose="look",
        readings=tuple(readings),
    )


def read_text(reply: Reply) -> str:
    """The text of a whole reply; nothing of one that is cut off or is none."""
    if reply.finish_reason != "stop":
        return ""
    try:
        said = json.loads(reply.text, strict=False)
    except ValueError:
        return ""
    text = said.get("text") if isinstance(said, dict) else None
    return " ".join(text.split()) if isinstance(text, str) else ""
