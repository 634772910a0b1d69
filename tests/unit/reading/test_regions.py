"""Ink without words, redactions and lines to write on."""

from __future__ import annotations

import cv2
import numpy as np
from drawn_pages import PROSE, draw_page, page_reader

from docai.imaging.geometry import iou
from docai.types import Box, PageImage


def test_a_page_of_prose_has_no_regions() -> None:
    page, image, words = draw_page(kind="rendered")
    assert page_reader().read(page, image, words).regions == ()
    assert page_reader().read(page, image, ()).regions == ()


def test_a_redaction_and_a_rule_are_found_where_they_are() -> None:
    redaction, rule = Box(100, 400, 220, 414), Box(100, 500, 280, 500.5)
    page, image, words = draw_page(PROSE[:4], kind="rendered", shapes=[(redaction, True), (rule, True)])
    regions = {region.kind: region.box for region in page_reader().read(page, image, words).regions}
    assert set(regions) == {"redaction", "rule"}
    assert iou(regions["redaction"], redaction) > 0.7
    assert abs(regions["rule"].x0 - rule.x0) < 3
    assert abs(regions["rule"].x1 - rule.x1) < 3
    assert abs(regions["rule"].y0 - rule.y0) < 3


def test_a_signature_is_ink() -> None:
    page, image, words = draw_page(PROSE[:4], kind="rendered")
    pixels = image.pixels.copy()
    x = np.arange(0, 220)
    curve = np.stack([300 + x, 1000 + 30 * np.sin(x / 9) + 10 * np.cos(x / 3)], axis=1).astype(np.int32)
    cv2.polylines(pixels, [curve], False, 30, 3)
    read = page_reader().read(page, PageImage(1, pixels, "rendered", 150, 150), words)
    assert [region.kind for region in read.regions] == ["ink"]
    box = read.regions[0].box
    assert box.x0 < 300 * 72 / 150 + 5
    assert box.x1 > 515 * 72 / 150 - 5
    assert {word.origin for word in read.words} == {"text-layer"}


def test_a_table_has_no_lines_to_write_on() -> None:
    cells = [(Box(72, 300 + 20 * i, 300, 320 + 20 * i), False) for i in range(4)]
    page, image, words = draw_page(PROSE[:4], kind="rendered", shapes=cells)
    regions = page_reader().read(page, image, words).regions
    assert [region for region in regions if region.kind != "ink"] == []


def test_a_broken_divider_is_no_line_to_write_on() -> None:
    pieces = [(Box(x, 500, x + 90, 500.5), False) for x in (72, 180, 290, 430)]
    page, image, words = draw_page(PROSE[:4], kind="rendered", shapes=pieces)
    assert page_reader().read(page, image, words).regions == ()
