"""Documents by schema, field values, amounts and dates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from docai.errors import ConfigError
from docai.types import DocumentRef, JsonValue, Record, Run, SchemaRef, SourceItem
from docai.workspace import Workspace, open_workspace
from docai.workspace.scope import find_documents, parse_condition

RECORDS: dict[str, tuple[str, dict[str, JsonValue]]] = {
    "lease": (
        "contract",
        {
            "governing_law": "Delaware",
            "expiration_date": "2026-12-31",
            "parties": ["Acme Corp", "Müller & Co."],
        },
    ),
    "supply": ("contract", {"governing_law": "New York", "expiration_date": None, "auto_renewal": True}),
    "bill": ("invoice", {"total": 1500.5, "line_items": [{"total": 1000}, {"total": 500.5}]}),
}


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(tmp_path) as opened:
        for name, (schema, values) in RECORDS.items():
            opened.ledger.put_item(SourceItem(f"{name}.pdf", 1, "1"), name)
            record = Record(
                document=DocumentRef(id=name, uri=f"{name}.pdf", page_count=1),
                schema_ref=SchemaRef(id=schema, hash="sha256:1"),
                complete=True,
                values=values,
                fields=(),
                run=Run(docai="0", engine="e"),
            )
            opened.outcomes.create(name, [record])
        yield opened


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        ([], {"lease", "supply", "bill"}),
        (["governing_law=delaware"], {"lease"}),
        (["governing_law = New York"], {"supply"}),
        (["governing_law!=Delaware"], {"supply", "bill"}),
        (["expiration_date<2027"], {"lease"}),
        (["expiration_date<=2026"], {"lease"}),
        (["expiration_date<2026"], set()),
        (["expiration_date>=December 31, 2026"], {"lease"}),
        (["expiration_date=2026-12"], {"lease"}),
        (["expiration_date="], {"supply", "bill"}),
        (["parties=mueller co"], set()),
        (["parties=MULLER CO"], {"lease"}),
        (["auto_renewal=yes"], {"supply"}),
        (["total>1000"], {"bill"}),
        (["line_items/*/total=500.50"], {"bill"}),
        (["line_items/*/total>1000"], set()),
        (["total>1,000.00", "governing_law=Delaware"], set()),
    ],
)
def test_documents_by_the_values_of_their_records(
    workspace: Workspace, texts: list[str], wanted: set[str]
) -> None:
    conditions = [parse_condition(text) for text in texts]
    assert find_documents(workspace.outcomes, conditions=conditions) == wanted


def test_documents_by_schema(workspace: Workspace) -> None:
    assert find_documents(workspace.outcomes, schema_id="invoice") == {"bill"}
    assert find_documents(workspace.outcomes, schema_id="receipt") == frozenset()


@pytest.mark.parametrize("text", ["", "governing law", "=x", "total<", "a b=c", "x" * 200 + "=1"])
def test_what_is_no_condition_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match="such as governing_law") as caught:
        parse_condition(text)
    assert caught.value.code == "bad-condition"
