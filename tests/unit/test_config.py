"""Settings and pipeline files: what they hold, and messages that name file, line and key."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from docai.config import Pipeline, Settings, list_pipelines, load_pipeline, pipeline_for_folder
from docai.errors import ConfigError
from docai.schema import load_schema


@pytest.mark.parametrize("name", list_pipelines())
def test_shipped_pipelines_name_a_schema_that_loads(name: str) -> None:
    pipeline = load_pipeline(name)
    assert pipeline.name == name
    assert pipeline.description
    assert load_schema(pipeline.schema_ or "").fields


def test_the_main_kinds_ship() -> None:
    assert set(list_pipelines()) >= {"contracts", "invoices", "receipts"}


def test_an_empty_file_is_all_defaults(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("# nothing yet\n")
    assert load_pipeline(path) == Pipeline(name="mine")


def test_every_section(tmp_path: Path) -> None:
    path = tmp_path / "p.yml"
    path.write_text(
        "schema: invoice\n"
        "sources: [in, more/in]\n"
        "pages: {split: true, dpi: 300, password: x}\n"
        "reading: {languages: eng+deu}\n"
        "engine: {name: vlm, base_url: 'http://gpu:8000/v1', model: m}\n"
        "verification: {keep_seen: true}\n"
        "index: {enabled: false, embedding: folder:e5, qdrant: 'http://q:6333'}\n"
        "outputs: {formats: [jsonl]}\n"
        "limits: {workers: 2, memory_mb: 512, timeout_s: 30, max_pixels: 50000000}\n"
        "price: {currency: EUR, gpu_hour: 2.10, gpus: 4}\n"
    )
    pipeline = load_pipeline(path)
    assert pipeline.schema_ == "invoice"
    assert pipeline.sources == ("in", "more/in")
    assert (pipeline.pages.split, pipeline.pages.dpi) == (True, 300)
    assert pipeline.reading.languages == ("eng", "deu")
    assert pipeline.engine.base_url == "http://gpu:8000/v1"
    assert (pipeline.verification.keep_unsupported, pipeline.verification.keep_seen) == (False, True)
    assert pipeline.limits.timeout_s == 30
    assert (pipeline.index.enabled, pipeline.index.embedding) == (False, "folder:e5")
    assert pipeline.outputs.formats == ("jsonl",)
    assert (pipeline.price.gpu_hour, pipeline.price.gpus) == (Decimal("2.1"), 4)
    assert "password" not in repr(pipeline)


def test_a_schema_file_is_named_as_seen_from_the_pipeline(tmp_path: Path) -> None:
    (tmp_path / "bill.json").write_text('{"properties": {"total": {"type": "number"}}}')
    (tmp_path / "bills.yaml").write_text("schema: bill.json\n")
    schema = load_pipeline(tmp_path / "bills.yaml").schema_
    assert schema == str(tmp_path / "bill.json")
    assert load_schema(schema).id == "bill"


BAD = [
    (
        "schema: contract\nlimits:\n  timout_s: 3\n",
        ":3: limits.timout_s: unknown key",
        "did you mean 'timeout_s'?",
    ),
    ("shema: contract\n", ":1: shema: unknown key", "did you mean 'schema'?"),
    ("\npages:\n  dpi: 20\n", ":3: pages.dpi:", "greater than or equal to 72"),
    ("schema: contract\nschema: nda\n", ":2: schema stands twice", "first on line 1"),
    ("reading:\n  languages:\n  - eng\n  - x1\n", ":4: reading.languages.1:", "'x1' is no language code"),
    ("engine: {base_url: localhost:8000}\n", ":1: engine.base_url:", "no address of a server"),
    ("engine: vlm\n", ":1: engine:", "must be a section of keys, not 'vlm'"),
    ("- a\n- b\n", ":1: a pipeline is a mapping", ""),
    ("a: [\n", ".yaml:", "expected"),
    ("a: &a [*a]\n", ".yaml: too large", ""),
    ("[" * 5000, ".yaml: ", "recursion"),
]


@pytest.mark.parametrize(("text", "where", "why"), BAD)
def test_a_bad_file_is_told_with_line_and_key(tmp_path: Path, text: str, where: str, why: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_pipeline(path)
    message = str(caught.value)
    assert str(path) in message
    assert where in message
    assert why in message


def test_a_pipeline_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match="did you mean 'contracts'"):
        load_pipeline("contract")


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("contracts", "contracts"),
        ("Contract", "contracts"),
        ("Purchase Orders", "purchase_orders"),
        ("ad-buys", "ad_buys"),
        ("old contracts", None),
        ("scans", None),
    ],
)
def test_a_folder_names_its_pipeline(tmp_path: Path, folder: str, name: str | None) -> None:
    path = tmp_path / folder
    path.mkdir()
    pipeline = pipeline_for_folder(path)
    assert (pipeline.name if pipeline else None) == name


def test_a_file_names_no_pipeline(tmp_path: Path) -> None:
    (tmp_path / "contracts").write_text("")
    assert pipeline_for_folder(tmp_path / "contracts") is None


def test_settings_of_the_environment() -> None:
    environment = {"DOCAI_WORKERS": "3", "DOCAI_LANGUAGES": "eng+deu", "DOCAI_MODEL": "", "HOME": "/x"}
    settings = Settings.from_environment(environment)
    assert settings == Settings(workers=3, languages=("eng", "deu"))
    assert Settings.from_environment({}) == Settings()


def test_a_key_is_not_shown() -> None:
    assert "hush" not in repr(Settings.from_environment({"DOCAI_API_KEY": "hush"}))


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("DOCAI_ENGINE", "fast", "DOCAI_ENGINE: Input should be 'auto', 'vlm' or 'extractive'"),
        ("DOCAI_WORKERS", "many", "DOCAI_WORKERS: "),
        ("DOCAI_WORKER", "3", "did you mean DOCAI_WORKERS?"),
    ],
)
def test_a_bad_setting_names_its_variable(variable: str, value: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.from_environment({variable: value})
    assert message in str(caught.value)
