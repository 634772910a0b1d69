"""What the model sees: what an image costs, at which DPI, and whether small print can be read from it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from docai.errors import ConfigError
from docai.extraction.vlm.doctor.findings import Finding, Level
from docai.extraction.vlm.doctor.remedies import raise_budget
from docai.extraction.vlm.doctor.string_page import StringPage, choose_tile_size, draw_string_page
from docai.extraction.vlm.doctor.subject import READ, Subject, say
from docai.extraction.vlm.doctor.traps import WINDOW_TOKENS
from docai.imaging.layout import choose_grid
from docai.imaging.profiles import VisionProfile, count_tokens, find_profile, see_dpi
from docai.llm.chat import Reply
from docai.llm.forms import Dialect

A4_INCH = (8.27, 11.69)
_DPI = (200, 300, 400)
_LINE_INCH = 12 / 72
_BUDGETS = (1120, 560)
_SMALL_BUDGET = 560
READS_WELL = 0.9
"""Share of strings: a page that is seen is read whole but for a slip; one that is not gives hardly any."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A page of strings, as a model read it from images of at most `budget` tokens."""

    budget: int
    page: StringPage
    reply: Reply

    @property
    def score(self) -> float:
        return self.page.score(self.reply.text)

    @property
    def good(self) -> bool:
        return self.score >= READS_WELL

    @property
    def told(self) -> str:
        count = len(self.page.strings)
        return f"{round(self.score * count)} of {count} random strings in ten-point print at 200 DPI"


async def check_sight(subject: Subject) -> AsyncIterator[Finding]:
    """What an image costs, what is read of it, and which profile that leaves."""
    own = await read_strings(subject, subject.profile)
    text = await subject.ask(say(READ))
    yield judge_cost(subject, own.page, own.reply.usage.prompt_tokens - text.usage.prompt_tokens)
    level: Level = "ok" if own.good else "problem"
    remedy = "" if own.good else _advise(subject.dialect, own.budget)
    facts = {"budget": own.budget, "score": round(own.score, 3)}
    yield Finding("reading", level, f"the model reads {own.told}", remedy, facts)
    others: list[Reading] = []
    try:
        for budget in _BUDGETS if subject.profile.rule == "budget" else ():
            if budget != own.budget:
                others.append(await read_strings(subject, find_profile(subject.model, budget), budget))
    except ConfigError:
        pass  # most servers do not let a request choose
    for other in others:
        yield Finding(
            f"reading-{other.budget}",
            "ok" if other.good else "note",
            f"with {other.budget:,} tokens an image it reads {other.told}",
            facts={"budget": other.budget, "score": round(other.score, 3)},
        )
    yield _choose_profile(subject.dialect, own, others)


async def read_strings(subject: Subject, profile: VisionProfile, image_budget: int | None = None) -> Reading:
    page = draw_string_page(*choose_tile_size(profile))
    return Reading(profile.max_cells, page, await subject.read(page, image_budget))


def judge_cost(subject: Subject, page: StringPage, spent: int) -> Finding:
    """What a tile costs, against what it should: pixels go with tokens."""
    profile = subject.profile
    planned = count_tokens(profile, page.width_px, page.height_px)
    facts = {"image": [page.width_px, page.height_px], "tokens": spent, "planned": planned}
    if spent <= 0:
        message = "the server counts no tokens, so only the reading check tells how well the model sees"
        return Finding("sight", "note", message, facts=facts)
    if profile.assumed:
        side = (page.width_px * page.height_px / spent) ** 0.5
        message = (
            f"docai does not know how {subject.model} sees images: {page.width_px} x {page.height_px} px "
            f"cost {spent} tokens, one for each {side:.0f} x {side:.0f} px"
        )
        return Finding("sight", "note", message, facts=facts)
    if abs(spent - planned) > 0.06 * planned + 8:
        message = f"an image should cost {planned:,} tokens and costs {spent:,}: the model sees other pixels"
        return Finding("sight", "problem", message, raise_budget(subject.dialect, 1120), facts)
    costs = [measure_a4(profile, dpi) for dpi in _DPI]
    facts["a4"] = {str(dpi): {"images": n, "tokens": t} for dpi, (n, t) in zip(_DPI, costs, strict=True)}
    shown = ", ".join(f"{dpi} DPI {n} images, {t:,} tokens" for dpi, (n, t) in zip(_DPI, costs, strict=True))
    message = f"an image costs {spent:,} tokens; in docai's tiles A4 scans keep their own DPI: {shown}"
    if profile.rule != "budget" or profile.max_cells >= _SMALL_BUDGET:
        return Finding("sight", "ok", message, facts=facts)
    whole = see_dpi(profile, round(A4_INCH[0] * 300), round(A4_INCH[1] * 300), 300)
    message += f" (sent whole, a page would be seen at {whole:.0f} DPI)"
    return Finding("sight", "problem", message, raise_budget(subject.dialect, 1120), facts)


def measure_a4(profile: VisionProfile, dpi: int) -> tuple[int, int]:
    """Images and tokens of an A4 scan."""
    width, height = (round(side * dpi) for side in A4_INCH)
    grid = choose_grid(profile, width, height, round(_LINE_INCH * dpi))
    count = grid.rows * grid.columns
    return count, count * count_tokens(profile, grid.width_px, grid.height_px)


def _choose_profile(dialect: Dialect, own: Reading, others: list[Reading]) -> Finding:
    better = max((o for o in others if o.good), key=lambda o: o.budget, default=None)
    if own.good:
        message = f"profile: tiles of {own.budget:,} tokens, as the server shows them"
        return Finding("profile", "ok", message, facts={"budget": own.budget})
    if better is not None:
        message = f"profile: tiles of {better.budget:,} tokens can be read, of {own.budget:,} they cannot"
        remedy = raise_budget(dialect, better.budget)
        return Finding("profile", "problem", message, remedy, {"budget": better.budget})
    message = (
        f"profile: tiles of {own.budget:,} tokens, and what the model reads of them is not to be trusted"
    )
    return Finding("profile", "note", message, facts={"budget": own.budget})


def _advise(dialect: Dialect, budget: int) -> str:
    if dialect == "vllm" and budget > WINDOW_TOKENS:
        return (
            "vLLM may drop the attention within images of more than 1,024 tokens (vllm#47217, vllm#50539): "
            "start it with VLLM_USE_V2_MODEL_RUNNER=0, upgrade it, or "
            f"{raise_budget(dialect, _SMALL_BUDGET).removeprefix('serve ')}"
        )
    if budget < _SMALL_BUDGET:
        return raise_budget(dialect, 1120)
    return "take the instruction-tuned model, and a checkpoint whose vision weights are not quantised"
