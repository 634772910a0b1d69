"""Windows around places: they hold them, in sizes that the model leaves alone, of the page's own pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docai.imaging.profiles import GEMMA4, GENERIC, QWEN3_VL, VisionProfile, see_size
from docai.imaging.tiles import Tiling, plan_tiles
from docai.imaging.windows import plan_windows, turn_places
from docai.types import Box, PageImage


def plan(width: int, height: int, profile: VisionProfile, turned: int = 0, dpi: float = 200.0) -> Tiling:
    pixels = np.full((height, width), 255, np.uint8)
    pixels[::40, ::7] = 0
    return plan_tiles(PageImage(1, pixels, "native", dpi, dpi), profile, turned=turned)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from((GEMMA4, QWEN3_VL, GENERIC)),
    st.integers(900, 2600),
    st.integers(900, 3400),
    st.lists(st.tuples(st.floats(0, 0.9), st.floats(0, 0.95), st.floats(0.02, 0.99)), min_size=1, max_size=4),
)
def test_every_place_is_held(
    profile: VisionProfile, width: int, height: int, shares: list[tuple[float, float, float]]
) -> None:
    tiling = plan(width, height, profile)
    places = [
        (x * width, y * height, x * width + max(2.0, w * (1 - x) * width), min(height, y * height + 40.0))
        for x, y, w in shares
    ]
    spots = plan_windows(tiling, places, 99)
    covered = np.zeros((height, width), bool)
    for spot in spots:
        covered[spot.y_px : spot.y_px + spot.height_px, spot.x_px : spot.x_px + spot.width_px] = True
        assert see_size(profile, spot.width_px, spot.height_px) == (spot.width_px, spot.height_px)
        cut = tiling.cut(spot)
        on_page = tiling.image.pixels[spot.y_px :, spot.x_px :][: spot.height_px, : spot.width_px]
        assert np.array_equal(cut[: on_page.shape[0], : on_page.shape[1]], on_page)
    for x0, y0, x1, y1 in places:
        assert covered[int(y0) : int(y1), int(x0) : int(x1)].all()


def test_places_near_each_other_share_a_window() -> None:
    tiling = plan(1654, 2339, GEMMA4)
    near = plan_windows(tiling, [(200, 400, 1400, 440), (200, 500, 1400, 540)], 9)
    far = plan_windows(tiling, [(200, 100, 1400, 140), (200, 2200, 1400, 2240)], 9)
    assert (len(near), len(far)) == (1, 2)


def test_no_more_windows_than_asked_for() -> None:
    tiling = plan(2480, 3508, GENERIC, dpi=300.0)
    assert len(plan_windows(tiling, [(100, 100, 2400, 3400)], 3)) == 3
    assert plan_windows(tiling, [], 3) == ()


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_places_turn_with_their_page(turned: int) -> None:
    pixels = np.full((2200, 1700), 255, np.uint8)
    pixels[300:340, 200:900] = 0
    tiling = plan_tiles(PageImage(1, pixels, "native", 200.0, 200.0), GEMMA4, turned=turned)
    box = Box(200 * 0.36, 300 * 0.36, 900 * 0.36, 340 * 0.36)
    x0, y0, x1, y1 = (round(v) for v in turn_places(tiling, [box])[0])
    assert (tiling.image.pixels[y0:y1, x0:x1] == 0).all()
    assert (x1 - x0) * (y1 - y0) == 700 * 40
