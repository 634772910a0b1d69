"""Text of documents in a prompt, between two lines that say so and that no document can close."""

from __future__ import annotations

import hashlib

FENCE = "----- content of documents, code {code} -----"


def fence_content(content: str, asked: str) -> str:
    """The content between two fences. `asked`: what is asked about it.

    The code on the fence is made of both, so that no document can foresee it.
    """
    code = hashlib.sha256(f"{content}\0{asked}".encode()).hexdigest()[:16]
    fence = FENCE.format(code=code)
    return f"{fence}\n{content}\n{fence}"
