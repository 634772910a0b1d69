"""Direction and skew of text lines, and the pixels' way there."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_pages import draw_page
from hypothesis import given
from hypothesis import strategies as st

from docai.imaging.orientation import even_pixels, find_ink, level_pixels, measure_lines, turn_pixels


@pytest.mark.parametrize("skew_deg", [-3.0, -0.7, 0.0, 0.4, 1.3, 3.5])
def test_skew_is_found_to_a_tenth_of_a_degree(skew_deg: float) -> None:
    _, image, _ = draw_page(skew_deg=skew_deg)
    angle = measure_lines(image.pixels)
    assert not angle.sideways
    assert angle.skew_deg == pytest.approx(skew_deg, abs=0.1)


@pytest.mark.parametrize("turned", [90, 270])
def test_lines_that_run_down_the_page_are_sideways_with_the_skew_of_the_turned_page(turned: int) -> None:
    _, image, _ = draw_page(turned=turned, skew_deg=0.8)
    angle = measure_lines(image.pixels)
    assert angle.sideways
    assert angle.skew_deg == pytest.approx(0.8, abs=0.1)


def test_a_blank_page_is_level_and_upright() -> None:
    angle = measure_lines(np.full((1000, 700), 255, np.uint8))
    assert (angle.skew_deg, angle.sideways) == (0.0, False)


def test_a_frame_around_short_lines_does_not_turn_a_till_roll() -> None:
    pixels = np.full((1600, 500), 250, np.uint8)
    _, image, _ = draw_page(["TOTAL 12.50", "CASH 20.00", "CHANGE 7.50", "THANK YOU"], dpi=150)
    part = image.pixels[150:400, 100:500]
    pixels[100:350, 50:450] = part
    pixels[:, 10:14] = 0
    pixels[:, -14:-10] = 0
    assert not measure_lines(pixels).sideways


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([0, 90, 180, 270]))
def test_turning_there_and_back_loses_nothing(height: int, width: int, turned: int) -> None:
    pixels = np.arange(height * width, dtype=np.uint32).astype(np.uint8).reshape(height, width)
    there = turn_pixels(pixels, turned)
    assert there.shape == ((width, height) if turned % 180 else (height, width))
    assert np.array_equal(turn_pixels(there, (360 - turned) % 360), pixels)


def test_a_quarter_turn_is_clockwise() -> None:
    pixels = np.array([[1, 2], [3, 4]], np.uint8)
    assert turn_pixels(pixels, 90).tolist() == [[3, 1], [4, 2]]


def test_levelling_undoes_the_skew() -> None:
    _, image, _ = draw_page(skew_deg=1.5)
    assert abs(measure_lines(level_pixels(image.pixels, 1.5)).skew_deg) < 0.1


def test_fax_pixels_become_square() -> None:
    pixels, dpi = even_pixels(np.zeros((980, 2040), np.uint8), 204, 98)
    assert dpi == 204
    assert pixels.shape == (2040, 2040)
    same, dpi = even_pixels(pixels, 200, 201)
    assert same is pixels
    assert dpi == 200.5


def test_a_shadow_is_no_ink() -> None:
    shadow = np.tile(np.linspace(60, 240, 600).astype(np.uint8), (400, 1))
    shadow[200:204, 100:500] = 10
    ink = find_ink(shadow)
    assert ink[201, 300]
    assert ink[:150].sum() == 0
