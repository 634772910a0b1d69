"""One question to the model: in smaller pieces where the server takes no larger, once more where a reply is
of no use, and never for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from docai.answering.composing.reply import Said, read_said
from docai.answering.composing.request import MOST_IMAGES, choose_pictures, make_request
from docai.errors import ConfigError, ServiceError

if TYPE_CHECKING:
    from docai.answering.composing.material import Material
    from docai.answering.composing.pictures import Picture
    from docai.llm.chat import ChatRequest, ModelClient

_TEMPERATURES = (0.0, 0.3)
_SMALLER = frozenset(("too-many-images", "context-too-small", "request-too-large"))
_BLIND = frozenset(("text-only-model",))


@dataclass(slots=True)
class Talk:
    """What came of asking. `said` None: no reply can be used, and `trouble` says why. `pictures`: that the
    model was shown."""

    said: Said | None = None
    trouble: str = ""
    tokens: int = 0
    model: str = ""
    pictures: tuple[Picture, ...] = ()
    notes: list[str] = field(default_factory=list)


async def talk_over(
    client: ModelClient, material: Material, pictures: Sequence[Picture], context_tokens: int | None
) -> Talk:
    """Ask, with as many pictures as the server takes. Raises `ServiceError` where it is gone or fails, and
    `ConfigError` for what it refuses whatever the size."""
    talk = Talk(model=client.name)
    most = MOST_IMAGES
    while True:
        talk.pictures = choose_pictures(material, pictures, context_tokens, most)
        request = make_request(material, talk.pictures, context_tokens)
        try:
            await _ask(client, request, talk)
        except (ConfigError, ServiceError) as error:
            shown = len(talk.pictures)
            if not shown or error.code not in _SMALLER | _BLIND:
                raise
            most = 0 if error.code in _BLIND else shown // 2
            talk.notes.append(f"the model saw {most} of {shown} images: {error.message}")
            continue
        return talk


async def _ask(client: ModelClient, request: ChatRequest, talk: Talk) -> None:
    """At a higher temperature where the first reply is of no use; of two the one that says more."""
    for temperature in _TEMPERATURES:
        reply = await client.complete(replace(request, temperature=temperature))
        talk.tokens += reply.usage.prompt_tokens + reply.usage.completion_tokens
        said = read_said(reply.text, reply.finish_reason)
        if said.usable and (talk.said is None or len(said.sentences) > len(talk.said.sentences)):
            talk.said = said
        if said.usable and said.ending == "complete":
            return
        talk.trouble = f"the model's reply cannot be used as it is ({said.ending})"
