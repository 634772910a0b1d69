"""How many annotated quotes are located on real pages, how many spoilt quotes are refused, and at what cost.

    python benchmarks/grounding.py --readings DIR --data DIR [--set scans|digital]

`--readings` holds pickled `list[Page]` by `contracts/<set>/<stem>.pkl`; `--data` is the development data.
Spoilt quotes differ from the page by one digit, month, negation or company suffix: each located one is
an error.
"""

from __future__ import annotations

import argparse
import json
import pickle
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from docai.grounding.location import find_in_document
from docai.grounding.text_index import PageIndexes
from docai.types import Page
from docai.values.calendar_words import MONTH_NUMBERS


def load_quotes(data: Path, name: str) -> Iterator[tuple[str, str, int]]:
    """Stem, quote, page of every annotation that lies on one page in one piece."""
    for line in (data / "contracts" / "labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        if not label["file"].startswith(name):
            continue
        clauses = [e for c in label["clauses"].values() for e in c["evidence"]]
        for item in [e for quotes in label["evidence"].values() for e in quotes] + clauses:
            if item["pages"] and "<omitted>" not in item["text"]:
                yield Path(label["file"]).stem, item["text"], item["pages"][0]


def spoil(quote: str) -> Iterator[tuple[str, str]]:
    """What is changed, and the quote with that one change."""
    digit = re.search(r"\d", quote)
    if digit:
        other = str((int(digit.group()) + 3) % 10)
        yield "digit", quote[: digit.start()] + other + quote[digit.end() :]
    for match in re.finditer(r"[A-Z][a-z]{3,8}", quote):
        if match.group().casefold() in MONTH_NUMBERS:
            other = "June" if match.group() != "June" else "July"
            yield "month", quote[: match.start()] + other + quote[match.end() :]
            break
    if re.search(r"\bnot\b", quote):
        yield "negation", re.sub(r"\bnot\b ?", "", quote, count=1)
    elif len(quote) > 40 and " shall " in quote:
        yield "negation", quote.replace(" shall ", " shall not ", 1)
    if re.search(r"\bInc\b", quote):
        yield "suffix", re.sub(r"\bInc\b", "LLC", quote, count=1)


def run(readings: Path, data: Path, name: str) -> dict[str, object]:
    pages: dict[str, PageIndexes] = {}
    found: Counter[str] = Counter()
    spoilt: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    seconds = 0.0
    touched: set[tuple[str, int]] = set()
    misses: list[tuple[str, int, str]] = []
    for stem, quote, page in load_quotes(data, name):
        if stem not in pages:
            path = readings / "contracts" / name / f"{stem}.pkl"
            if not path.exists():
                continue
            read: list[Page] = pickle.loads(path.read_bytes())
            pages[stem] = PageIndexes(read)
        started = time.process_time()
        places = find_in_document(quote, page, pages[stem])
        seconds += time.process_time() - started
        touched.add((stem, page))
        found[places[0].match if places else "none"] += 1
        if not places:
            misses.append((stem, page, quote))
        for what, changed in spoil(quote):
            spoilt[what] += 1
            hits = find_in_document(changed, page, pages[stem])
            # The changed text may stand elsewhere word for word; only an approximate match is an error.
            accepted[what] += bool(hits) and hits[0].match == "fuzzy"
    total = sum(found.values())
    return {
        "quotes": total,
        "located": round(1 - found["none"] / max(1, total), 4),
        "by_match": dict(found),
        "spoilt": dict(spoilt),
        "accepted": dict(accepted),
        "ms_per_page": round(1000 * seconds / max(1, len(touched)), 2),
        "ms_per_quote": round(1000 * seconds / max(1, total), 2),
        "misses": misses,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--readings", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--set", choices=("scans", "digital"), default="scans")
    parser.add_argument("--misses", action="store_true", help="print the quotes that were not located")
    arguments = parser.parse_args()
    result = run(arguments.readings, arguments.data, arguments.set)
    misses = result.pop("misses")
    print(json.dumps(result, indent=2))
    if arguments.misses:
        print(json.dumps(misses, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
