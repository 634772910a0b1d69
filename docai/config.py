"""Settings from the environment and pipeline files. Read by `wiring` and `cli` alone, once.

A pipeline is a YAML recipe: which schema, how pages are read, which engine, what enters the values:

    schema: contract
    reading: {languages: [eng, deu]}
    output: {keep_seen: true}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from docai.errors import ConfigError
from docai.schema.text import parse_yaml

ENVIRONMENT_PREFIX = "DOCAI_"
_ModelT = TypeVar("_ModelT", bound=BaseModel)
_Lines = dict[tuple[str | int, ...], int]


def _split_languages(value: Any) -> Any:
    return tuple(part for part in re.split(r"[+,\s]+", value) if part) if isinstance(value, str) else value


def _check_language(value: str) -> str:
    if not re.fullmatch(r"[a-z]{3}(_[A-Za-z]{2,10})?", value):
        raise ValueError(f"{value!r} is no language code of three letters (eng, deu, fra …)")
    return value


def _check_url(value: Any) -> Any:
    if isinstance(value, str) and not re.match(r"https?://[^\s/]", value):
        raise ValueError(f"{value!r} is no address of a server (http://host:port/v1)")
    return value


Language = Annotated[str, BeforeValidator(_check_language)]
Languages = Annotated[tuple[Language, ...], BeforeValidator(_split_languages), Field(min_length=1)]
Url = Annotated[str, BeforeValidator(_check_url)]
EngineName = Literal["auto", "vlm", "extractive"]
PagesAsked = Literal["all", "relevant"]
ContextTold = Literal["auto", "none"]
PixelsShown = Literal["native", "legible"]
GrammarForm = Literal["auto", "json_schema", "json_object", "structured_outputs", "none"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Settings(_Section):
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
    qdrant_api_key: str | None = Field(default=None, repr=False)
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
            raise ConfigError("setting-invalid", f"{variable}: {_reason(first)}") from error


class PagesSection(_Section):
    """How files become pages. `dpi` fixes the resolution of pages that are rendered (scans keep theirs)."""

    password: str | None = Field(default=None, repr=False)
    split: bool = False
    dpi: int | None = Field(default=None, ge=72, le=1200)


class ReadingSection(_Section):
    """How pages become words. `languages`: three-letter codes, most frequent first."""

    languages: Languages = ("eng",)


class EngineSection(_Section):
    """Which engine extracts. `base_url`: of an OpenAI-compatible server; nothing else is ever contacted. Its
    key is no part of a recipe: it comes from `DOCAI_API_KEY` alone.

    `pages`: which of them the model is asked about; `context`: what it is told of other pages; `pixels`: a
    page's own, or shrunk as far as its smallest text stays legible; `grammar`: how the server is told which
    JSON a reply may be (`none`: by words alone); `ca_file`: PEM of the authority behind its certificate;
    `timeout_s`: for one reply, its time in the server's queue included.
    """

    name: EngineName = "auto"
    base_url: Url | None = None
    model: str | None = Field(default=None, min_length=1)
    pages: PagesAsked = "all"
    context: ContextTold = "auto"
    pixels: PixelsShown = "native"
    grammar: GrammarForm = "auto"
    ca_file: Path | None = None
    timeout_s: float = Field(default=600.0, gt=0)


class OutputSection(_Section):
    """What enters `values` beyond proven values."""

    keep_unsupported: bool = False
    keep_seen: bool = False


class LimitsSection(_Section):
    """What one document may cost: memory of a worker, seconds for a step, pixels of a page.

    `workers`: processes, 0 for none, None for one a core.
    """

    workers: int | None = Field(default=None, ge=0, le=1024)
    memory_mb: int = Field(default=2048, ge=256)
    timeout_s: float = Field(default=60.0, gt=0)
    max_pixels: int = Field(default=180_000_000, ge=1_000_000)


class Pipeline(_Section):
    """A recipe. `sources`: files or folders; `schema` (here `schema_`): a name, a file or `module:Class`."""

    name: str = ""
    description: str = ""
    schema_: str | None = Field(default=None, alias="schema")
    sources: tuple[str, ...] = ()
    pages: PagesSection = PagesSection()
    reading: ReadingSection = ReadingSection()
    engine: EngineSection = EngineSection()
    output: OutputSection = OutputSection()
    limits: LimitsSection = LimitsSection()


def list_pipelines() -> tuple[str, ...]:
    """Names of the pipelines that ship with docai, sorted."""
    return tuple(sorted(path.stem for path in _shipped_dir().glob("*.yaml")))


def load_pipeline(source: str | Path) -> Pipeline:
    """A shipped pipeline by name, or a YAML file. Raises ConfigError with file, line and key."""
    text = str(source)
    if isinstance(source, str) and text in list_pipelines():
        return _read_pipeline(_shipped_dir() / f"{text}.yaml", text)
    path = Path(source).expanduser()
    if path.is_file():
        return _read_pipeline(path, path.stem)
    names = list_pipelines()
    close = get_close_matches(text, names, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"shipped pipelines: {', '.join(names)}"
    raise ConfigError("pipeline-not-found", f"no pipeline and no file named {text!r}", hint=hint)


def pipeline_for_folder(path: str | Path) -> Pipeline | None:
    """The shipped pipeline whose name the folder has (`contracts/`, `Scanned-Invoices` …), else None.

    The folder's whole name counts, with spaces, hyphens and underscores alike, singular or plural.
    """
    folder = Path(path)
    if not folder.is_dir():
        return None
    wanted = _folder_key(folder.resolve().name)
    return next((load_pipeline(name) for name in list_pipelines() if _folder_key(name) == wanted), None)


def _folder_key(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.casefold()).strip("_").removesuffix("s")


def _shipped_dir() -> Path:
    """`docai/pipelines` in a wheel; in a checkout (editable install) the top-level `pipelines`."""
    here = Path(__file__).resolve().parent
    inside = here / "pipelines"
    return inside if inside.is_dir() else here.parent / "pipelines"


def _read_pipeline(path: Path, name: str) -> Pipeline:
    content, lines = _read_yaml(path)
    try:
        pipeline = Pipeline.model_validate({"name": name, **content})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        location = tuple(first["loc"])
        key = ".".join(str(part) for part in location)
        message = f"{path}:{_line_of(lines, location)}: {key}: {_reason(first)}"
        raise ConfigError("pipeline-invalid", message, hint=_hint(first)) from error
    engine = pipeline.engine
    if engine.ca_file is not None:
        engine = engine.model_copy(update={"ca_file": path.parent / engine.ca_file.expanduser()})
    return pipeline.model_copy(update={"schema_": _beside(path, pipeline.schema_), "engine": engine})


def _beside(path: Path, schema: str | None) -> str | None:
    """A schema file is named as seen from the pipeline file."""
    if schema is None:
        return None
    candidate = path.parent / schema
    return str(candidate) if candidate.is_file() else schema


def _read_yaml(path: Path) -> tuple[dict[str, Any], _Lines]:
    import yaml

    try:
        text = path.read_text(encoding="utf-8-sig")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = parse_yaml(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError("pipeline-invalid", f"{path}:{line}: {error.problem or error}") from error
    except yaml.YAMLError as error:
        raise ConfigError("pipeline-invalid", f"{path}: {' '.join(str(error).split())}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError("pipeline-unreadable", f"{path}: {error}") from error
    if content is None:
        return {}, {}
    if not isinstance(content, dict):
        raise ConfigError("pipeline-invalid", f"{path}:1: a pipeline is a mapping of sections")
    return content, dict(_marks(node, (), path))


def _marks(node: Any, at: tuple[str | int, ...], path: Path) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Line (from 1) of every key and item; refuses a key that stands twice, which YAML would let pass."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line, name = key.start_mark.line + 1, str(key.value)
            if name in seen:
                reason = f"{path}:{line}: {name} stands twice (first on line {seen[name]})"
                raise ConfigError("pipeline-invalid", reason)
            seen[name] = line
            yield (*at, name), line
            yield from _marks(value, (*at, name), path)
    elif isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            yield (*at, i), item.start_mark.line + 1
            yield from _marks(item, (*at, i), path)


def _line_of(lines: _Lines, location: tuple[str | int, ...]) -> int:
    while location and location not in lines:
        location = location[:-1]
    return lines.get(location, 1)


def _reason(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "unknown key"
    if error["type"] in ("model_type", "model_attributes_type"):
        return f"must be a section of keys, not {error['input']!r}"
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{message} (not {error['input']!r})" if error["type"] != "value_error" else message


def _hint(error: Any) -> str | None:
    if error["type"] != "extra_forbidden":
        return None
    model: type[BaseModel] = Pipeline
    for part in error["loc"][:-1]:
        model = type(model.model_fields[str(part)].default)
    names = [info.alias or name for name, info in model.model_fields.items()]
    close = get_close_matches(str(error["loc"][-1]), names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(names)}"
