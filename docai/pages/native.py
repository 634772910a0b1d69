"""Whether a PDF page is nothing but one scan, and the scan's own pixels if so.

The rules are those measured on real scans: taking the embedded image is right only if the page shows
one image and invisible text, upright, over the whole page, without crop box, annotation or mask.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymupdf as untyped
from numpy.typing import NDArray

from docai.imaging.geometry import POINTS_PER_INCH

pymupdf: Any = untyped
_COVER_TOLERANCE_PT = 1.0
_SKEW_TOLERANCE_PT = 0.05
_DOMINANT_SHARE = 0.5
_PLAIN_SPACES = ("DeviceGray", "DeviceRGB", "ICCBased", "Indexed", "CalGray", "CalRGB", "Gray", "RGB")
# Operators that may hide, tint or clip what the image shows; letters inside strings match as well, which
# costs a comparison and nothing else.
_SUSPECT = re.compile(rb"(?<![\w/.])(?:W\*?|gs|sh|Do|BI)(?![\w])")
_PAINTED = re.compile(rb"/([^\s/<>\[\]()%]{1,127})\s{1,8}Do\b")


@dataclass(frozen=True, slots=True)
class Scan:
    """The image that makes a page.

    `width_px`, `height_px` as embedded; `scale_x`, `scale_y` pixels per point as placed, before /Rotate.
    `alone`: nothing else can show, so that its pixels are the page; else only a comparison can tell.
    `whole`: upright and over the whole page, so that its pixels may be the page at all.
    """

    xref: int
    width_px: int
    height_px: int
    scale_x: float
    scale_y: float
    alone: bool
    whole: bool


def find_scan(page: Any) -> Scan | None:
    """The image that covers most of a pymupdf page, or None for a digital-born one. Decodes nothing."""
    infos = page.get_image_info()
    sheet = pymupdf.Rect(0, 0, page.cropbox.width, page.cropbox.height)
    best, best_area = None, 0.0
    for info in infos:
        shown = pymupdf.Rect(info["bbox"]) & sheet
        size = 0.0 if shown.is_empty else shown.width * shown.height
        if size > best_area:
            best, best_area = info, size
    if best is None or best_area < _DOMINANT_SHARE * sheet.width * sheet.height:
        return None
    a, b, c, d, _, _ = best["transform"]
    across, down = float(np.hypot(a, b)), float(np.hypot(c, d))
    if min(across, down) <= 0 or min(best["width"], best["height"]) < 1:
        return None
    scales = (best["width"] / across, best["height"] / down)
    scale_x, scale_y = scales[::-1] if abs(b) > abs(a) else scales
    xref, on_page = _find_xref(page, best)
    upright = a > 0 and d > 0 and max(abs(b), abs(c)) <= _SKEW_TOLERANCE_PT
    gap = max(abs(float(u) - float(v)) for u, v in zip(best["bbox"], sheet, strict=True))
    whole = upright and gap <= _COVER_TOLERANCE_PT and xref > 0 and _is_plain(best)
    alone = whole and on_page and len(infos) == 1 and _stands_alone(page)
    return Scan(xref, best["width"], best["height"], scale_x, scale_y, alone, whole)


def _find_xref(page: Any, info: dict[str, Any]) -> tuple[int, bool]:
    """The one image of the page's resources that this can be, and whether the page itself paints it.

    A scanned file may list every page's image in resources that all pages share: then the name that the
    contents paint tells. 0 where several would fit.
    """
    size = (info["width"], info["height"])
    images = [image for image in page.get_images(full=True) if (image[2], image[3]) == size]
    if len(images) > 1:
        painted = set(_PAINTED.findall(page.read_contents()))
        images = [image for image in images if image[7].encode() in painted]
    if len({image[0] for image in images}) != 1:
        return 0, False
    # The last entry is the xref of the form that holds the image: 0 for the page itself.
    return int(images[0][0]), images[0][-1] == 0


def scan_dpi(scan: Scan, rotation: int) -> tuple[float, float]:
    """DPI of the scan on the page as shown, after /Rotate."""
    x, y = scan.scale_x * POINTS_PER_INCH, scan.scale_y * POINTS_PER_INCH
    return (y, x) if rotation % 180 else (x, y)


def extract_pixels(document: Any, scan: Scan, rotation: int) -> NDArray[np.uint8] | None:
    """The scan's own pixels, turned by /Rotate; None where they are not plain gray or RGB.

    Sample values as embedded: colour profiles are not applied, palettes and decode arrays are.
    """
    pixmap = pymupdf.Pixmap(document, scan.xref)
    if (
        pixmap.alpha
        or pixmap.n not in (1, 3)
        or (pixmap.width, pixmap.height) != (scan.width_px, scan.height_px)
    ):
        return None
    return np.ascontiguousarray(np.rot90(as_array(pixmap), -(rotation // 90) % 4))


def as_array(pixmap: Any) -> NDArray[np.uint8]:
    """A copy of a pixmap's samples, (height, width) gray or (height, width, 3)."""
    flat = np.frombuffer(pixmap.samples_mv, dtype=np.uint8)
    rows = flat.reshape(pixmap.height, pixmap.stride)[:, : pixmap.width * pixmap.n]
    if pixmap.n == 1:
        return rows.copy()
    return rows.reshape(pixmap.height, pixmap.width, pixmap.n).copy()


def _is_plain(info: dict[str, Any]) -> bool:
    """8 bits or fewer a component in gray, RGB or a palette of them, and no mask."""
    name = str(info.get("cs-name") or "")
    return (
        not info.get("has-mask")
        and info["bpc"] <= 8
        and info["colorspace"] in (1, 3)
        and any(space in name for space in _PLAIN_SPACES)
    )


def _stands_alone(page: Any) -> bool:
    """One image is painted straight from the page's contents, and else only invisible text."""
    if page.first_annot is not None or page.first_widget is not None:
        return False
    if page.cropbox != page.mediabox:
        return False
    kinds = [kind for kind, *_ in page.get_bboxlog()]
    if kinds.count("fill-image") != 1 or any(k not in ("fill-image", "ignore-text") for k in kinds):
        return False
    operators: list[bytes] = _SUSPECT.findall(page.read_contents())
    return operators == [b"Do"]
