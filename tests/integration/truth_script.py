"""A scripted model that answers from the fixtures' truth: it knows a page by its pixels, as a model would.

Quotes are the page's true lines that say the value, so a claim is right unless a test makes it wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.extraction.vlm.sheets import make_sheet
from docai.grounding.support import find_support
from docai.imaging.profiles import find_profile
from docai.llm.chat import ChatRequest, ImagePart
from docai.llm.scripted import Script, Turn
from docai.pages.renderer import DocumentRenderer
from docai.schema import Field, Schema
from docai.types import Scalar

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
MODEL = "google/gemma-4-12B-it"

Claims = list[dict[str, Any]]
Spoil = Callable[[str, int, Claims], Claims]
"""Changes what the model says about a page of a file."""


@dataclass(frozen=True)
class TruePage:
    file: str
    number: int
    lines: tuple[str, ...]
    pixels: NDArray[np.uint8]
    words: tuple[TrueWord, ...]


class TrueWord(NamedTuple):
    """A word with its centre in pixels of the page as it reads."""

    text: str
    x: float
    y: float


class TruthScript:
    """Answers of a model that reads perfectly, for files of one folder (of the fixtures', or any that has
    `labels.jsonl` and `words/`). `asked` keeps the pages, `looked` what was read of which crops, `chosen` the
    questions about which value is meant, which `choose` answers with the number of an option for each.
    """

    def __init__(
        self, folder: str | Path, schema: Schema, files: list[str], spoil: Spoil | None = None
    ) -> None:
        self.asked: list[tuple[str, int]] = []
        self.requests: list[ChatRequest] = []
        self.looked: list[tuple[str, int, str]] = []
        self.chosen: list[str] = []
        self.choose: Callable[[str, int], int] = lambda text, number: 0
        self._schema = schema
        self._spoil = spoil or (lambda file, number, claims: claims)
        labels = (FIXTURES / folder / "labels.jsonl").read_text().splitlines()
        self._labels = {label["file"]: label for label in map(json.loads, labels)}
        self._pages: dict[str, TruePage] = {}
        for file in files:
            self._learn(FIXTURES / folder / file)

    def _learn(self, path: Path) -> None:
        """What each page's tiles look like, and its true lines."""
        renderer = DocumentRenderer()
        words = path.parent / "words" / f"{path.stem}.jsonl"
        true_pages = [json.loads(line) for line in words.read_text().splitlines()]
        document = renderer.open(path, path.name)
        for page, true in zip(renderer.pages(document), true_pages, strict=True):
            lines = tuple(join_lines(true["words"]))
            image = renderer.render(page)
            scan = self._labels[path.name].get("scan", {})
            turned = scan.get("turned_degrees_counterclockwise", {}).get(str(page.number), 0)
            page = replace(page, turned=int(turned))
            upright = to_gray(np.rot90(image.pixels, -(page.turned // 90)))
            scale = upright.shape[1] / true["width_px"]
            true_words = tuple(
                TrueWord(str(w[0]), (w[1] + w[3]) / 2 * scale, (w[2] + w[4]) / 2 * scale)
                for w in true["words"]
            )
            true_page = TruePage(path.name, page.number, lines, upright, true_words)
            for budget in (1120, 560):
                for part in make_sheet(page, image, find_profile(MODEL, budget)).parts:
                    self._pages[hash_bytes(part.data)] = true_page

    def answer(self, request: ChatRequest) -> str:
        images = [p for m in request.messages for p in m.parts if isinstance(p, ImagePart)]
        if "text" in (request.json_schema or {}).get("properties", {}):
            return json.dumps({"text": self._read_crop(images[0].data)}, ensure_ascii=False)
        if not images:
            text = str(request.messages[-1].parts[-1])
            self.chosen.append(text)
            numbers = (request.json_schema or {})["properties"]
            return json.dumps({number: self.choose(text, int(number)) for number in numbers})
        page = self._pages[hash_bytes(images[0].data)]
        self.asked.append((page.file, page.number))
        self.requests.append(request)
        claims = self._spoil(page.file, page.number, self._claims(page))
        return json.dumps({"claims": claims}, ensure_ascii=False)

    def script(self) -> Script:
        return lambda request, number: Turn(self.answer(request))

    def _read_crop(self, data: bytes) -> str:
        """The true words that lie in a crop, found by its pixels; `looked` keeps what was read where."""
        crop = trim_white(to_gray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)))
        for page in {id(page): page for page in self._pages.values()}.values():
            at = find_part(page.pixels, crop)
            if at is not None:
                x, y = at
                height, width = crop.shape
                inside = [w for w in page.words if 0 <= w.x - x <= width and 0 <= w.y - y <= height]
                text = " ".join(word.text for word in inside)
                self.looked.append((page.file, page.number, text))
                return text
        raise AssertionError("a crop whose pixels are on no page")

    def _claims(self, page: TruePage) -> Claims:
        fields = self._labels[page.file]["fields"]
        claims: Claims = []
        for field in self._schema.fields:
            if field.group is not None:
                continue
            value = fields.get(field.path.split("/")[1])
            for one in value if isinstance(value, list) else [value]:
                claim = self._claim(field, one, page)
                if claim is not None:
                    claims.append(claim)
        for group in dict.fromkeys(f.group for f in self._schema.fields if f.group):
            claims += self._rows(group, fields.get(group[1:]) or [], page)
        return claims

    def _rows(self, group: str, rows: list[dict[str, Any]], page: TruePage) -> Claims:
        """Rows that stand on one line of the page, with that line as quote."""
        cells = [f for f in self._schema.fields if f.group == group]
        claims: Claims = []
        for row in rows:
            values = {f.name: _type(f, row.get(f.name)) for f in cells}
            said = [(f, row[f.name]) for f in cells if row.get(f.name) is not None]
            line = next((t for t in page.lines if all(_says(t, f, v) for f, v in said)), None)
            if line is not None and said:
                claims.append({"field": group, "quote": line, "row": values})
        return claims

    @staticmethod
    def _claim(field: Field, value: Scalar, page: TruePage) -> dict[str, Any] | None:
        if value is None:
            return None
        typed = _type(field, value)
        for line in page.lines:
            if find_support(value, None, line, field).agreement in ("equal", "contained"):
                return {"field": field.path, "quote": line, "value": typed}
        return None


def _says(line: str, field: Field, value: Scalar) -> bool:
    """Whether a row's line says a cell's value; two of its columns may read like one number."""
    return any(find_support(value, None, text, field) for text in (line, *line.split()))


def _type(field: Field, value: Scalar) -> Any:
    return float(str(value)) if field.json_type == "number" and value is not None else value


def join_lines(words: list[list[Any]]) -> list[str]:
    """True words to lines: a word that begins left of the one before begins a line."""
    lines: list[list[str]] = []
    before: list[Any] | None = None
    for word in words:
        if before is None or word[1] < before[1]:
            lines.append([])
        lines[-1].append(str(word[0]))
        before = word
    return [" ".join(line) for line in lines]


def to_gray(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    gray = pixels if pixels.ndim == 2 else pixels[..., :3].mean(axis=2)
    return np.ascontiguousarray(gray).astype(np.uint8)


def trim_white(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rows, columns = np.flatnonzero((pixels < 255).any(axis=1)), np.flatnonzero((pixels < 255).any(axis=0))
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def find_part(whole: NDArray[np.uint8], part: NDArray[np.uint8]) -> tuple[int, int] | None:
    """Where an image lies in another, pixel by pixel; None where it does not."""
    height, width = part.shape
    first = part[0].tobytes()
    for y in range(whole.shape[0] - height + 1):
        row, x = whole[y].tobytes(), -1
        while (x := row.find(first, x + 1)) >= 0:
            if np.array_equal(whole[y : y + height, x : x + width], part):
                return x, y
    return None


def hash_bytes(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
