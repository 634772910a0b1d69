"""What every `Reader` keeps, whatever it reads with."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from docai.protocols import Reader
from docai.reading.layer_only import LayerReader
from docai.types import Page, PageImage

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "reading"))
from drawn_pages import draw_page, page_reader


class ReaderContract:
    """Subclass with `make_reader`; `reads_pixels` where it needs no text layer."""

    reads_pixels = False

    def make_reader(self) -> Reader:
        raise NotImplementedError

    def test_it_has_a_name(self) -> None:
        assert self.make_reader().name

    def test_a_blank_page_has_no_words_and_no_issue(self) -> None:
        pixels = np.full((1100, 850), 255, np.uint8)
        page = Page("sha256:x", 3, 612, 792, 100, 100, "native")
        read = self.make_reader().read(page, PageImage(3, pixels, "native", 100, 100), ())
        assert (read.words, read.regions, read.issues) == ((), (), ())
        assert (read.document_id, read.number, read.turned) == ("sha256:x", 3, 0)

    def test_a_text_layer_comes_back_word_for_word(self) -> None:
        page, image, words = draw_page(kind="rendered")
        read = self.make_reader().read(page, image, words)
        assert [word.text for word in read.words] == [word.text for word in words]
        assert [word.box for word in read.words] == [word.box for word in words]
        assert {word.origin for word in read.words} == {"text-layer"}
        assert {word.confidence for word in read.words} == {None}

    def test_lines_count_up_in_reading_order_and_no_word_is_empty(self) -> None:
        page, image, words = draw_page(kind="rendered")
        read = self.make_reader().read(page, image, () if self.reads_pixels else words)
        lines = [word.line for word in read.words]
        assert lines == sorted(lines)
        assert all(word.text and word.text == word.text.strip() for word in read.words)

    @pytest.mark.parametrize(("turned", "skew_deg"), [(0, 0.0), (90, 0.0), (180, 0.7), (270, -1.1)])
    def test_pixels_are_read_wherever_the_page_is_turned(self, turned: int, skew_deg: float) -> None:
        if not self.reads_pixels:
            pytest.skip("reads text layers only")
        page, image, words = draw_page(turned=turned, skew_deg=skew_deg)
        read = self.make_reader().read(page, image, ())
        said = [word.text for word in words]
        assert sum(word.text in said for word in read.words) >= 0.95 * len(said)
        assert read.turned == turned
        assert read.skew_deg == pytest.approx(skew_deg, abs=0.1)
        for word in read.words:
            assert 0 <= word.box.x0 < word.box.x1 <= page.width_pt + 0.01
            assert 0 <= word.box.y0 < word.box.y1 <= page.height_pt + 0.01
            assert word.origin == "ocr"
            assert word.confidence is not None
            assert 0 <= word.confidence <= 1


class TestLayerReader(ReaderContract):
    def make_reader(self) -> Reader:
        return LayerReader()


class TestPageReader(ReaderContract):
    reads_pixels = True

    def make_reader(self) -> Reader:
        return page_reader()
