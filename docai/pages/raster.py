"""Image files: PNG, JPEG, WebP, BMP and multi-page TIFF, by Pillow."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from docai.errors import DocumentError
from docai.imaging.geometry import POINTS_PER_INCH
from docai.pages import media
from docai.pages.file import PagePlan, TextLayer, translate_errors
from docai.pages.limits import STAGE, PageLimits, check_page_count, check_pixels
from docai.types import ImageKind, Issue, PageImage

_PLUGINS: dict[str, tuple[str, ...]] = {
    media.TIFF: ("TIFF",),
    media.PNG: ("PNG",),
    media.JPEG: ("JPEG", "MPO"),
    media.WEBP: ("WEBP",),
    media.BMP: ("BMP", "DIB"),
}
_EXIF_ORIENTATION = 274
_NATIVE_MODES = frozenset({"1", "L", "P", "RGB", "RGBX"})
_A4_LONG_IN = 11.69
_LEGAL_LONG_IN = 14.0
_ASSUMED_DPI = 200.0
_NOMINAL_DPI = frozenset({1.0, 72.0, 96.0})


class RasterFile:
    """An image file; only a TIFF has more than one page. Turned by its EXIF orientation, if it has one."""

    def __init__(self, path: Path, uri: str, media_type: str, limits: PageLimits) -> None:
        self.media_type = media_type
        self._uri = uri
        self._limits = limits
        self._plans: dict[int, PagePlan] = {}
        with translate_errors(uri), _silence():
            try:
                self._image = Image.open(path, formats=_PLUGINS[media_type])
            except Image.DecompressionBombError as error:
                raise DocumentError(
                    "too-large",
                    f"the image has more than {limits.max_scan_pixels:,} pixels by its header",
                    document=uri,
                    page=1,
                    stage=STAGE,
                    hint="scan it at a lower resolution",
                ) from error
            self.page_count = self._count_frames() if media_type == media.TIFF else 1

    def plan(self, number: int) -> PagePlan:
        with translate_errors(self._uri, number), _silence():
            return self._plan(number)

    def render(self, number: int) -> PageImage:
        with translate_errors(self._uri, number), _silence():
            plan = self._plan(number)
            pixels, kind = decode_pixels(self._image)
            return PageImage(number, pixels, kind, plan.dpi_x, plan.dpi_y)

    def text_layer(self, number: int) -> TextLayer:
        return TextLayer()

    def find_damage(self) -> Issue | None:
        return None  # a broken image does not decode at all

    def close(self) -> None:
        self._image.close()

    def _count_frames(self) -> int:
        count = int(getattr(self._image, "n_frames", 1))
        check_page_count(count, self._limits, self._uri)
        return count

    def _plan(self, number: int) -> PagePlan:
        if self.page_count > 1:
            self._image.seek(number - 1)
        if number not in self._plans:  # before its pixels are loaded: Pillow drops a TIFF's orientation then
            self._plans[number] = self._make_plan(number)
        return self._plans[number]

    def _make_plan(self, number: int) -> PagePlan:
        check_pixels(*self._image.size, self._limits, self._uri, number)
        if self.media_type == media.PNG:
            self._image.load()  # a PNG may state its orientation after its pixels
        width, height = self._image.size
        turned = _orientation(self._image) >= 5
        if turned and self.media_type == media.TIFF:
            width, height = height, width  # Pillow gives a TIFF's size as it will be turned
        dpi_x, dpi_y = find_dpi(self._image.info.get("dpi"), width, height, self.media_type)
        if turned:
            width, height, dpi_x, dpi_y = height, width, dpi_y, dpi_x
        kind: ImageKind = "native" if self._image.mode in _NATIVE_MODES else "rendered"
        if "transparency" in self._image.info:
            kind = "rendered"
        return PagePlan(width * POINTS_PER_INCH / dpi_x, height * POINTS_PER_INCH / dpi_y, dpi_x, dpi_y, kind)


def find_dpi(
    stated: tuple[float, float] | None, width_px: int, height_px: int, media_type: str
) -> tuple[float, float]:
    """DPI of an image file: what it states where that can be true, else what its size suggests.

    A stated DPI counts when the sheet comes out between 0.5 and 24 inches. 72 and 96 are what software
    writes when it does not know (TIFF from scanners excepted). Without: 200, a usual setting of receipt
    and office scanners, unless the sheet would be longer than legal paper (14 inches) and is no strip:
    then it is taken for a photograph of an A4 or letter page.
    """
    if stated is not None:
        x, y = float(stated[0]), float(stated[1])
        nominal = x in _NOMINAL_DPI and media_type != media.TIFF
        if x > 0 and y > 0 and not nominal:
            sides = (width_px / x, height_px / y)
            if min(sides) >= 0.5 and max(sides) <= 24 and 0.25 <= x / y <= 4:
                return x, y
    long_px, short_px = max(width_px, height_px), min(width_px, height_px)
    if long_px > _LEGAL_LONG_IN * _ASSUMED_DPI and long_px < 3 * short_px:
        return long_px / _A4_LONG_IN, long_px / _A4_LONG_IN
    return _ASSUMED_DPI, _ASSUMED_DPI


def decode_pixels(image: Image.Image) -> tuple[NDArray[np.uint8], ImageKind]:
    """Pixels of the current frame, gray or RGB, and whether no value was changed on the way.

    Black-and-white becomes 0 and 255, palettes their colours, transparency white paper.
    """
    image.load()
    righted = ImageOps.exif_transpose(image)
    kind: ImageKind = "native" if righted.mode in _NATIVE_MODES else "rendered"
    mode = righted.mode
    if mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in righted.info:
        kind = "rendered"
        layered = righted.convert("RGBA")
        if layered.getchannel("A").getextrema() == (255, 255):
            righted = layered.convert("RGB")
        else:
            paper = Image.new("RGBA", layered.size, "white")
            paper.alpha_composite(layered)
            righted = paper.convert("RGB")
    elif mode.startswith("I") or mode == "F":
        return _stretch(np.asarray(righted)), "rendered"
    elif mode == "1":
        righted = righted.convert("L")
    elif mode not in ("L", "RGB"):
        righted = righted.convert("RGB")
    return np.array(righted, dtype=np.uint8), kind


def _stretch(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """16- and 32-bit gray -> 8 bits; deeper than 16 bits by its own range, since nothing states one."""
    plane = np.nan_to_num(values.astype(np.float32))
    top = 65535.0 if float(plane.max()) > 255 else 255.0
    if float(plane.max()) > 65535 or float(plane.min()) < 0:
        plane = plane - plane.min()
        top = float(plane.max()) or 1.0
    return np.asarray(np.clip(plane * (255.0 / top) + 0.5, 0, 255), dtype=np.uint8)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_EXIF_ORIENTATION, 1))
    except Exception:  # a broken EXIF block must not cost the page
        return 1


def _silence() -> warnings.catch_warnings[None]:
    """Pillow warns about what it survives; the limits here are docai's own."""
    return warnings.catch_warnings(action="ignore")
