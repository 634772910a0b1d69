"""Which engine a job gets: what is configured, never what merely answers."""

from __future__ import annotations

import subprocess
import sys

import pytest

from docai.config import EngineSection, Pipeline, Settings
from docai.errors import ConfigError
from docai.wiring.prepare import choose_model

URL = "http://gpu:8000/v1"
OTHER = "http://other:8000/v1"
NOTHING = Settings()


def choose(
    engine: str | None = None,
    base_url: str | None = None,
    settings: Settings = NOTHING,
    recipe: EngineSection | None = None,
) -> str | None:
    model = choose_model(engine, base_url, None, settings, Pipeline(engine=recipe or EngineSection()))
    return model.base_url if model else None


def test_auto_is_the_embedded_engine_until_a_server_is_configured() -> None:
    assert choose() is None
    assert choose("auto") is None
    assert choose(base_url=URL) == URL
    assert choose(settings=Settings(base_url=URL)) == URL
    assert choose(recipe=EngineSection(base_url=URL)) == URL


def test_an_option_comes_before_the_environment_and_that_before_a_pipeline() -> None:
    configured = Settings(base_url=OTHER, engine="vlm")
    assert choose(base_url=URL, settings=configured) == URL
    assert choose(settings=configured, recipe=EngineSection(base_url=URL)) == OTHER
    assert choose("extractive", URL, configured) is None
    assert choose(settings=Settings(base_url=URL, engine="extractive")) is None
    assert choose("auto", settings=Settings(base_url=URL), recipe=EngineSection(name="extractive")) is None


@pytest.mark.parametrize(("engine", "url"), [("vlm", None), ("gpt", URL), ("vlm", "gpu:8000")])
def test_what_cannot_be_used_is_refused_with_a_remedy(engine: str, url: str | None) -> None:
    with pytest.raises(ConfigError) as refused:
        choose(engine, url)
    assert refused.value.hint


def test_the_key_is_in_no_representation() -> None:
    settings = Settings(base_url=URL, api_key="sk-secret", model="m")
    model = choose_model(None, None, None, settings, Pipeline())
    assert model is not None
    assert model.api_key == "sk-secret"
    assert "sk-secret" not in repr(model)


def test_the_embedded_engine_loads_nothing_of_a_model_s_and_a_server_no_library_until_it_is_asked() -> None:
    code = """
import sys
from docai.config import Pipeline, Settings
from docai.wiring.parts import make_engine
from docai.wiring.prepare import choose_model
choose_model(None, None, None, Settings(), Pipeline())
make_engine("extractive")
assert not [name for name in sys.modules if name.startswith(("docai.llm", "docai.batch.asking", "openai"))]
choose_model(None, "http://gpu:8000/v1", None, Settings(), Pipeline())
assert "docai.llm.client" in sys.modules
assert "openai" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
