"""Are pages that docai calls `native` the embedded scan bit for bit, and are all pages native that may be?

    python benchmarks/native.py FOLDER... [--pages N]

For every PDF page: `allowed` follows the rules for lossless extraction, written here a second time from
PDF objects alone; `native` is what the renderer says; `equal` compares its pixels with the embedded image
as MuPDF decodes it and, for JPEG, as Pillow does (gray ones must agree; the two libraries scale chroma
differently, so that colour ones may not). Image files are compared with Pillow's own decoding.
"""

from __future__ import annotations

import argparse
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf as untyped
from PIL import Image, ImageOps

from docai.errors import DocaiError
from docai.pages.renderer import DocumentRenderer
from docai.types import PageImage

pymupdf: Any = untyped
_PLAIN_MODES = {"1": "L", "L": "L", "P": "RGB", "RGB": "RGB"}


def find_embedded(page: Any) -> tuple[int, bool] | None:
    """The xref of the one image that a page shows, and whether the rules allow its extraction."""
    images = {entry[0]: entry for entry in page.get_images(full=True)}
    try:
        shown = page.get_image_info(xrefs=True)
    except Exception:  # decodes every image of the page to find the one: hostile files break it
        return None
    if len(shown) != 1 or shown[0]["xref"] not in images:
        return None
    info, entry = shown[0], images[shown[0]["xref"]]
    kinds = Counter(kind for kind, *_ in page.get_bboxlog())
    a, b, c, d, _, _ = info["transform"]
    bare = (pymupdf.Rect(info["bbox"]) - page.cropbox + pymupdf.Rect(page.cropbox.tl, page.cropbox.tl)).norm()
    allowed = (
        kinds["fill-image"] == 1
        and set(kinds) <= {"fill-image", "ignore-text"}
        and page.cropbox == page.mediabox
        and not list(page.annots())
        and not list(page.widgets())
        and entry[1] == 0
        and info["bpc"] <= 8
        and info["colorspace"] in (1, 3)
        and a > 0
        and d > 0
        and abs(b) < 0.01
        and abs(c) < 0.01
        and bare < 2
    )
    return info["xref"], allowed


def embedded_pixels(document: Any, xref: int, rotation: int) -> list[np.ndarray[Any, Any]]:
    """The embedded image decoded by MuPDF and, if it is a JPEG without decode array, by Pillow."""
    pixmap = pymupdf.Pixmap(document, xref)
    array = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.stride)
    array = array[:, : pixmap.width * pixmap.n].reshape(pixmap.height, pixmap.width, pixmap.n)
    found = [array]
    if (
        document.xref_get_key(xref, "Filter")[1] == "/DCTDecode"
        and document.xref_get_key(xref, "Decode")[0] == "null"
    ):
        image = Image.open(io.BytesIO(document.xref_stream_raw(xref)))
        if image.mode in ("L", "RGB"):
            found.append(np.asarray(image).reshape(image.height, image.width, -1))
    return [np.rot90(pixels, -(rotation // 90)) for pixels in found]


def is_same(image: PageImage, expected: np.ndarray[Any, Any]) -> bool:
    mine = image.pixels if image.pixels.ndim == 3 else image.pixels[:, :, None]
    return mine.shape == expected.shape and bool((mine == expected).all())


def check_pdf(path: Path, most: int) -> Iterator[Counter[str]]:
    renderer = DocumentRenderer()
    document = renderer.open(path, path.name)
    raw = pymupdf.open(path, filetype="pdf")
    for page in list(renderer.pages(document))[:most]:
        image = renderer.render(page)
        row = Counter(pages=1, native=int(image.kind == "native"))
        row["broken promise"] = int(page.image_kind == "native" and image.kind != "native")
        source = raw[page.number - 1]
        embedded = find_embedded(source)
        if embedded is not None:
            row["allowed"] = int(embedded[1])
            row["allowed and native"] = int(embedded[1] and image.kind == "native")
        if image.kind == "native":
            decoded = embedded_pixels(raw, embedded[0], source.rotation) if embedded else []
            row["equal (MuPDF)"] = int(bool(decoded) and is_same(image, decoded[0]))
            if len(decoded) > 1:
                kind = "gray JPEG" if decoded[1].shape[2] == 1 else "colour JPEG"
                row[kind] = 1
                row[f"{kind} equal (Pillow)"] = int(is_same(image, decoded[1]))
        yield row


def check_image(path: Path) -> Iterator[Counter[str]]:
    renderer = DocumentRenderer()
    document = renderer.open(path, path.name)
    for page in renderer.pages(document):
        image = renderer.render(page)
        row = Counter(pages=1, native=int(image.kind == "native"))
        with Image.open(path) as raw:
            raw.seek(page.number - 1)
            upright = ImageOps.exif_transpose(raw)
            row["allowed"] = int(upright.mode in _PLAIN_MODES and "transparency" not in raw.info)
            row["allowed and native"] = int(row["allowed"] and image.kind == "native")
            expected = np.asarray(upright.convert(_PLAIN_MODES.get(upright.mode, "RGB")))
        if image.kind == "native":
            expected = expected.reshape(*expected.shape[:2], -1)
            row["equal (Pillow)"] = int(is_same(image, expected))
        yield row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--pages", type=int, default=10_000, help="at most so many pages of each file")
    arguments = parser.parse_args()
    for folder in arguments.folders:
        total: Counter[str] = Counter()
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            try:
                rows = check_pdf(path, arguments.pages) if path.suffix == ".pdf" else check_image(path)
                for row in rows:
                    total.update(row)
                    if row["native"] and not (row["equal (MuPDF)"] or row["equal (Pillow)"]):
                        print(f"  not equal: {path.name}")
                    if row["allowed"] and not row["native"]:
                        print(f"  allowed but not native: {path.name}")
            except DocaiError as error:
                total["failed"] += error.code != "not-a-document"
        print(f"{folder.parent.name}/{folder.name}: " + ", ".join(f"{k} {v}" for k, v in total.items() if v))


if __name__ == "__main__":
    main()
