"""From a command's options to a job: settings, pipeline, schema and engine, checked before the first page."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docai.errors import ConfigError
from docai.wiring.embedding import IndexOptions
from docai.wiring.index_run import IndexRun
from docai.wiring.job import Job
from docai.wiring.parts import WorkerSpec

if TYPE_CHECKING:
    from docai.config import Pipeline, Settings
    from docai.types import Outcome
    from docai.wiring.asking import ModelSpec


def prepare_job(
    paths: Sequence[str | Path],
    *,
    workspace: str | Path | None = None,
    force: bool = False,
    workers: int | None = None,
    index: bool | None = None,
    embedding: str | None = None,
    records: bool = True,
    **options: Any,
) -> Job:
    """Check everything that can be checked before the first page: schema, pipeline, paths, languages.

    `index`: whether documents can be asked about afterwards (None: as the pipeline says, by default yes);
    `embedding`: by which model they are found (the workspace's, else MiniLM). `records` False: documents are
    read and indexed, and that is all. `options` as of `choose_parts`.
    Raises `ConfigError` for what cannot be used as given.
    """
    chosen = choose_parts(paths, records=records, **options)
    settings, recipe = chosen.settings, chosen.recipe
    return (Job if records else IndexRun)(
        chosen.places,
        chosen.spec,
        model=chosen.model,
        index=_choose_index(index, embedding, settings, recipe),
        workspace=find_or_make_workspace(workspace or settings.workspace),
        workers=chosen.count_workers(workers),
        force=force,
        memory_bytes=recipe.limits.memory_mb << 20,
        timeout_s=recipe.limits.timeout_s,
    )


@dataclass(frozen=True, slots=True)
class ChosenParts:
    """What options, environment and pipeline come to: places, workers' parts, model."""

    settings: Settings
    recipe: Pipeline
    places: list[Path]
    spec: WorkerSpec
    model: ModelSpec | None

    def count_workers(self, wanted: int | None) -> int:
        """Processes, 0 for none; by default one a core."""
        named = (wanted, self.settings.workers, self.recipe.limits.workers, os.cpu_count())
        return next((n for n in named if n is not None), 1)


def choose_parts(
    paths: Sequence[str | Path],
    *,
    schema: str | Path | type | dict[str, Any] | None = None,
    pipeline: str | None = None,
    engine: str | None = None,
    base_url: str | None = None,
    model: str | None = None,
    pages: str | None = None,
    context: bool | None = None,
    legible: bool | None = None,
    wait_s: float = 15.0,
    ca_file: str | Path | None = None,
    languages: tuple[str, ...] | None = None,
    password: str | None = None,
    split: bool | None = None,
    keep_unsupported: bool | None = None,
    records: bool = True,
) -> ChosenParts:
    """What commands that extract have in common.

    `base_url`, `model`: of an OpenAI-compatible server; its key comes from `DOCAI_API_KEY` alone. `pages`:
    `all` or `relevant`, which of them the model is asked about. `context`: whether it is told of other pages;
    `legible`: whether pages may be shrunk as far as their smallest text stays legible; None leaves each to
    the pipeline. `ca_file`: PEM of the authority behind the server's certificate. `records` False: no model
    is asked. Raises `ConfigError` for what cannot be used as given.
    """
    from docai.config import Pipeline, Settings, load_pipeline, pipeline_for_folder

    settings = Settings.from_environment(os.environ)
    named = pipeline or settings.pipeline
    recipe: Pipeline | None = load_pipeline(named) if named else None
    places = [Path(p) for p in paths] or [Path(p) for p in (recipe.sources if recipe else ())]
    if recipe is None and schema is None and len(places) == 1:
        recipe = pipeline_for_folder(places[0])
    recipe = recipe or Pipeline()
    asked = choose_model(engine, base_url, model, settings, recipe) if records else None
    if asked is not None:
        asked = replace(
            asked,
            only_relevant=(pages or recipe.engine.pages) == "relevant",
            context=recipe.engine.context == "auto" if context is None else context,
            legible=recipe.engine.pixels == "legible" if legible is None else legible,
            wait_s=wait_s,
            ca_file=Path(ca_file) if ca_file else asked.ca_file,
        )
    spec = _make_spec(schema, languages, password, split, keep_unsupported, settings, recipe)
    if asked is not None:
        spec = replace(spec, engine="vlm", all_pages=not asked.only_relevant)
    return ChosenParts(settings, recipe, places, spec, asked)


def _choose_index(
    wanted: bool | None, embedding: str | None, settings: Settings, recipe: Pipeline
) -> IndexOptions | None:
    if not (recipe.index.enabled if wanted is None else wanted):
        return None
    return IndexOptions(embedding or settings.embedding or recipe.index.embedding, settings.embedding_api_key)


_ENGINES = ("auto", "vlm", "extractive")


def choose_model(
    engine: str | None, base_url: str | None, model: str | None, settings: Settings, recipe: Pipeline
) -> ModelSpec | None:
    """The model that extracts, or None for the embedded engine. A server is used if one is configured, never
    because it happens to answer."""
    named = (engine, settings.engine, recipe.engine.name)
    wanted = next((name for name in named if name not in (None, "auto")), "auto")
    if wanted not in _ENGINES:
        raise ConfigError(
            "engine-unknown", f"there is no engine {wanted!r}", hint=f"one of {', '.join(_ENGINES)}"
        )
    url = base_url or settings.base_url or recipe.engine.base_url
    if wanted == "extractive" or (wanted == "auto" and not url):
        return None
    if not url:
        raise ConfigError(
            "no-base-url",
            "the engine vlm needs a model server",
            hint="give its address with --base-url http://host:8000/v1, or leave --engine out",
        )
    if not re.match(r"https?://[^\s/]", url):
        raise ConfigError("bad-url", f"{url!r} is no address of a server", hint="like http://host:8000/v1")
    from docai.wiring.asking import ModelSpec

    return ModelSpec(
        url,
        model or settings.model or recipe.engine.model,
        settings.api_key,
        grammar=recipe.engine.grammar,
        ca_file=settings.ca_file or recipe.engine.ca_file,
        timeout_s=recipe.engine.timeout_s,
    )


def _make_spec(
    schema: str | Path | type | dict[str, Any] | None,
    languages: tuple[str, ...] | None,
    password: str | None,
    split: bool | None,
    keep_unsupported: bool | None,
    settings: Settings,
    recipe: Pipeline,
) -> WorkerSpec:
    """What workers are made of: options first, then the environment, then the pipeline."""
    from docai.schema import load_schema

    wanted = schema if schema is not None else recipe.schema_
    verification = recipe.verification
    return WorkerSpec(
        schema=load_schema(wanted) if wanted is not None else None,
        languages=languages or settings.languages or recipe.reading.languages,
        password=password or recipe.pages.password,
        split=recipe.pages.split if split is None else split,
        keep_unsupported=verification.keep_unsupported if keep_unsupported is None else keep_unsupported,
        keep_seen=verification.keep_seen,
        max_pixels=recipe.limits.max_pixels,
        dpi=recipe.pages.dpi,
        office=recipe.pages.office,
    )


def find_or_make_workspace(workspace: str | Path | None) -> Path:
    """The folder that holds (or will hold) `.docai`: the one named, the nearest upwards, or this one."""
    from docai.workspace import find_workspace

    if workspace is not None:
        return Path(workspace)
    return find_workspace(Path.cwd()) or Path.cwd()


def extract(
    paths: str | Path | Sequence[str | Path],
    *,
    schema: str | Path | type | dict[str, Any] | None = None,
    workspace: str | Path | None = None,
    workers: int | None = None,
    **options: Any,
) -> Iterator[Outcome]:
    """Records of files and folders, in the order of the listing; a file that fails gives a `Failure`.

    `schema`: a shipped name, a file, a pydantic model or a dict; None lets the content decide. `workers`:
    processes, 0 for none. `options` as of `docai extract`: languages, password, split, force, pipeline,
    engine, base_url, model, pages, keep_unsupported, index, embedding. Raises `ConfigError` or `ServiceError`
    before the first page for what cannot be used as given.
    """
    places = [paths] if isinstance(paths, str | Path) else list(paths)
    job = prepare_job(places, schema=schema, workspace=workspace, workers=workers, **options)
    with job:
        yield from job.run()
