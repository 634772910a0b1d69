"""Native pixels as a theorem: what Gemma 4's own image processor makes of docai's tiles is the tiles."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from docai.imaging.encoding import encode_png
from docai.imaging.profiles import find_profile
from docai.imaging.tiles import make_overview, plan_tiles
from docai.types import PageImage

if TYPE_CHECKING:
    from vllm_cpu import Built

pytestmark = pytest.mark.service

WORKER = Path(__file__).with_name("image_processor.py")
BUDGETS = (1120, 560)
MOST_PIXELS = 9_000_000
"""Of a page: A4 at 300 DPI. A larger one has more tiles, not other ones."""


class Processor:
    """The processor at work in the model's environment."""

    def __init__(self, python: Path) -> None:
        self._process = subprocess.Popen(
            [str(python), str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def see(self, pixels: NDArray[np.uint8], budget: int) -> NDArray[np.float32]:
        """The picture as the model gets it: rows x columns x 3, from 0 to 1."""
        png = encode_png(pixels)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"%d %d\n" % (budget, len(png)) + png)
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the processor ended: standard error says why"
        rows, columns = map(int, answer.split())
        data = self._process.stdout.read(rows * columns * 3 * 4)
        return np.frombuffer(data, np.float32).reshape(rows, columns, 3)

    def close(self) -> None:
        self._process.communicate(timeout=60)


@pytest.fixture(scope="module")
def processor(vllm_built: Built) -> Iterator[Processor]:
    made = Processor(vllm_built.python)
    yield made
    made.close()


@st.composite
def draw_pages(draw: st.DrawFn) -> PageImage:
    """Noise of any size: no pixel can be found again in the wrong place, none resampled goes unnoticed."""
    width = draw(st.integers(1, 3600))
    height = draw(st.integers(1, min(3600, MOST_PIXELS // width)))
    dpi_x, dpi_y = draw(
        st.sampled_from([(72.0, 72.0), (204.0, 98.0), (200.0, 200.0), (300.0, 300.0), (600.0, 600.0)])
    )
    colour = draw(st.booleans())
    noise = np.random.default_rng(draw(st.integers(0, 2**32)))
    pixels = noise.integers(0, 256, (height, width, 3) if colour else (height, width), np.uint8)
    return PageImage(1, pixels, "native", dpi_x, dpi_y)


def as_rgb(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)


def assert_seen_as_it_is(seen: NDArray[np.float32], sent: NDArray[np.uint8]) -> None:
    assert seen.shape[:2] == sent.shape[:2]
    bytes_seen = np.rint(seen * 255)
    assert np.abs(seen * 255 - bytes_seen).max() < 1e-3
    np.testing.assert_array_equal(bytes_seen.astype(np.uint8), as_rgb(sent))


@pytest.mark.parametrize("budget", BUDGETS)
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow],
)
@given(page=draw_pages(), turned=st.sampled_from([0, 90, 180, 270]))
def test_each_tile_of_any_page_reaches_the_model_with_its_own_pixels(
    processor: Processor, budget: int, page: PageImage, turned: int
) -> None:
    tiling = plan_tiles(page, find_profile("google/gemma-4-12B-it", budget), turned=turned)
    covered = np.zeros(tiling.image.pixels.shape[:2], bool)
    for spot in tiling.spots:
        tile = tiling.cut(spot)
        seen = processor.see(tile, budget)
        assert_seen_as_it_is(seen, tile)
        # One token a cell, as docai counts: two more mark the image.
        assert seen.shape[0] * seen.shape[1] // 48**2 + 2 == tiling.tile_tokens(spot)
        covered[spot.y_px : spot.y_px + spot.height_px, spot.x_px : spot.x_px + spot.width_px] = True
    assert covered.all()


@pytest.mark.parametrize("budget", BUDGETS)
def test_an_overview_is_seen_as_it_is_and_a_whole_page_is_not(processor: Processor, budget: int) -> None:
    pixels = np.random.default_rng(7).integers(0, 256, (2339, 1654), np.uint8)
    page = PageImage(1, pixels, "native", 200.0, 200.0)
    overview = make_overview(plan_tiles(page, find_profile("google/gemma-4-12B-it", budget)))
    assert_seen_as_it_is(processor.see(overview, budget), overview)
    # The reason for tiles: A4 at 200 DPI as one image loses a fifth to two fifths of its resolution.
    rows, columns, _ = processor.see(pixels, budget).shape
    assert (rows, columns) == {1120: (1872, 1344), 560: (1344, 912)}[budget]
