"""Whether a PDF page is nothing but one scan, and at which resolution pages with images are drawn.

The rules are those measured on real scans: taking the embedded image is right only if the page shows one
image and invisible text, upright, over the whole page, and nothing clips, tints or covers it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

from docai.imaging.geometry import POINTS_PER_INCH
from docai.pages.mupdf import pymupdf

Proof = Literal["certain", "alike", "equal"]
"""What still has to be seen before the scan's own pixels stand for the page: nothing; that the page as
drawn looks like it (it is alone, but an operator could clip or tint it, or the page is cropped); that the
page as drawn has the very same pixels (something lies under it)."""

_COVER_TOLERANCE_PT = 1.0
_SKEW_TOLERANCE_PT = 0.05
_DOMINANT_SHARE = 0.5
# Gray, RGB or a palette of them; inks (CMYK, Separation) have no pixels of their own on a screen.
_PLAIN_SPACE = re.compile(r"(?:Indexed\(\d{1,5},)?(?:Device|Cal|ICCBased\()(?:Gray|RGB)")
# Operators that may hide, tint or clip what the image shows, or hide it in a form. Letters inside strings
# match as well, which costs a comparison and nothing else.
_SUSPECT = re.compile(rb"(?<![\w/.])(?:W\*?|gs|sh|Do|BI)(?![\w])")
_PAINTED = re.compile(rb"/([^\s/<>\[\]()%]{1,127})\s{1,8}Do\b")


@dataclass(frozen=True, slots=True)
class Scan:
    """The image that makes a page.

    `width_px`, `height_px` as embedded; `dpi_x`, `dpi_y` as placed, before /Rotate. `proof`: what its own
    pixels need to stand for the page, None if they cannot.
    """

    xref: int
    width_px: int
    height_px: int
    dpi_x: float
    dpi_y: float
    proof: Proof | None


def find_scan(page: Any) -> Scan | None:
    """The image that covers most of a pymupdf page, or None for a digital-born one. Decodes nothing.

    Of several (a scan in layers) the finest one counts, since it holds the text. Strips of one resolution
    that cover most of the page together count as one image without an xref.
    """
    infos = page.get_image_info()
    sheet = pymupdf.Rect(0, 0, page.cropbox.width, page.cropbox.height)
    images: list[tuple[Any, ...]] = page.get_images(full=True) if infos else []
    scans: list[Scan] = []
    strips: dict[tuple[int, int], float] = {}
    for info in infos:
        shown = pymupdf.Rect(info["bbox"]) & sheet
        dpi = _placed_dpi(info, info["width"], info["height"])
        if shown.is_empty or dpi is None:
            continue
        share = shown.width * shown.height / (sheet.width * sheet.height)
        if share >= _DOMINANT_SHARE:
            scans.append(_measure(page, info, images, tuple(sheet), len(infos)))
        else:
            key = (round(dpi[0]), round(dpi[1]))
            strips[key] = strips.get(key, 0.0) + share
    if not scans and strips:
        key = max(strips, key=lambda k: strips[k])
        if strips[key] >= _DOMINANT_SHARE:
            return Scan(0, 0, 0, *_strip_dpi(infos, key), None)
    return max(scans, key=lambda s: s.dpi_x * s.dpi_y, default=None)


def scan_dpi(scan: Scan, rotation: int) -> tuple[float, float]:
    """DPI of the scan on the page as shown, after /Rotate."""
    return (scan.dpi_y, scan.dpi_x) if rotation % 180 else (scan.dpi_x, scan.dpi_y)


def is_text_covered(page: Any) -> bool:
    """Whether an image over the whole page is painted after all text, so that none of it shows."""
    sheet = pymupdf.Rect(0, 0, page.cropbox.width, page.cropbox.height)
    covered = False
    for kind, box, *_ in page.get_bboxlog():
        if kind == "fill-image":
            shown = pymupdf.Rect(box) & sheet
            if not shown.is_empty and shown.width * shown.height >= 0.9 * sheet.width * sheet.height:
                covered = True
        elif kind in ("fill-text", "stroke-text"):
            covered = False
    return covered


def _placed_dpi(info: dict[str, Any], width_px: int, height_px: int) -> tuple[float, float] | None:
    """DPI across and down the page, before /Rotate, of an image as placed; None if it has no size."""
    a, b, c, d, _, _ = info["transform"]
    across, down = math.hypot(a, b), math.hypot(c, d)
    if min(across, down) <= 0 or min(width_px, height_px) < 1:
        return None
    dpi = width_px * POINTS_PER_INCH / across, height_px * POINTS_PER_INCH / down
    return dpi[::-1] if abs(b) > abs(a) else dpi


def _strip_dpi(infos: list[dict[str, Any]], key: tuple[int, int]) -> tuple[float, float]:
    """The exact DPI of the largest of the strips that round to `key`."""
    best, largest = (float(key[0]), float(key[1])), 0
    for info in infos:
        dpi = _placed_dpi(info, info["width"], info["height"])
        if dpi and (round(dpi[0]), round(dpi[1])) == key and info["width"] * info["height"] > largest:
            best, largest = dpi, info["width"] * info["height"]
    return best


def _measure(
    page: Any,
    info: dict[str, Any],
    images: list[tuple[Any, ...]],
    sheet: tuple[float, float, float, float],
    count: int,
) -> Scan:
    a, b, c, d, _, _ = info["transform"]
    width, height = info["width"], info["height"]
    image, on_page = _find_entry(page, info, images)
    masked = bool(info.get("has-mask"))
    fine = _mask_size(page, image, (width, height)) if masked else (width, height)
    dpi_x, dpi_y = _placed_dpi(info, *fine) or (POINTS_PER_INCH, POINTS_PER_INCH)
    upright = a > 0 and d > 0 and max(abs(b), abs(c)) <= _SKEW_TOLERANCE_PT
    gap = max(abs(float(u) - float(v)) for u, v in zip(info["bbox"], sheet, strict=True))
    proof: Proof | None = None
    if upright and gap <= _COVER_TOLERANCE_PT and image is not None and not masked and _is_plain(info):
        proof = _find_proof(page, on_page, count)
    return Scan(image[0] if image else 0, width, height, dpi_x, dpi_y, proof)


def _find_entry(
    page: Any, info: dict[str, Any], images: list[tuple[Any, ...]]
) -> tuple[tuple[Any, ...] | None, bool]:
    """The one image of the page's resources that this can be, and whether the page itself paints it.

    A scanned file may list every page's image in resources that all pages share: then the name that the
    contents paint tells. None where several would fit.
    """
    fitting = [image for image in images if (image[2], image[3]) == (info["width"], info["height"])]
    if len(fitting) > 1:
        painted = set(_PAINTED.findall(page.read_contents()))
        fitting = [image for image in fitting if image[7].encode() in painted]
    if len({image[0] for image in fitting}) != 1:
        return None, False
    # The last entry is the xref of the form that holds the image: 0 for the page itself.
    return fitting[0], fitting[0][-1] == 0


def _mask_size(page: Any, image: tuple[Any, ...] | None, size: tuple[int, int]) -> tuple[int, int]:
    """Size of an image or of its mask, whichever is finer: in layered scans the mask is the text."""
    if image is None or image[1] <= 0:
        return size
    sides = [page.parent.xref_get_key(image[1], key) for key in ("Width", "Height")]
    if all(kind == "int" for kind, _ in sides):
        return max(size, (int(sides[0][1]), int(sides[1][1])))
    return size


def _is_plain(info: dict[str, Any]) -> bool:
    """8 bits or fewer a component, in gray, RGB or a palette of them."""
    return info["bpc"] <= 8 and bool(_PLAIN_SPACE.match(str(info.get("cs-name") or "")))


def _find_proof(page: Any, on_page: bool, count: int) -> Proof:
    kinds = [kind for kind, *_ in page.get_bboxlog()]
    if count != 1 or kinds.count("fill-image") != 1 or set(kinds) - {"fill-image", "ignore-text"}:
        return "equal"
    plain = (
        on_page
        and page.first_annot is None
        and page.first_widget is None
        and page.cropbox == page.mediabox
        and _SUSPECT.findall(page.read_contents()) == [b"Do"]
    )
    return "certain" if plain else "alike"
