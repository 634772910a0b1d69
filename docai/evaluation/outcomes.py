"""Which outcome belongs to which labelled file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath

from pydantic import ValidationError

from docai.errors import ConfigError
from docai.evaluation.truth import Labels, Truth
from docai.types import Failure, Outcome, Record


def load_outcomes(path: Path) -> Iterator[Outcome]:
    """Records and failures as `docai extract --out F.jsonl` wrote them; ConfigError for other lines."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        message = f"cannot read records: {error}"
        raise ConfigError("records-unreadable", message, document=str(path)) from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            yield Failure.model_validate(row) if "error" in row else Record.model_validate(row)
        except (ValueError, TypeError, ValidationError) as error:
            raise ConfigError(
                "records-invalid",
                f"line {number} is no record of docai: {str(error).splitlines()[0]}",
                document=str(path),
            ) from error


def pair_outcomes(labels: Labels, outcomes: Iterable[Outcome]) -> list[tuple[Truth, Outcome | None]]:
    """Each truth with its file's outcome, or None.

    By absolute path first, else by the end of the path (records may come from another folder). Where a
    file was split into several records, the first one counts.
    """
    by_uri: dict[str, Outcome] = {}
    for outcome in outcomes:
        by_uri.setdefault(_absolute(outcome.document.uri), outcome)
    ends = [(PurePath(uri).parts, outcome) for uri, outcome in by_uri.items()]
    return [(truth, _find(labels.folder, truth.file, by_uri, ends)) for truth in labels.truths]


def _find(
    folder: Path, file: str, by_uri: dict[str, Outcome], ends: Sequence[tuple[tuple[str, ...], Outcome]]
) -> Outcome | None:
    exact = by_uri.get(_absolute(str(folder / file)))
    if exact is not None:
        return exact
    parts = PurePath(file).parts
    found = [outcome for uri, outcome in ends if uri[-len(parts) :] == parts]
    return found[0] if len(found) == 1 else None


def _absolute(uri: str) -> str:
    return uri if "://" in uri else str(Path(uri).absolute().resolve())
