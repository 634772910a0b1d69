"""First pages found in concatenated documents: precision and recall of `--split`.

    python benchmarks/split.py FOLDER... [--batches 40] [--seed 1]

Each folder holds read documents as pickled lists of pages (one file a document). Batches of 2 to 12
documents are drawn from one folder (a scanner's batch of a kind) and from all of them together; the first
page of a batch does not count.
"""

from __future__ import annotations

import argparse
import pickle
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from docai.pages.split import find_segments
from docai.types import Page


def score_batch(documents: Sequence[Sequence[Page]]) -> Counter[str]:
    """Right, spurious and missed first pages, and documents cut in two."""
    starts, pages = set(), list[Page]()
    for document in documents:
        starts.add(len(pages) + 1)
        pages.extend(document)
    found = {first for first, _ in find_segments(pages)} - {1}
    starts.discard(1)
    return Counter(
        right=len(found & starts), spurious=len(found - starts), missed=len(starts - found), pages=len(pages)
    )


def describe(name: str, total: Counter[str]) -> str:
    precision = total["right"] / max(1, total["right"] + total["spurious"])
    recall = total["right"] / max(1, total["right"] + total["missed"])
    return f"{name:18} precision {precision:.3f} recall {recall:.3f}  " + ", ".join(
        f"{k} {v}" for k, v in total.items()
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--batches", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    kinds: dict[str, list[list[Page]]] = {}
    for folder in arguments.folders:
        name = "/".join(folder.parts[-2:])
        kinds[name] = [pickle.loads(path.read_bytes()) for path in sorted(folder.glob("*.pkl"))]
        alone: Counter[str] = Counter()
        for document in kinds[name]:
            alone.update(documents=1, cut=len(find_segments(document)) > 1)
        total: Counter[str] = Counter()
        for _ in range(arguments.batches):
            total.update(
                score_batch(chance.sample(kinds[name], min(len(kinds[name]), chance.randint(2, 12))))
            )
        print(describe(name, total) + f"; single documents cut: {alone['cut']} of {alone['documents']}")
    total = Counter()
    for _ in range(arguments.batches):
        picked = [chance.choice(chance.choice(list(kinds.values()))) for _ in range(chance.randint(2, 12))]
        total.update(score_batch(picked))
    print(describe("all together", total))


if __name__ == "__main__":
    main()
