"""What a model really sees of a page: the tokens that its server counts, against those that were planned."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from docai.extraction.vlm.sheets import PageSheet, SheetPart
from docai.imaging.profiles import GEMMA4_BUDGETS, VisionProfile, check_sight, find_profile

_LETTERS_A_TOKEN = 4


class Eye:
    """The profile by which pages are cut. It learns from replies: a server that shows fewer tokens an image
    gets smaller tiles, so that pixels stay the page's own. `tell` gets one warning for each thing learned.
    """

    def __init__(self, model: str, tell: Callable[[str], None] = lambda message: None) -> None:
        self.profile = find_profile(model)
        self._model = model
        self._tell = tell
        self._told: set[str] = set()
        self._outgrown: set[str] = set()

    def knows(self, profile: VisionProfile) -> bool:
        """Whether the server shows tiles of a profile as they are, as far as anybody knows."""
        return profile.name not in self._outgrown

    def learn_budget(self, budget: int) -> None:
        """Begin with the tiles that a server shows, where that is known before the first page."""
        if self.profile.rule == "budget" and budget < self.profile.max_cells:
            self._outgrow(self.profile, budget)

    def look(
        self, sheet: PageSheet, share: Sequence[SheetPart], prompt_tokens: int, letters: int
    ) -> float | None:
        """The DPI at which a request's images were seen; None where the server counts nothing."""
        if prompt_tokens <= 0:
            return None
        planned = sum(part.tokens for part in share)
        text = letters // _LETTERS_A_TOKEN
        sight = check_sight(planned, prompt_tokens, text, sheet.dpi)
        if sight.as_planned or sight.dpi >= sheet.dpi:
            return sight.dpi  # more tokens than planned are the text's, in a script of many tokens
        each = max(1.0, (prompt_tokens - text) / len(share))
        self._learn(sheet, each, sight.dpi)
        return sight.dpi

    def _learn(self, sheet: PageSheet, tokens_each: float, dpi: float) -> None:
        if sheet.profile.rule == "budget":
            budget = min(GEMMA4_BUDGETS, key=lambda b: abs(b - tokens_each))
            near = abs(budget - tokens_each) <= 0.15 * budget + 8
            if near and budget < sheet.profile.max_cells:
                self._outgrow(sheet.profile, budget)
                return
        planned = sheet.tokens // len(sheet.parts)
        self._warn(
            f"an image should cost {planned} tokens and costs about {tokens_each:.0f}: the model seems to "
            f"see pages at {dpi:g} DPI, not {sheet.dpi:g}; records say so"
        )

    def _outgrow(self, profile: VisionProfile, budget: int) -> None:
        self._outgrown.add(profile.name)
        if self.profile.max_cells > budget:
            self.profile = find_profile(self._model, budget)
        most = profile.max_cells
        self._warn(
            f"the server shows {budget} tokens an image, not {most}: pages are cut into more and "
            f"smaller tiles; --mm-processor-kwargs '{{\"max_soft_tokens\":{most}}}' gives fewer"
        )

    def _warn(self, message: str) -> None:
        kind = message.split(":")[0]
        if kind not in self._told:
            self._told.add(kind)
            self._tell(message)
