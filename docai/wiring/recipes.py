"""Whether a pipeline can be used as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docai.errors import ConfigError

if TYPE_CHECKING:
    from docai.config import Pipeline


def check_pipeline(name: str) -> str:
    """One line that says what the pipeline does.

    Raises ConfigError for what it names and cannot be used here: a schema, a language that no installed
    engine reads, an embedding model. No server is contacted.
    """
    from docai.config import load_pipeline
    from docai.schema import load_schema

    recipe = load_pipeline(name)
    schema = load_schema(recipe.schema_) if recipe.schema_ else None
    _check_languages(recipe)
    _check_embedding(recipe)
    extracted = f"schema {schema.id} ({len(schema.fields)} fields)" if schema else "schema chosen by content"
    embedded = "a model server" if recipe.engine.name == "vlm" else "embedded engine"
    return f"{extracted}, read as {'+'.join(recipe.reading.languages)}, {recipe.engine.base_url or embedded}"


def _check_languages(recipe: Pipeline) -> None:
    from docai.reading.engines import Engines

    unknown = Engines(recipe.reading.languages, None).uncovered()
    if unknown:
        raise ConfigError(
            "language-not-covered",
            f"{recipe.name}: reading.languages: no installed engine reads {', '.join(unknown)}",
            hint=f"pip install tessdata-fast-{unknown[0]}, or leave it out",
        )


def _check_embedding(recipe: Pipeline) -> None:
    from docai.wiring.embedding import EmbeddingSpec

    choice = recipe.index.embedding
    if recipe.index.enabled and choice is not None and not choice.startswith(("http://", "https://")):
        try:
            EmbeddingSpec(choice).describe()
        except ConfigError as error:
            reason = f"{recipe.name}: index.embedding: {error.message}"
            raise ConfigError(error.code, reason, hint=error.hint) from error
