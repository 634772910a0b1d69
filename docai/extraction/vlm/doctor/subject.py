"""The server under examination, and what is known of it so far."""

from __future__ import annotations

from dataclasses import dataclass

from docai.extraction.vlm.doctor.string_page import StringPage
from docai.imaging.profiles import VisionProfile
from docai.llm.chat import ChatRequest, ImagePart, Message, Reply
from docai.llm.client import OpenAIClient
from docai.llm.forms import Dialect
from docai.llm.grammar import strict_object

READ = "Write down every group of letters and digits that you see, line by line, exactly as printed."
LINES = strict_object({"lines": {"type": "array", "items": {"type": "string"}}})
_READING_TOKENS = 600


@dataclass(slots=True)
class Subject:
    """`profile`: how its images are cut, changed when the server turns out to show fewer tokens. `grammar`:
    whether replies may be asked for with a schema. `asked`: requests so far."""

    client: OpenAIClient
    profile: VisionProfile
    version: str | None = None
    context_tokens: int | None = None
    grammar: bool = True
    asked: int = 0

    @property
    def model(self) -> str:
        return self.client.name

    @property
    def dialect(self) -> Dialect:
        return self.client.info.dialect

    async def ask(self, request: ChatRequest) -> Reply:
        self.asked += 1
        return await self.client.complete(request)

    async def read(self, page: StringPage, image_budget: int | None = None) -> Reply:
        """The model's reading of a page of strings."""
        return await self.ask(
            ChatRequest(
                (Message("user", (ImagePart(page.data), READ)),),
                json_schema=LINES if self.grammar else None,
                schema_name="lines",
                max_tokens=_READING_TOKENS,
                image_budget=image_budget,
            )
        )


def say(text: str, *images: bytes, tokens: int = 1) -> ChatRequest:
    """A question without a schema; `tokens` of the reply at most."""
    return ChatRequest((Message("user", (*map(ImagePart, images), text)),), max_tokens=tokens)
