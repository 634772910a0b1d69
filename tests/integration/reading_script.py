"""A scripted model that reads the doctor's pages of random strings: it knows each by its bytes."""

from __future__ import annotations

import hashlib
import json

from docai.extraction.vlm.doctor.string_page import choose_tile_size, draw_string_page
from docai.imaging.profiles import find_profile
from docai.llm.chat import ChatRequest, ImagePart
from docai.llm.scripted import Turn

GEMMA = "google/gemma-4-12B-it"


class ReadingScript:
    """`asked` keeps the requests. Whatever else it is asked gets an empty list."""

    def __init__(self, model: str = GEMMA, service_s: float = 0.0) -> None:
        self.asked: list[ChatRequest] = []
        self._service_s = service_s
        self._strings: dict[str, tuple[str, ...]] = {}
        profile = find_profile(model)
        budgets = (1120, 560, 280) if profile.rule == "budget" else (None,)
        for budget in budgets:
            for seed in (0, 1):
                page = draw_string_page(*choose_tile_size(find_profile(model, budget)), seed)
                self._strings[_hash(page.data)] = page.strings

    def __call__(self, request: ChatRequest, number: int) -> Turn:
        self.asked.append(request)
        images = [p for m in request.messages for p in m.parts if isinstance(p, ImagePart)]
        strings = self._strings.get(_hash(images[0].data)) if images else None
        return Turn(json.dumps({"lines": strings or []}), self._service_s)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
