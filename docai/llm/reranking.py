"""How well texts answer a question, from a server's `/v1/rerank` (as vLLM, Cohere and Jina have it)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from docai.errors import ServiceError
from docai.llm.waiting import WaitingClient


class RerankClient(WaitingClient):
    """Satisfies `Reranker` of the index."""

    def rerank(self, question: str, texts: Sequence[str]) -> list[float]:
        """One score for each text, in the order of the texts; higher ones answer better."""
        if not texts:
            return []
        body = {"query": question, "documents": list(texts), "top_n": len(texts)}
        return _read_scores(self._post("/rerank", body), len(texts), self.base_url)


def _read_scores(body: Any, count: int, base_url: str) -> list[float]:
    try:
        scores = {int(entry["index"]): float(entry["relevance_score"]) for entry in body["results"]}
        if sorted(scores) == list(range(count)) and all(map(math.isfinite, scores.values())):
            return [scores[place] for place in range(count)]
        told = f"scores of {len(scores)} texts for {count}"
    except (KeyError, TypeError, ValueError) as error:
        told = f"{type(error).__name__}: {error}"
    raise ServiceError(
        "bad-reply",
        f"{base_url}: the reply holds no scores as asked for ({told[:200]})",
        stage="index",
        hint="the server must speak /v1/rerank, with results of index and relevance_score",
    )
