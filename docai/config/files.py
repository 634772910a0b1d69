"""Pipeline files: YAML that is refused with file, line and key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from docai.config.kinds import describe_refusal
from docai.config.sections import Pipeline
from docai.errors import ConfigError
from docai.schema.text import parse_yaml

_Lines = dict[tuple[str | int, ...], int]


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


def describe_pipeline(pipeline: Pipeline) -> str:
    """The whole recipe as YAML, defaults spelt out, a password left out."""
    import yaml

    content = pipeline.model_dump(mode="json", by_alias=True, exclude={"name": True, "pages": {"password"}})
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)


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
    here = Path(__file__).resolve().parent.parent
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
        message = f"{path}:{_line_of(lines, location)}: {key}: {describe_refusal(first)}"
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


def _hint(error: Any) -> str | None:
    if error["type"] != "extra_forbidden":
        return None
    model: type[BaseModel] = Pipeline
    for part in error["loc"][:-1]:
        model = type(model.model_fields[str(part)].default)
    names = [info.alias or name for name, info in model.model_fields.items()]
    close = get_close_matches(str(error["loc"][-1]), names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(names)}"
