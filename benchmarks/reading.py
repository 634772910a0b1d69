"""Words on scans and lines on receipts against the truth, with the CPU time of the engines alone beside.

    python benchmarks/reading.py ../shared/data [--every N] [--no-baselines]

Prints a markdown table. Definitions:
- Words: per page, the words of `scan-words` and those read, as multisets; recall and precision are the
  common part over either, summed over pages. "as printed" folds only what one glyph stands for (curly and
  straight quotes, dash lengths, the star operator); "letters and digits" drops case and signs as well.
- Lines: each word read goes to the annotated line that its box overlaps most; a line is exact when its words
  from left to right equal its text by letters and digits, case folded.
- CPU: process time of the reading alone (rendering excluded), every engine with one thread, page by page in
  turn on the same pixels. Tesseract gets the pages already righted, docai as they lie.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pymupdf
from numpy.typing import NDArray

from docai.imaging.geometry import pixel_box
from docai.imaging.orientation import to_gray, turn_pixels
from docai.reading.ppocr import find_weights
from docai.reading.router import PageReader
from docai.reading.tesseract import Tesseract
from docai.types import Page, PageImage

Pixels = NDArray[np.uint8]
RECEIPT_DPI = 200.0  # the photographs carry none
GLYPHS = str.maketrans("’‘“”–—∗‐", "''\"\"--*-")


@dataclass
class Tally:
    pages: int = 0
    seconds: float = 0.0
    hits: Counter[str] = field(default_factory=Counter)
    truth: Counter[str] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)

    def add_words(self, truth: list[str], read: list[str]) -> None:
        for name, fold in (("as printed", fold_glyphs), ("letters and digits", fold_letters)):
            a, b = (Counter(w for w in map(fold, words) if w) for words in (truth, read))
            self.hits[name] += sum((a & b).values())
            self.truth[name] += sum(a.values())
            self.read[name] += sum(b.values())


def fold_glyphs(word: str) -> str:
    return word.translate(GLYPHS)


def fold_letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def scan_pages(data: Path, every: int) -> Iterator[tuple[dict[str, Any], Pixels, Page]]:
    """Truth of a page, its pixels as it lies, and the page."""
    count = 0
    for path in sorted((data / "contracts/scans").glob("*.pdf")):
        document = pymupdf.open(path)
        for line in (data / "contracts/scan-words" / f"{path.stem}.jsonl").read_text().splitlines():
            count += 1
            if (count - 1) % every:
                continue
            truth = json.loads(line)
            sheet = document[truth["page"] - 1]
            zoom = truth["dpi"] / 72
            pixmap = sheet.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom))
            pixels = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.h, pixmap.w, pixmap.n)
            size = (sheet.rect.width, sheet.rect.height)
            dpi = (pixmap.w * 72 / size[0], pixmap.h * 72 / size[1])
            yield truth, pixels, Page(path.stem, truth["page"], *size, *dpi, "native")


def measure_scans(data: Path, every: int, baselines: bool) -> list[str]:
    reader, engine = PageReader(), Tesseract(("eng",))
    ours, alone, wrong_turns = Tally(), Tally(), 0
    for truth, pixels, page in scan_pages(data, every):
        image = PageImage(page.number, pixels, "native", page.dpi_x, page.dpi_y)
        words = [word[0] for word in truth["words"]]
        start = time.process_time()
        read = reader.read(page, image, ())
        ours.seconds += time.process_time() - start
        ours.pages += 1
        ours.add_words(words, [word.text for word in read.words])
        turned = truth["turned_degrees_counterclockwise"]
        wrong_turns += bool(words) and read.turned != turned
        if baselines:
            gray = turn_pixels(to_gray(pixels), turned)
            start = time.process_time()
            lines = engine.read_page(gray, truth["dpi"])
            alone.seconds += time.process_time() - start
            alone.pages += 1
            alone.add_words(words, [token.text for line in lines for token in line.tokens])
    rows = [f"| pages turned wrongly | {wrong_turns} of {ours.pages} | |"]
    rows += [row for name in ours.hits for row in _word_rows(name, ours, alone)]
    rows.append(_time_row("scans", ours, alone))
    return rows


def _word_rows(name: str, ours: Tally, alone: Tally) -> list[str]:
    def show(tally: Tally, whole: Counter[str]) -> str:
        return f"{tally.hits[name] / whole[name]:.4f}" if whole[name] else ""

    return [
        f"| word recall, {name} | {show(ours, ours.truth)} | {show(alone, alone.truth)} |",
        f"| word precision, {name} | {show(ours, ours.read)} | {show(alone, alone.read)} |",
    ]


def _time_row(what: str, ours: Tally, alone: Tally) -> str:
    mine = ours.seconds / max(1, ours.pages)
    if not alone.pages:
        return f"| CPU-s a page, {what} | {mine:.2f} | |"
    other = alone.seconds / alone.pages
    return f"| CPU-s a page, {what} | {mine:.2f} ({mine / other:.2f} ×) | {other:.2f} |"


def read_lines(path: Path) -> list[tuple[float, float, float, float, str]]:
    lines = []
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        for row in csv.reader(file, quoting=csv.QUOTE_NONE):
            if len(row) >= 9:
                x, y = [float(v) for v in row[0:8:2]], [float(v) for v in row[1:8:2]]
                lines.append((min(x), min(y), max(x), max(y), ",".join(row[8:])))
    return lines


def count_exact(words: list[tuple[str, tuple[float, ...]]], lines: list[tuple[float, ...]]) -> int:
    groups: list[list[tuple[float, str]]] = [[] for _ in lines]
    for text, (x0, y0, x1, y1) in words:
        common = [
            max(0.0, min(x1, line[2]) - max(x0, line[0])) * max(0.0, min(y1, line[3]) - max(y0, line[1]))
            for line in lines
        ]
        if common and max(common) > 0:
            groups[common.index(max(common))].append((x0, text))
    return sum(
        fold_letters("".join(text for _, text in sorted(group))) == fold_letters(str(line[4]))
        for group, line in zip(groups, lines, strict=True)
    )


def measure_receipts(data: Path, every: int, baselines: bool) -> list[str]:
    reader, rapid = PageReader(), make_rapidocr() if baselines else None
    ours, alone, exact, exact_alone, total, turned = Tally(), Tally(), 0, 0, 0, 0
    for path in sorted((data / "receipts/images").glob("*.jpg"))[::every]:
        lines: list[Any] = read_lines(data / "receipts/lines" / f"{path.stem}.csv")
        pixels = cv2.imread(str(path))
        height, width = pixels.shape[:2]
        points = (width * 72 / RECEIPT_DPI, height * 72 / RECEIPT_DPI)
        page = Page(path.stem, 1, *points, RECEIPT_DPI, RECEIPT_DPI, "native")
        image = PageImage(1, np.ascontiguousarray(pixels[:, :, ::-1]), "native", RECEIPT_DPI, RECEIPT_DPI)
        start = time.process_time()
        read = reader.read(page, image, ())
        ours.seconds += time.process_time() - start
        ours.pages += 1
        turned += read.turned != 0
        total += len(lines)
        exact += count_exact(
            [(w.text, pixel_box(w.box, RECEIPT_DPI, RECEIPT_DPI)) for w in read.words], lines
        )
        if rapid is not None:
            start = time.process_time()
            found = rapid(pixels, use_cls=False, return_word_box=True)
            alone.seconds += time.process_time() - start
            alone.pages += 1
            exact_alone += count_exact(rapid_words(found), lines)
    other = f"{exact_alone / total:.4f}" if baselines else ""
    return [
        f"| receipts turned wrongly | {turned} of {ours.pages} | |",
        f"| lines exact, receipts ({total}) | {exact / total:.4f} | {other} |",
        _time_row("receipts", ours, alone),
    ]


def make_rapidocr() -> Any:
    from rapidocr import RapidOCR

    one = {"intra_op_num_threads": 1, "inter_op_num_threads": 1}
    params = {f"EngineConfig.onnxruntime.{k}": v for k, v in one.items()}
    return RapidOCR(params={"Global.use_cls": False, "Global.log_level": "error", **params})


def rapid_words(found: Any) -> list[tuple[str, tuple[float, ...]]]:
    words = []
    for line in found.word_results or ():
        for text, _, corners in line:
            corners = np.array(corners)
            (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
            words.append((text, (float(x0), float(y0), float(x1), float(y1))))
    return words


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take every N-th page and receipt")
    parser.add_argument("--no-baselines", action="store_true")
    parser.add_argument("--only", choices=("scans", "receipts"))
    arguments = parser.parse_args()
    if find_weights() is None:
        parser.error("rapidocr is not installed")
    parts = {"scans": measure_scans, "receipts": measure_receipts}
    print("| what | docai | tesserocr psm 3 (scans), rapidocr v6-small (receipts) |\n|---|---|---|")
    for name, measure in parts.items():
        if arguments.only in (None, name):
            for row in measure(arguments.data, arguments.every, not arguments.no_baselines):
                print(row, flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"| peak RSS of this process, baselines included | {peak:.0f} MB | |")


if __name__ == "__main__":
    main()
