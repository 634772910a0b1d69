"""Tiles: every pixel is seen, none is changed, and the model's own resize leaves each tile alone."""

from __future__ import annotations

import math
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from docai.errors import ConfigError
from docai.imaging.encoding import encode_png
from docai.imaging.profiles import (
    GEMMA4_BUDGETS,
    VisionProfile,
    check_sight,
    count_tokens,
    describe_sight,
    find_profile,
    infer_budget,
    list_untouched_sizes,
    see_dpi,
    see_size,
)
from docai.imaging.tiles import (
    Tiling,
    describe_place,
    find_paper,
    group_tiles,
    make_overview,
    plan_tiles,
    shrink_legible,
)
from docai.types import PageImage

PROFILES = [
    find_profile("google/gemma-4-12B-it", 1120),
    find_profile("google/gemma-4-12B-it", 560),
    find_profile("google/gemma-4-E4B-it", 280),
    find_profile("Qwen/Qwen3-VL-8B-Instruct"),
    find_profile("some/unknown-model"),
]


def gemma_resize(width: int, height: int, budget: int) -> tuple[int, int]:
    """The processor's own rule, written again in its own floating-point arithmetic."""
    factor = math.sqrt(budget * 9 * 16**2 / (height * width))
    side = 3 * 16
    return (
        math.floor(factor * width / side) * side,
        math.floor(factor * height / side) * side,
    )


def qwen_resize(width: int, height: int, factor: int, least: int, most: int) -> tuple[int, int]:
    """`smart_resize` of the Qwen processors."""
    w, h = round(width / factor) * factor, round(height / factor) * factor
    if w * h > most:
        beta = math.sqrt(width * height / most)
        w, h = (max(factor, math.floor(n / beta / factor) * factor) for n in (width, height))
    elif w * h < least:
        beta = math.sqrt(least / (width * height))
        w, h = (math.ceil(n * beta / factor) * factor for n in (width, height))
    return w, h


def model_size(profile: VisionProfile, width: int, height: int) -> tuple[int, int]:
    if profile.rule == "budget":
        return gemma_resize(width, height, profile.max_cells)
    if profile.rule == "range":
        return qwen_resize(width, height, 32, 65_536, 16_777_216)
    return 896, 896


def blank(width: int, height: int, dpi: float = 300.0, *, colour: bool = False) -> PageImage:
    shape = (height, width, 3) if colour else (height, width)
    return PageImage(1, np.full(shape, 240, np.uint8), "native", dpi, dpi)


def scan(width: int, height: int, seed: int, dpi: float, *, colour: bool) -> PageImage:
    """Random pixels: any resampling would show."""
    shape = (height, width, 3) if colour else (height, width)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    return PageImage(1, pixels, "native", dpi, dpi)


def assemble(tiling: Tiling) -> tuple[np.ndarray, np.ndarray]:
    """The page from its tiles, and how often each pixel was seen."""
    page = tiling.image.pixels
    height, width = page.shape[:2]
    built, seen = np.zeros_like(page), np.zeros((height, width), np.int32)
    for spot in tiling.spots:
        tile = tiling.cut(spot)
        rows, columns = min(spot.height_px, height - spot.y_px), min(spot.width_px, width - spot.x_px)
        place = slice(spot.y_px, spot.y_px + rows), slice(spot.x_px, spot.x_px + columns)
        built[place] = tile[:rows, :columns]
        seen[place] += 1
        assert np.array_equal(tile[:rows, :columns], page[place])
        beyond = np.ones(tile.shape[:2], bool)
        beyond[:rows, :columns] = False
        assert (tile[beyond] == find_paper(page)).all()
    return built, seen


@pytest.mark.parametrize("budget", GEMMA4_BUDGETS)
def test_untouched_sizes_are_untouched_by_the_processor(budget: int) -> None:
    sizes = list_untouched_sizes(budget)
    assert len(sizes) > 10
    for a, b in sizes:
        assert gemma_resize(48 * a, 48 * b, budget) == (48 * a, 48 * b)


def test_untouched_sizes_are_those_known() -> None:
    sizes = set(list_untouched_sizes(1120))
    assert {(28, 40), (35, 32), (33, 33), (24, 46), (20, 56), (52, 21)} <= sizes
    everything = {
        (a, b)
        for a in range(1, 1121)
        for b in range(1, 1120 // a + 1)
        if gemma_resize(48 * a, 48 * b, 1120) == (48 * a, 48 * b)
    }
    assert sizes == {(a, b) for a, b in everything if max(a, b) <= 6 * min(a, b)}


@given(
    st.sampled_from(PROFILES),
    st.integers(1, 1400),
    st.integers(1, 1800),
    st.integers(0, 2**32 - 1),
    st.floats(72, 600),
    st.booleans(),
    st.sampled_from([0, 90, 180, 270]),
)
@settings(max_examples=25, deadline=None)
def test_tiles_show_every_pixel_of_a_page_unchanged(
    profile: VisionProfile, width: int, height: int, seed: int, dpi: float, colour: bool, turned: int
) -> None:
    image = scan(width, height, seed, dpi, colour=colour)
    tiling = plan_tiles(image, profile, turned=turned)
    built, seen = assemble(tiling)
    assert np.array_equal(built, np.rot90(image.pixels, -turned // 90))
    assert seen.min() >= 1
    assert [spot.index for spot in tiling.spots] == list(range(len(tiling.spots)))
    assert tiling.dpi == pytest.approx(dpi, abs=0.1)


@given(st.sampled_from(PROFILES), st.integers(1, 9000), st.integers(1, 9000), st.floats(72, 600))
@example(PROFILES[2], 673, 1815, 583.0)  # less slack than a line's eighth
@settings(max_examples=60, deadline=None)
def test_tiles_of_any_page_reach_the_model_as_they_are(
    profile: VisionProfile, width: int, height: int, dpi: float
) -> None:
    tiling = plan_tiles(
        PageImage(1, np.broadcast_to(np.uint8(255), (height, width)), "native", dpi, dpi), profile
    )
    for spot in tiling.spots:
        assert model_size(profile, spot.width_px, spot.height_px) == (spot.width_px, spot.height_px)
        assert see_size(profile, spot.width_px, spot.height_px) == (spot.width_px, spot.height_px)
    line = min(math.ceil(dpi / 6), max(1, min(width, height) // 2))
    for axis in ("x", "y"):
        size = getattr(tiling.grid, "width_px" if axis == "x" else "height_px")
        starts = sorted({getattr(spot, f"{axis}_px") for spot in tiling.spots})
        assert starts[0] == 0
        assert starts[-1] + size >= (width if axis == "x" else height)
        for before, after in pairwise(starts):
            assert before < after <= before + size - min(line, size // 3)


@given(st.sampled_from(PROFILES), st.integers(1, 6000), st.integers(1, 6000))
@settings(max_examples=60, deadline=None)
def test_profiles_follow_the_processors(profile: VisionProfile, width: int, height: int) -> None:
    if max(width, height) > 20 * min(width, height) or profile.name.startswith("qwen3"):
        return  # the Qwen profile's tiles stay below its processor's own limit
    assert see_size(profile, width, height) == model_size(profile, width, height)


@given(
    st.integers(1, 3000),
    st.integers(1, 3000),
    st.sampled_from([0, 90, 180, 270]),
    st.floats(72, 600),
    st.floats(0, 1),
    st.floats(0, 1),
)
@settings(max_examples=40, deadline=None)
def test_places_in_tiles_lead_back_to_the_page(
    width: int, height: int, turned: int, dpi: float, along_x: float, along_y: float
) -> None:
    image = PageImage(1, np.broadcast_to(np.uint8(255), (height, width)), "native", dpi, dpi)
    tiling = plan_tiles(image, PROFILES[0], turned=turned)
    # A pixel of the page as it lies, followed through the turn into every tile that shows it.
    column, row = min(int(along_x * width), width - 1), min(int(along_y * height), height - 1)
    x, y = {
        0: (column, row),
        90: (height - 1 - row, column),
        180: (width - 1 - column, height - 1 - row),
        270: (row, width - 1 - column),
    }[turned]
    shown = 0
    for spot in tiling.spots:
        u, v = x - spot.x_px, y - spot.y_px
        if 0 <= u < spot.width_px and 0 <= v < spot.height_px:
            box = tiling.locate(spot, (u, v, u + 1, v + 1))
            scale = dpi / 72
            expected = (column, row, column + 1, row + 1)
            assert [n * scale for n in box] == pytest.approx(expected, abs=1e-3)
            shown += 1
    assert shown >= 1


def test_cuts_fall_between_lines_of_text() -> None:
    image = blank(1600, 2300, 200)
    lines = range(60, 2240, 42)
    for top in lines:
        image.pixels[top : top + 26, 100:1500:7] = 0
        image.pixels[top : top + 26, 101:1500:7] = 0
    for profile in PROFILES[:3]:
        tiling = plan_tiles(image, profile)
        assert len(tiling.spots) > 1
        for spot in tiling.spots[1:]:
            assert image.pixels[spot.y_px].min() != 0
        for top in lines:
            assert any(s.y_px <= top and top + 26 <= s.y_px + s.height_px for s in tiling.spots)


def test_a_line_of_any_height_up_to_the_overlap_is_whole_in_one_tile() -> None:
    image = scan(2480, 3508, 7, 300, colour=False)  # no white space anywhere
    tiling = plan_tiles(image, PROFILES[0], line_px=70)
    for top in range(3508 - 70):
        assert any(s.y_px <= top and top + 70 <= s.y_px + s.height_px for s in tiling.spots)


@pytest.mark.parametrize(("dpi", "most"), [(200, 2), (300, 4), (400, 8), (600, 18)])
def test_an_a4_page_costs_what_is_promised(dpi: int, most: int) -> None:
    tiling = plan_tiles(blank(round(8.27 * dpi), round(11.69 * dpi), dpi), PROFILES[0])
    assert len(tiling.spots) <= most
    assert tiling.tokens <= most * 1122
    assert tiling.tokens == sum(spot.width_px * spot.height_px // 48**2 + 2 for spot in tiling.spots)
    assert tiling.dpi == dpi


def test_a_whole_page_in_one_image_loses_its_dpi() -> None:
    server_default = find_profile("gemma-4-12B-it", 280)
    assert see_size(server_default, 1654, 2339) == (672, 912)
    assert see_dpi(server_default, 1654, 2339, 200) == pytest.approx(78, abs=1)
    assert see_size(PROFILES[0], 1654, 2339) == (1296, 1872) or see_size(PROFILES[0], 1654, 2339) == (
        1344,
        1872,
    )
    assert see_dpi(PROFILES[0], 1654, 2339, 200) == pytest.approx(160, abs=3)


def test_models_are_known_by_their_served_names() -> None:
    names = [
        "google/gemma-4-12B-it",
        "gemma4:12b",
        "unsloth/gemma-4-31b-it-GGUF",
        "gemma-4-26B-A4B",
        "gemma4:e4b",
    ]
    assert {find_profile(name).rule for name in names} == {"budget"}
    assert find_profile("qwen3-vl:8b").name == "qwen3-vl"
    assert find_profile("Qwen2.5-VL-7B").cell_px == 28
    assert find_profile("mystery").assumed
    with pytest.raises(ValueError, match="budgets"):
        find_profile("gemma-4-12B-it", 1000)


def test_token_counts_tell_what_the_model_saw() -> None:
    tiling = plan_tiles(blank(2480, 3508), PROFILES[0])
    assert check_sight(tiling.tokens, tiling.tokens + 310, 280, 300).as_planned
    # A server left at its default shows 280 tokens a tile: half the DPI.
    sight = check_sight(tiling.tokens, 4 * 280 + 300, 300, 300)
    assert not sight.as_planned
    assert sight.dpi == pytest.approx(150, abs=5)
    assert not check_sight(tiling.tokens, 4 * tiling.tokens, 300, 300).as_planned


@pytest.mark.parametrize("budget", GEMMA4_BUDGETS)
@pytest.mark.parametrize("dpi", [150, 200, 300, 400])
def test_a_servers_budget_shows_in_its_first_reply(budget: int, dpi: int) -> None:
    tiling = plan_tiles(blank(round(8.27 * dpi), round(11.69 * dpi), dpi), PROFILES[0])
    sizes = [(spot.width_px, spot.height_px) for spot in tiling.spots]
    images = [gemma_resize(*size, budget) for size in sizes]
    prompt = 240 + sum(width * height // 48**2 + 2 for width, height in images)
    assert infer_budget(PROFILES[0], sizes, prompt, 210) == budget
    assert infer_budget(PROFILES[0], sizes, 3 * tiling.tokens, 210) is None
    assert infer_budget(PROFILES[3], sizes, prompt, 210) is None
    anew = plan_tiles(tiling.image, find_profile("gemma-4-12B-it", budget))
    assert anew.dpi == dpi


def test_users_are_told_what_a_model_sees() -> None:
    assert "does not know x/y" in describe_sight(find_profile("x/y"), "x/y", 300.0)
    assert describe_sight(PROFILES[0], "gemma", 200.0).startswith("gemma sees pages at 200 DPI")


def test_pages_beyond_the_context_are_split_over_requests() -> None:
    tiling = plan_tiles(blank(4961, 7016, 600), PROFILES[0])
    groups = group_tiles(tiling, 6000, 8)
    assert [spot for group in groups for spot in group] == list(tiling.spots)
    assert max(len(group) for group in groups) <= 5
    assert max(len(g) for g in groups) - min(len(g) for g in groups) <= 1
    assert [len(g) for g in group_tiles(tiling, 10**6, 1)] == [1] * len(tiling.spots)
    with pytest.raises(ConfigError) as caught:
        group_tiles(tiling, 900, 8)
    assert caught.value.code == "context-too-small"


def test_places_are_told() -> None:
    strips = plan_tiles(blank(2480, 3508), PROFILES[0])
    assert (
        describe_place(strips, strips.spots[0])
        == "Image 1 of 4: strip 1 of 4 from the top, the page's full width."
    )
    assert "first lines repeat" in describe_place(strips, strips.spots[1])
    fields = plan_tiles(blank(4961, 7016, 600), PROFILES[0])
    assert "left side" in describe_place(fields, fields.spots[0])
    assert "right side" in describe_place(fields, fields.spots[1])
    single = plan_tiles(blank(500, 700), PROFILES[3])
    assert describe_place(single, single.spots[0]) == "Image 1 of 1: the whole page."


def test_legible_pages_keep_small_text_and_save_tokens() -> None:
    image = blank(4960, 7016, 600)
    smaller = shrink_legible(image, smallest_text_px=60)
    assert smaller.pixels.shape == (3508, 2480)
    assert smaller.dpi_x == pytest.approx(300)
    assert smaller.kind == "rendered"
    assert shrink_legible(image, smallest_text_px=30) is image
    assert plan_tiles(smaller, PROFILES[0]).tokens < plan_tiles(image, PROFILES[0]).tokens / 3


def test_fax_pixels_are_repeated_not_mixed() -> None:
    image = PageImage(1, np.random.default_rng(0).integers(0, 256, (300, 600), np.uint8), "native", 204, 98)
    tiling = plan_tiles(image, PROFILES[0])
    assert np.array_equal(tiling.image.pixels, image.pixels.repeat(2, axis=0))
    assert tiling.image.dpi_y == 196
    box = tiling.locate(tiling.spots[0], (0, 0, 600, 600))
    assert (box.x1, box.y1) == pytest.approx((600 * 72 / 204, 300 * 72 / 98))


@given(st.integers(20, 3000), st.integers(20, 3000), st.sampled_from(PROFILES))
@settings(max_examples=20, deadline=None)
def test_overviews_show_the_whole_page_in_one_tile(width: int, height: int, profile: VisionProfile) -> None:
    image = blank(width, height)
    image.pixels[-1, -1] = 0
    tile = make_overview(plan_tiles(image, profile))
    size = (tile.shape[1], tile.shape[0])
    assert model_size(profile, *size) == size
    assert tile.min() < 240  # the last pixel is in it
    assert count_tokens(profile, *size) <= profile.max_cells + 2


@pytest.mark.parametrize("colour", [False, True])
def test_png_holds_the_same_pixels(colour: bool) -> None:
    image = scan(200, 300, 3, 200, colour=colour)
    back = cv2.imdecode(np.frombuffer(encode_png(image.pixels), np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(back[..., ::-1] if colour else back, image.pixels)


def test_black_and_white_takes_one_bit() -> None:
    pixels = np.random.default_rng(1).integers(0, 2, (256, 256), np.uint8) * np.uint8(255)
    data = encode_png(pixels)
    back = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(back, pixels)
    assert len(data) < 256 * 256 / 8 * 1.3
    assert data[24] == 1  # bit depth in the header
