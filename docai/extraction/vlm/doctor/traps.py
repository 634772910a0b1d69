"""Known traps of a server's version: what goes wrong, since and until when, and the way around.

All from the projects' own threads, read and not run; what a server really does with a page, the reading check
tells. A newer version may have traps that nobody has found yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from docai.extraction.vlm.doctor.findings import Finding, Level
from docai.imaging.profiles import VisionProfile
from docai.llm.forms import Dialect
from docai.llm.server import parse_version

Version = tuple[int, int, int]
WINDOW_TOKENS = 1024
"""Gemma 4's sliding window: an image of more tokens reaches beyond it."""


@dataclass(frozen=True, slots=True)
class Trap:
    """Versions from `since` up to, not including, `until`. `model`: what its name must hold; `large_images`:
    only where an image has more tokens than the sliding window."""

    name: str
    since: Version
    until: Version
    level: Level
    message: str
    remedy: str
    model: str = r"gemma[-_:]?4"
    large_images: bool = False


VLLM_TRAPS = (
    Trap(
        "class-missing",
        (0, 0, 0),
        (0, 23, 0),
        "problem",
        "before 0.23 vLLM has no class for Gemma 4 12B (Gemma4UnifiedForConditionalGeneration)",
        "upgrade to vLLM 0.25.2 or later",
        model=r"gemma[-_:]?4.{0,3}12b",
    ),
    Trap(
        "image-attention",
        (0, 0, 0),
        (0, 25, 0),
        "problem",
        "up to 0.24 vLLM drops the attention within images of more than 1,024 tokens, without a word: the "
        "12B then reads fragments (vllm#47217)",
        "upgrade to vLLM 0.25.2 or later, or serve with --mm-processor-kwargs '{\"max_soft_tokens\":560}'",
        large_images=True,
    ),
    Trap(
        "drafter-crash",
        (0, 25, 0),
        (0, 25, 2),
        "note",
        "0.25.0 and 0.25.1 end at the start with Gemma 4's drafter on the V1 model runner (vllm#48848); the "
        "V2 runner takes it, but drops the attention within images of more than 1,024 tokens (vllm#50539)",
        "upgrade to 0.25.2 or later, or leave --speculative-config out",
    ),
    Trap(
        "runner-v2",
        (0, 25, 0),
        (1, 0, 0),
        "note",
        "on the V2 model runner (the default by 0.32) images of more than 1,024 tokens lose the attention "
        "within them (vllm#50539, not merged when this was written); the reading check tells whether this "
        "server does",
        "if it reads badly: VLLM_USE_V2_MODEL_RUNNER=0, or max_soft_tokens 560",
        large_images=True,
    ),
    Trap(
        "request-kwargs",
        (0, 0, 0),
        (0, 31, 0),
        "note",
        "before 0.31 a request may set the image processor's options, which with --trust-remote-code lets it "
        "run code on the server (GHSA-h3rc-6mm3-gc2m)",
        "upgrade to 0.31 or later, or let only those reach the server whom you trust",
        model="",
    ),
)


def find_traps(
    dialect: Dialect, version: str | None, model: str, profile: VisionProfile
) -> Iterator[Finding]:
    """Findings for a server of this version with this model, which shows this profile's budget."""
    parsed = parse_version(version) if version and dialect == "vllm" else None
    if parsed is None:
        return
    for trap in VLLM_TRAPS:
        concerned = re.search(trap.model, model, re.IGNORECASE)
        large = profile.max_cells > WINDOW_TOKENS or not trap.large_images
        if trap.since <= parsed < trap.until and concerned and large:
            yield Finding(f"trap-{trap.name}", trap.level, trap.message, trap.remedy, {"version": version})
