"""What the environment says."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError

from docai.config.kinds import EngineName, Languages, Section, Url, describe_refusal
from docai.errors import ConfigError

ENVIRONMENT_PREFIX = "DOCAI_"


class Settings(Section):
    """What the environment says: `DOCAI_WORKSPACE`, `DOCAI_ENGINE`, `DOCAI_BASE_URL` and so on.

    Options of the command line come before it, a pipeline file after it.
    """

    workspace: Path | None = None
    pipeline: str | None = None
    engine: EngineName | None = None
    base_url: Url | None = None
    model: str | None = None
    api_key: str | None = Field(default=None, repr=False)
    ca_file: Path | None = None
    languages: Languages | None = None
    embedding: str | None = None
    embedding_api_key: str | None = Field(default=None, repr=False)
    qdrant: Url | None = None
    qdrant_api_key: str | None = Field(default=None, repr=False)
    rerank: Url | None = None
    rerank_api_key: str | None = Field(default=None, repr=False)
    workers: int | None = Field(default=None, ge=0)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Settings of `DOCAI_*` variables; empty ones count as unset. ConfigError names the variable."""
        known = {ENVIRONMENT_PREFIX + name.upper(): name for name in cls.model_fields}
        for variable in environment:
            if variable.startswith(ENVIRONMENT_PREFIX) and variable not in known:
                close = get_close_matches(variable, known, n=1, cutoff=0.8)
                if close:
                    hint = f"did you mean {close[0]}?"
                    raise ConfigError(
                        "setting-unknown", f"environment variable {variable} is unknown", hint=hint
                    )
        given = {name: environment[key] for key, name in known.items() if environment.get(key)}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            variable = ENVIRONMENT_PREFIX + str(first["loc"][0]).upper()
            raise ConfigError("setting-invalid", f"{variable}: {describe_refusal(first)}") from error
