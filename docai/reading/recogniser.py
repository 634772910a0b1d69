"""Line recognition with PP-OCRv6 small: CTC, words split at the spaces that it reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from docai.reading.alphabet import allowed_letters
from docai.reading.ppocr import RECOGNISER, Pixels, Quad, crop_line, open_session, planes_of
from docai.reading.tokens import Line, PixelBox, Token, line_of
from docai.reading.vocabulary import trim_vocabulary


class LineRecogniser:
    """Reads single lines, with the letters of the given languages alone where those are known."""

    def __init__(self, folder: Path, languages: Sequence[str] = ()) -> None:
        session = open_session(folder / RECOGNISER)
        listed = session.get_modelmeta().custom_metadata_map["character"].splitlines()
        every = ["", *listed, " "]
        allowed = allowed_letters(languages) if languages else None
        self.known = frozenset(listed)
        self._columns: NDArray[np.int64] | None = None
        self._characters = every
        if allowed is not None:
            kept = [i for i, c in enumerate(every) if i == 0 or c in allowed]
            self._characters = [every[i] for i in kept]
            try:
                model = trim_vocabulary((folder / RECOGNISER).read_bytes(), len(every), kept)
                session = open_session(model)
            except ValueError:
                self._columns = np.array(kept)
        self._session = session
        self._input = session.get_inputs()[0].name

    def read_lines(self, pixels: Pixels, quads: Sequence[Quad]) -> list[Line | None]:
        """One line (or None where nothing is read) for each quad, words split at the spaces it reads."""
        return [self.read_line(pixels, quad) for quad in quads]

    def read_line(self, pixels: Pixels, quad: Quad) -> Line | None:
        crop = crop_line(pixels, quad)
        batch = np.ascontiguousarray(planes_of(crop)[None])
        scores = self._session.run(None, {self._input: batch})[0][0]
        if self._columns is not None:
            scores = scores[:, self._columns]
        tokens = self._tokens(scores, quad)
        return line_of(tokens) if tokens else None

    def _tokens(self, scores: NDArray[np.float32], quad: Quad) -> list[Token]:
        best = scores.argmax(axis=1)
        value = scores[np.arange(len(best)), best]
        starts = np.flatnonzero((best != 0) & (best != np.concatenate([[0], best[:-1]])))
        tokens: list[Token] = []
        group: list[int] = []
        for start in [*starts.tolist(), None]:
            character = " " if start is None else self._characters[best[start]]
            if start is not None and not character.isspace():
                group.append(start)
                continue
            if group:
                text = "".join(self._characters[best[i]] for i in group)
                box = _token_box(group[0], group[-1], len(best), quad)
                tokens.append(Token(text, box, float(value[group].mean())))
                group = []
        return tokens


def _token_box(first: int, last: int, steps: int, quad: Quad) -> PixelBox:
    """The upright hull of the part of the line between two CTC steps, half a letter around each."""
    left, right = max(0.0, (first - 0.5) / steps), min(1.0, (last + 1.5) / steps)
    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    corners = np.array(
        [quad[0] + top * left, quad[0] + top * right, quad[3] + bottom * right, quad[3] + bottom * left]
    )
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)
