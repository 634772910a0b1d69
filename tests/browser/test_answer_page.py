"""The page that `docai ask --open` shows, in a real browser: the marks lie on the words, nothing is loaded.

Where the words are is the fixtures' own truth, not docai's reading. `DOCAI_TEST_SHOTS` names a folder to keep
the screenshots in.
"""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
import pytest
from docai_process import FIXTURES, run_docai
from headless import Chromium
from numpy.typing import NDArray
from PIL import Image

pytestmark = pytest.mark.chromium

LAW = "Which law governs the Master Services Agreement between Harbor Lights Media and Oakvale Analytics?"
SLACK_PX = 5
"""On the screen: a mark may be a little larger than the ink of its words, where a scan is skewed."""


@dataclass(frozen=True, slots=True)
class Case:
    """`words`: how many at the end of the passage `truth` are the answer. `turned`: degrees."""

    question: str
    file: str
    page: int
    truth: str
    words: int
    turned: int = 0


CASES = {
    "a skewed scan": Case(LAW, "harbor-lights-services", 2, "laws of the State of Oregon", 1),
    "a page that lies on its side": Case(
        "Which law governs the Exclusive Distribution Agreement between Norden Tools and Castelo & Filhos?",
        *("norden-distribution", 2, "laws of England and Wales", 3, 90),
    ),
    "words on two lines": Case(
        "How long is the notice period of the Master Services Agreement with Harbor Lights?",
        *("harbor-lights-services", 1, "at least sixty (60) days", 3),
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("page")
    (root / "contracts").mkdir()
    for file in ("harbor-lights-services.pdf", "norden-distribution.pdf"):
        shutil.copy(FIXTURES / "contracts" / file, root / "contracts")
    done = run_docai("extract", "contracts", "-q", cwd=root)
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with Chromium(tmp_path_factory.mktemp("chromium") / "profile") as started:
        yield started


@pytest.fixture
def opened(browser: Chromium) -> Chromium:
    browser.console.clear()
    browser.requests.clear()
    return browser


def write_page(folder: Path, *words: str, name: str = "answer.html") -> Path:
    done = run_docai("ask", *words, "--out", name, cwd=folder)
    assert done.stderr.strip() == f"docai: wrote {name}", done.stderr
    return folder / name


def take_screenshot(browser: Chromium, name: str) -> NDArray[np.uint8]:
    data = browser.take_screenshot()
    if kept := os.environ.get("DOCAI_TEST_SHOTS"):
        (Path(kept) / f"{name.replace(' ', '-')}.png").write_bytes(data)
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def find_words(case: Case) -> tuple[list[tuple[float, float, float, float]], tuple[int, int]]:
    """Boxes of the answer's words in pixels of the page before it was turned, and that page's size."""
    lines = (FIXTURES / "contracts/words" / f"{case.file}.jsonl").read_text().splitlines()
    page = next(p for p in map(json.loads, lines) if p["page"] == case.page)
    texts = [word[0].strip(".,;") for word in page["words"]]
    wanted = case.truth.split()
    starts = [i for i in range(len(texts)) if texts[i : i + len(wanted)] == wanted]
    assert len(starts) == 1, f"{case.truth!r} stands {len(starts)} times on the page"
    last = starts[0] + len(wanted)
    boxes = [tuple(word[1:]) for word in page["words"][last - case.words : last]]
    return boxes, (page["width_px"], page["height_px"])


def place_of(browser: Chromium, selector: str) -> tuple[float, float, float, float]:
    """Left, top, width and height of an element in pixels of the whole page."""
    script = (
        f"(() => {{ const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
        "return [r.x + scrollX, r.y + scrollY, r.width, r.height]; })()"
    )
    left, top, width, height = browser.evaluate(script)
    return left, top, width, height


def find_marked(shot: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where paper shines yellow; the numbers in the margin are brown."""
    red, green, blue = (shot[..., i].astype(int) for i in range(3))
    return (red > 190) & (green > 150) & (red - blue > 50)


@pytest.mark.parametrize("name", CASES)
def test_the_mark_lies_on_the_words(name: str, folder: Path, opened: Chromium) -> None:
    case = CASES[name]
    opened.open(write_page(folder, case.question))
    shot = take_screenshot(opened, name)
    left, top, width, height = place_of(opened, "figure img")
    boxes, (width_px, height_px) = find_words(case)
    assert width / height == pytest.approx(width_px / height_px, rel=0.01)
    scale = width / width_px
    words = np.zeros(shot.shape[:2], bool)
    for x0, y0, x1, y1 in boxes:
        words[
            round(top + y0 * scale) : round(top + y1 * scale),
            round(left + x0 * scale) : round(left + x1 * scale),
        ] = True
    inside = np.zeros_like(words)
    inside[round(top) : round(top + height), round(left + width * 0.05) : round(left + width)] = True
    marked = find_marked(shot) & inside
    # Ink stays ink under the mark, so that about half of a word's box shines.
    assert (marked & words).sum() > 0.4 * words.sum()
    near = widen(words, SLACK_PX)
    assert not (marked & ~near).any(), "marks lie beside the words"
    assert_shows_words(case, shot, boxes, (left, top, scale))


def widen(mask: NDArray[np.bool_], by_px: int) -> NDArray[np.bool_]:
    """The mask with what lies beside it, a word's gap to the next included."""
    found = mask.copy()
    rows, columns = np.nonzero(mask)
    for row in np.unique(rows):
        own = columns[rows == row]
        gaps = np.split(own, np.nonzero(np.diff(own) > 12)[0] + 1)
        for part in gaps:
            found[max(0, row - by_px) : row + by_px + 1, part[0] - by_px : part[-1] + by_px + 1] = True
    return found


def assert_shows_words(
    case: Case, shot: NDArray[np.uint8], boxes: list[Any], place: tuple[float, float, float]
) -> None:
    """What the browser shows at the words is what the scan has there, to a pixel: red is what a yellow mark
    lets through."""
    with pymupdf.open(FIXTURES / "contracts" / f"{case.file}.pdf") as document:
        pixmap = document[case.page - 1].get_pixmap(dpi=300, colorspace=pymupdf.csGRAY)
        scan = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width)
    upright = np.rot90(scan, -case.turned // 90)
    ratio = upright.shape[1] / find_words(case)[1][0]
    left, top, scale = place
    for box in boxes:
        x0, y0, x1, y1 = (round(v * scale) for v in box)
        a, b, c, d = (round(v * ratio) for v in box)
        crop = Image.fromarray(upright[b:d, a:c]).resize((x1 - x0, y1 - y0), Image.Resampling.BOX)
        expected = np.asarray(crop).ravel()
        alike = [
            np.corrcoef(expected, shot[y : y + y1 - y0, x : x + x1 - x0, 0].ravel())[0, 1]
            for y in range(round(top) + y0 - 1, round(top) + y0 + 2)
            for x in range(round(left) + x0 - 1, round(left) + x0 + 2)
        ]
        assert max(alike) > 0.8


QUESTIONS = {
    "an answer": (LAW,),
    "rows": ("--each", "Which contracts forbid assignment?"),
    "a table": ("Which contracts expire before 2025?",),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_nothing_is_loaded_and_nothing_complains(name: str, folder: Path, opened: Chromium) -> None:
    opened.open(write_page(folder, *QUESTIONS[name], name="shown.html"))
    asked = [url for url in opened.requests if not url.startswith("data:")]
    assert asked == [(folder / "shown.html").as_uri()]
    assert opened.console == []
    sizes = opened.evaluate("[...document.images].map(i => [i.naturalWidth, i.naturalHeight])")
    assert sizes
    assert all(max(size) >= 1600 for size in sizes), "small print is not legible"
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it runs off the screen"
    take_screenshot(opened, name)


def test_it_prints_the_answer_and_each_page_with_its_marks(folder: Path, opened: Chromium) -> None:
    opened.open(write_page(folder, LAW))
    with pymupdf.open(stream=opened.print_pdf(), filetype="pdf") as document:
        assert len(document) == 2
        assert "Oregon" in document[0].get_text()
        assert "searched" in document[1].get_text().casefold()
        cited = document[1]
        (image,) = cited.get_image_info()
        assert cited.rect.contains(pymupdf.Rect(image["bbox"]))
        assert image["bbox"][3] - image["bbox"][1] > 0.5 * cited.rect.height
        pixmap = cited.get_pixmap(dpi=100)
        printed = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width, -1)[..., :3]
        assert find_marked(printed).sum() > 20, "browsers leave backgrounds out unless the page insists"


def test_what_a_document_says_stays_text(tmp_path: Path, opened: Chromium) -> None:
    """A page made of hostile words runs none of them."""
    from docai.answering.showing.html import build_html
    from docai.types import Answer, Citation, Sentence

    hostile = (
        "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">"
        '<link rel=stylesheet href="http://127.0.0.1:1/x.css"><iframe src="http://127.0.0.1:1/"></iframe>'
    )
    answer = Answer(
        question=hostile,
        status="answered",
        sentences=(Sentence(text=hostile, citations=(0,)),),
        citations=(Citation(document_id="sha256:1", uri=hostile, page=1, quote=hostile),),
    )

    def show_page(document_id: str, uri: str, number: int) -> Any:
        raise AssertionError("nothing to show")

    page = tmp_path / "hostile.html"
    page.write_text(build_html(answer, show_page))
    opened.open(page)
    assert opened.requests == [page.as_uri()]
    assert opened.console == []
    assert opened.evaluate("document.querySelectorAll('script, iframe, link, img').length") == 0
    assert opened.evaluate("document.title") == hostile
