"""Documents with what they truly say: values with the passage that says them, over docai's own words."""

from __future__ import annotations

import csv
import json
import pickle
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from docai.extraction.vlm.claims import find_cell
from docai.grounding.support import find_support
from docai.schema import Field, load_schema
from docai.schema.model import Schema
from docai.types import Page, Word
from docai.values.compare import find, fold
from docai.values.dates import add_term, parse_date
from docai.values.durations import parse_duration

DATA = Path(__file__).resolve().parents[1] / "../shared/data"


@dataclass(frozen=True)
class Truth:
    """What a document says of a field: the value and a passage that says it, on a page.

    `path` of the claim, with list numbers. `term`, `start`: for a date that is not printed, the period's
    words and those that say from when. `row`: the line of a table row.
    """

    field: Field
    value: Any
    quote: str
    page: int
    path: str = ""
    term: str = ""
    start: str = ""
    row: str = ""


@dataclass(frozen=True)
class Case:
    """`lines`: passages of the document from which wrong claims take their quotes; `silent`: flags that no
    page states."""

    name: str
    set: str
    schema: Schema
    pages: tuple[Page, ...]
    truths: tuple[Truth, ...]
    lines: tuple[str, ...]
    silent: tuple[Field, ...] = ()
    group: str = ""

    @property
    def quality(self) -> float:
        """Mean confidence of the words, 1 for a text layer."""
        values = [1.0 if w.confidence is None else w.confidence for p in self.pages for w in p.words]
        return sum(values) / max(1, len(values))


def load_pages(path: Path) -> tuple[Page, ...]:
    pages: list[Page] = pickle.loads(path.read_bytes())
    return tuple(replace(page, reader=page.reader or "read") for page in pages)


def read_labels(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name / "labels.jsonl").read_text("utf-8").splitlines()]


def load_receipts(readings: Path) -> Iterator[Case]:
    schema = load_schema("receipt")
    for label in read_labels("receipts"):
        stem = Path(label["file"]).stem
        with (DATA / f"receipts/lines/{stem}.csv").open(
            encoding="utf-8", errors="replace", newline=""
        ) as rows:
            lines = tuple(",".join(row[8:]) for row in csv.reader(rows) if len(row) > 8)
        truths = []
        for leaf in schema.fields:
            value = label["fields"].get(leaf.path[1:])
            if value is None:
                continue
            if leaf.kind == "date":
                value = parse_date(value, day_first=True) or value
            if leaf.kind == "money":
                value = next((f.value for f in find("money", value)), None)
            quote = find_quote(leaf, value, lines)
            if quote:
                truths.append(Truth(leaf, value, quote, 1, leaf.path))
        pages = load_pages(readings / f"receipts/{stem}.pkl")
        vendor = fold(str(label["fields"].get("company") or stem))[:8]
        yield Case(stem, "receipts", schema, pages, tuple(truths), lines, group=f"receipts:{vendor}")


def find_quote(leaf: Field, value: Any, lines: Sequence[str]) -> str:
    """The fewest true lines in a row that say the value; a line with letters before one without."""
    for count in range(1, 6):
        found = [" ".join(lines[i : i + count]) for i in range(len(lines) - count + 1)]
        if leaf.kind in ("date", "money"):
            hits = [text for text in found if find_support(value, None, text, leaf, day_first=True)]
            hits.sort(key=lambda text: not any(c.isalpha() for c in text))
        else:
            hits = [text for text in found if fold(str(value)) in fold(text)]
        if hits:
            return hits[0]
    return ""


def load_contracts(readings: Path) -> Iterator[Case]:
    schema = load_schema("contract")
    for label in read_labels("contracts"):
        if not label["file"].startswith("scans/"):
            continue
        pages = load_pages(readings / "contracts" / Path(label["file"]).with_suffix(".pkl"))
        evidence = dict(label["evidence"])
        values = dict(label["fields"])
        for name, clause in label["clauses"].items():
            key = name.lower().replace("-", "_").replace(" ", "_")
            evidence[key] = clause["evidence"]
            values[key] = True if clause["present"] else None
        truths = [t for leaf in schema.fields for t in find_truths(leaf, values, evidence)]
        truths += find_computed(schema, label)
        lines = tuple(p["text"] for passages in evidence.values() for p in passages)
        silent = tuple(
            f for f in schema.fields if f.kind == "boolean" and f.group is None and not values.get(f.name)
        )
        stem = Path(label["file"]).stem
        yield Case(
            stem, "contracts", schema, pages, tuple(truths), lines, silent, group=f"contracts:{stem[:12]}"
        )


def find_truths(leaf: Field, values: dict[str, Any], evidence: dict[str, Any]) -> Iterator[Truth]:
    name = next((n for n in values if leaf.path in (f"/{n}", f"/{n}/*", f"/clauses/{n}")), None)
    if name is None or values[name] is None:
        return
    listed = values[name] if isinstance(values[name], list) else [values[name]]
    for number, value in enumerate(listed):
        for passage in evidence.get(name, ()):
            printed = leaf.kind == "boolean" or find_support(value, None, passage["text"], leaf)
            if passage["pages"] and printed:
                path = leaf.path.replace("*", str(number))
                yield Truth(leaf, value, passage["text"], passage["pages"][0], path)
                break


def find_computed(schema: Schema, label: dict[str, Any]) -> Iterator[Truth]:
    """An expiration date that follows from a passage's period and a date that the labels name."""
    end = label["fields"]["expiration_date"]
    if label.get("expiration_is") != "computed" or end is None:
        return
    leaf = next(f for f in schema.fields if f.path == "/expiration_date")
    for passage in label["evidence"]["expiration_date"]:
        for found in find("duration", passage["text"]):
            for name in ("effective_date", "agreement_date"):
                start, duration = label["fields"][name], parse_duration(str(found.value))
                if not start or duration is None or not passage["pages"]:
                    continue
                if end in (add_term(start, duration), add_term(start, duration, inclusive=True)):
                    said = re.search(r"the\s+\w+\s+Date|date\s+\w+|Effective Date", passage["text"])
                    words = said.group() if said else name.replace("_", " ")
                    yield Truth(leaf, end, passage["text"], passage["pages"][0], leaf.path, found.text, words)
                    return


def load_invoices(readings: Path) -> Iterator[Case]:
    """Digital invoices: their text layer gives the true lines, the XML's figures the truth."""
    schema = load_schema("invoice")
    for label in read_labels("e-invoices"):
        stem = Path(label["file"]).stem
        path = readings / f"e-invoices/{stem}.pkl"
        if not path.exists():
            continue
        pages = load_pages(path)
        lines = [(page.number, line) for page in pages for line in list_lines(page)]
        truths = []
        for leaf in schema.fields:
            value = label["fields"].get(leaf.path[1:])
            if leaf.group is None and value is not None:
                value = _typed(leaf, value)
                for number, line in lines:
                    if find_support(value, None, line, leaf).agreement in ("equal", "contained"):
                        truths.append(Truth(leaf, value, line, number, leaf.path))
                        break
        truths += _find_rows(schema, label["fields"].get("line_items") or [], lines)
        seller = fold(str(label["fields"].get("seller_name") or stem))[:8]
        texts = tuple(line for _, line in lines)
        yield Case(stem, "e-invoices", schema, pages, tuple(truths), texts, group=f"e-invoices:{seller}")


def _find_rows(
    schema: Schema, rows: Sequence[dict[str, Any]], lines: Sequence[tuple[int, str]]
) -> Iterator[Truth]:
    cells = [f for f in schema.fields if f.group == "/line_items"]
    free = list(lines)
    for number, row in enumerate(rows):
        said = [(f, _typed(f, row[f.name])) for f in cells if row.get(f.name) is not None]
        at = next((at for at in free if all(find_support(v, None, at[1], f) for f, v in said)), None)
        if at is None or not said:
            continue
        free.remove(at)
        for leaf, value in said:
            path = leaf.path.replace("*", str(number))
            yield Truth(leaf, value, find_cell(leaf, value, at[1]), at[0], path, row=at[1])


def _typed(leaf: Field, value: str) -> Any:
    return Decimal(value) if leaf.json_type == "number" else value


def list_lines(page: Page) -> Iterator[str]:
    """Words side by side, as a reader sees lines: text layers keep a table's cells apart."""
    line: list[Word] = []
    for word in sorted(page.words, key=lambda w: w.box.y0 + w.box.y1):
        if line and (word.box.y0 + word.box.y1) / 2 > (line[0].box.y0 + 3 * line[0].box.y1) / 4:
            yield " ".join(w.text for w in sorted(line, key=lambda w: w.box.x0))
            line = []
        line.append(word)
    if line:
        yield " ".join(w.text for w in sorted(line, key=lambda w: w.box.x0))
