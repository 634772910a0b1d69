"""Pages as images for a model: native tiles, and shrunk ones where that is wanted."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from vlm_maker import make_page

from docai.errors import ConfigError
from docai.extraction.vlm.sheets import SheetPart, make_sheet, measure_smallest_text, share_parts
from docai.imaging.profiles import GEMMA4
from docai.types import Box, PageImage, Word


def make_image(height: int = 3300, width: int = 2550) -> PageImage:
    noise = np.random.default_rng(0).integers(0, 256, (height, width), np.uint8)
    return PageImage(1, noise, "native", 300.0, 300.0)


def test_tiles_are_lossless_and_cost_what_the_profile_says() -> None:
    image = make_image()
    sheet = make_sheet(make_page("words"), image, GEMMA4)
    assert sheet.dpi == 300.0
    assert sheet.tokens == sum(part.tokens for part in sheet.parts)
    first = cv2.imdecode(np.frombuffer(sheet.parts[0].data, np.uint8), cv2.IMREAD_UNCHANGED)
    height, width = first.shape[0], min(first.shape[1], 2550)  # beyond the page's edge there is paper
    assert np.array_equal(first[:, :width], image.pixels[:height, :width])
    assert all(part.place.startswith(f"Image {n + 1} of") for n, part in enumerate(sheet.parts))


def test_a_page_with_large_text_costs_less_where_it_may_be_shrunk() -> None:
    native = make_sheet(make_page("words"), make_image(), GEMMA4)
    shrunk = make_sheet(make_page("words"), make_image(), GEMMA4, smallest_text_px=50.0)
    assert shrunk.tokens < native.tokens
    assert shrunk.dpi < native.dpi
    small = make_sheet(make_page("words"), make_image(), GEMMA4, smallest_text_px=25.0)
    assert small.parts == native.parts


def test_the_smallest_text_is_measured_across_the_line_whichever_way_the_page_lies() -> None:
    page = make_page("some words here and there")
    assert measure_smallest_text(page) == pytest.approx(12 * 200 / 72)
    assert measure_smallest_text(replace(page, words=())) is None
    lying = replace(page, turned=90, words=(Word("words", Box(0, 0, 10, 60), 1.0, "ocr"),))
    assert measure_smallest_text(lying) == pytest.approx(10 * 200 / 72)


def test_parts_are_shared_evenly_in_order_within_the_room_there_is() -> None:
    parts = [SheetPart(bytes([n]), 1000, str(n)) for n in range(7)]
    shares = share_parts(parts, 3500, 16)
    assert [len(share) for share in shares] == [2, 3, 2]
    assert [part for share in shares for part in share] == parts
    assert share_parts(parts, None, 16) == [tuple(parts)]
    assert len(share_parts(parts, None, 1)) == 7
    with pytest.raises(ConfigError):
        share_parts(parts, 999, 16)
