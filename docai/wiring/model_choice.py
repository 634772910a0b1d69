"""Which model composes answers, if any. Loads nothing where none is configured."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docai.wiring.asking import ModelSpec

WAIT_S = 15.0


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """What the user says about the model: as for `docai extract`, and the environment says what he does not.
    `wait_s`: for a server that is not ready at the start, or goes away in the middle."""

    engine: str | None = None
    base_url: str | None = None
    model: str | None = None
    ca_file: Path | None = None
    wait_s: float = WAIT_S

    def resolve(self) -> ModelSpec | None:
        """None for no model: a server is asked if one is configured, never because it happens to answer.

        Raises ConfigError for an engine or an address that there is not.
        """
        from docai.config import Pipeline, Settings, load_pipeline

        settings = Settings.from_environment(os.environ)
        recipe = load_pipeline(settings.pipeline) if settings.pipeline else Pipeline()
        urls = (self.base_url, settings.base_url, recipe.engine.base_url)
        engines = {self.engine, settings.engine, recipe.engine.name} - {None, "auto"}
        if not engines and not any(urls):
            return None
        from docai.wiring.prepare import choose_model

        spec = choose_model(self.engine, self.base_url, self.model, settings, recipe)
        if spec is None:
            return None
        return replace(spec, wait_s=self.wait_s, ca_file=self.ca_file or spec.ca_file)
