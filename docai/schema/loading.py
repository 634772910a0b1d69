"""Where a schema comes from: a shipped name, a JSON or YAML file, a pydantic model, a mapping."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docai.errors import ConfigError
from docai.schema.flatten import build_schema
from docai.schema.model import JsonDict, Schema
from docai.schema.resolve import invalid
from docai.schema.text import parse_json, parse_yaml

if TYPE_CHECKING:
    from pydantic import BaseModel


def load_schema(source: str | Path | Mapping[str, Any] | type[BaseModel]) -> Schema:
    """A schema from a shipped name, a JSON or YAML file, `module:Class`, a pydantic model or a mapping.

    Raises ConfigError (`schema-not-found`, `schema-unreadable`, `schema-invalid`) with the JSON Pointer of
    the place and the reason.
    """
    if isinstance(source, Mapping):
        return build_schema(dict(source), _id_of(source, "schema"), "the schema")
    if isinstance(source, type):
        return _from_model(source, source.__name__)
    text = str(source)
    if isinstance(source, str) and text in list_shipped():
        path = _shipped_dir() / f"{text}.json"
        return build_schema(_read_definition(path), text, f"schema {text}")
    path = Path(source).expanduser()
    if path.is_file():
        return build_schema(_read_definition(path), path.name.split(".")[0], str(path))
    reference = re.fullmatch(r"(.{1,500}):([A-Za-z_]\w{0,200})", text)
    if reference:
        return _from_model(_import_model(reference[1], reference[2]), text)
    raise _not_found(text)


def list_shipped() -> tuple[str, ...]:
    """Names of the schemas that ship with docai, sorted."""
    return _shipped_names(_shipped_dir())


@lru_cache(maxsize=4)
def _shipped_names(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder.glob("*.json")))


def _shipped_dir() -> Path:
    """`docai/schemas` in a wheel; in a checkout (editable install) the top-level `schemas`."""
    here = Path(__file__).resolve().parent.parent
    inside = here / "schemas"
    return inside if inside.is_dir() else here.parent / "schemas"


def _not_found(text: str) -> ConfigError:
    names = list_shipped()
    close = get_close_matches(text, names, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"shipped schemas: {', '.join(names)}"
    return ConfigError("schema-not-found", f"no schema and no file named {text!r}", hint=hint)


def _id_of(definition: Mapping[str, Any], default: str) -> str:
    named = str(definition.get("$id") or definition.get("title") or "")
    slug = re.sub(r"\W+", "_", named.rsplit("/", 1)[-1].split(".")[0]).strip("_").lower()
    return slug or default


def _read_definition(path: Path) -> JsonDict:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("schema-unreadable", f"{path}: {error}") from error
    try:
        loaded = parse_json(text) if path.suffix == ".json" else parse_yaml(text)
    except ValueError as error:
        raise ConfigError("schema-unreadable", f"{path}: {error}") from error
    if not isinstance(loaded, dict):
        raise invalid(str(path), "", f"a schema is an object, not {type(loaded).__name__}")
    return loaded


def _import_model(module: str, name: str) -> type[Any]:
    folder = str(Path.cwd())
    sys.path.insert(0, folder)  # A console script does not have the working folder on its path.
    try:
        if module.endswith(".py"):
            spec = importlib.util.spec_from_file_location(Path(module).stem, module)
            if spec is None or spec.loader is None:
                raise ImportError(f"cannot load {module}")
            loaded = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(loaded)
        else:
            loaded = importlib.import_module(module)
        model = getattr(loaded, name)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ConfigError("schema-not-found", f"cannot import {module}:{name}: {reason}") from error
    finally:
        sys.path.remove(folder)
    if not isinstance(model, type):
        raise ConfigError("schema-not-found", f"{module}:{name} is no class but {type(model).__name__}")
    return model


def _from_model(model: type[Any], where: str) -> Schema:
    if not hasattr(model, "model_json_schema"):
        raise ConfigError("schema-invalid", f"{where} is no pydantic model (no model_json_schema)")
    try:
        definition = model.model_json_schema()
    except Exception as error:  # pydantic raises several kinds for types that JSON Schema cannot say.
        raise ConfigError("schema-invalid", f"{where}: pydantic gives no JSON Schema: {error}") from error
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", model.__name__).lower()
    return build_schema(definition, name, where)
