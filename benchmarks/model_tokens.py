"""What pages cost in tokens: of the prompt by DPI, schema and `--pages`, and of the reply.

    python benchmarks/model_tokens.py READINGS [--share-relevant .508]

READINGS holds docai's words of the contracts as pickled `list[Page]`: scans/<stem>.pkl, digital/<stem>.pkl.
Image tokens are Gemma 4's (one a cell of 48 pixels, two markers a tile); text is reckoned at four letters a
token. Replies: the embedded engine's claims, written as a model would. Hours are an estimate, measured by
nobody here: 8 for 60,000 A4 pages at 300 DPI on one H100, others in proportion to their image tokens. Prints
markdown.
"""

from __future__ import annotations

import argparse
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import numpy as np
from model_costs import write_reply

from docai.extraction.extractive import ExtractiveEngine
from docai.extraction.vlm.context import digest_page, write_context
from docai.extraction.vlm.groups import split_fields
from docai.extraction.vlm.prompt import write_question, write_system
from docai.extraction.vlm.sheets import measure_smallest_text
from docai.imaging.profiles import find_profile
from docai.imaging.tiles import describe_place, plan_tiles, shrink_legible
from docai.schema import list_shipped, load_schema
from docai.types import Document, DocumentView, Page, PageImage

A4_INCHES = (8.27, 11.69)
PROFILE = find_profile("google/gemma-4-12B-it", 1120)
_LETTERS = 4
_HOURS_AT_300 = 8 / 6


def load_documents(readings: Path) -> Iterator[tuple[Page, ...]]:
    for path in sorted(readings.glob("*/*.pkl")):
        yield tuple(replace(page, reader=page.reader or "read") for page in pickle.loads(path.read_bytes()))


def count_image(width_px: int, height_px: int, dpi: float, smallest_text_px: float | None = None) -> int:
    """Tokens of a page of this size."""
    pixels = np.full((height_px, width_px), 255, np.uint8)
    image = PageImage(1, pixels, "native", dpi, dpi)
    if smallest_text_px is not None:
        image = shrink_legible(image, smallest_text_px)
    return plan_tiles(image, PROFILE).tokens


def count_text(text: str) -> int:
    return len(text) // _LETTERS


def count_questions(documents: list[tuple[Page, ...]], *, context: bool) -> float:
    """Text tokens a page behind the images: places, and other pages' words."""
    counts = []
    tiling = plan_tiles(PageImage(1, np.full((3508, 2480), 255, np.uint8), "native", 300, 300), PROFILE)
    places = [describe_place(tiling, spot) for spot in tiling.spots]
    for pages in documents:
        digests = {page.number: digest_page(page) for page in pages}
        for page in pages:
            told = write_context(page, digests) if context else ""
            counts.append(count_text(write_question(page.number, len(pages), places, told)))
    return fmean(counts)


def count_replies(documents: list[tuple[Page, ...]]) -> float:
    """Tokens a page of replies about contracts."""
    schema, engine, counts = load_schema("contract"), ExtractiveEngine(), []
    for pages in documents:
        document = Document("benchmark", "benchmark", "application/pdf", len(pages))
        claims = engine.extract(DocumentView(document, pages), schema)
        for page in pages:
            counts.append(count_text(write_reply([c for c in claims if c.page == page.number], schema)))
    return fmean(counts)


def print_images(text: float, relevant: float) -> None:
    system = count_text(write_system(load_schema("contract"), load_schema("contract").fields))
    images = {
        dpi: count_image(*(round(side * dpi) for side in A4_INCHES), dpi) for dpi in (200, 300, 400, 600)
    }
    print("| A4 at | image tokens | prompt tokens | … of them cached | hours for 10,000 pages | … relevant |")
    print("|---|---|---|---|---|---|")
    for dpi, image in images.items():
        hours = _HOURS_AT_300 * image / images[300]
        print(
            f"| {dpi} DPI | {image:,} | {image + text + system:,.0f} | {system:,} | {hours:.1f} "
            f"| {hours * relevant:.1f} |"
        )


def print_legible(documents: list[tuple[Page, ...]]) -> None:
    """Over the contracts' own pages: native against shrunk as far as their text stays legible."""
    print("\n| `--pixels` | image tokens a page, by DPI of the scan |\n|---|---|")
    by_dpi: dict[int, list[tuple[int, int]]] = {}
    for pages in documents:
        for page in pages:
            if page.image_kind != "native" or round(page.dpi_x) not in (150, 200, 240, 300, 400):
                continue
            size = (
                round(page.width_pt * page.dpi_x / 72),
                round(page.height_pt * page.dpi_y / 72),
                page.dpi_x,
            )
            both = count_image(*size), count_image(*size, measure_smallest_text(page))
            by_dpi.setdefault(round(page.dpi_x), []).append(both)
    for n, name in enumerate(("native", "legible")):
        means = (f"{dpi}: {fmean(b[n] for b in counts):,.0f}" for dpi, counts in sorted(by_dpi.items()))
        print(f"| {name} | {', '.join(means)} |")


def print_schemas() -> None:
    print("\n| schema | fields | questions a page | system turn, tokens (cached from the second page on) |")
    print("|---|---|---|---|")
    for name in list_shipped():
        schema = load_schema(name)
        groups = split_fields(schema.fields)
        tokens = sum(count_text(write_system(schema, group)) for group in groups)
        print(f"| {name} | {len(schema.fields)} | {len(groups)} | {tokens:,} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readings", type=Path)
    parser.add_argument("--share-relevant", type=float, default=0.508)
    options = parser.parse_args()
    documents = list(load_documents(options.readings))
    told, bare = (count_questions(documents, context=context) for context in (True, False))
    print_images(told, options.share_relevant)
    print(f"\nquestion behind the images: {told:.0f} tokens a page, {bare:.0f} with `--context none`")
    print(f"reply: {count_replies(documents):.0f} tokens a page of a contract")
    print_legible(documents)
    print_schemas()


if __name__ == "__main__":
    main()
