"""`docai pipeline`: recipes in full, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from docai.cli.main import app
from docai.config import list_pipelines, load_pipeline
from docai.errors import ConfigError


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["pipeline", *arguments])
    return result.exit_code, result.output


def test_list_tells_every_shipped_pipeline() -> None:
    code, output = run("list")
    assert code == 0
    assert [line.split()[0] for line in output.splitlines()] == list(list_pipelines())


@pytest.mark.parametrize("name", list_pipelines())
def test_what_show_prints_is_the_same_pipeline_again(name: str, tmp_path: Path) -> None:
    code, output = run("show", name)
    path = tmp_path / f"{name}.yaml"
    path.write_text(output)
    assert code == 0
    assert load_pipeline(path) == load_pipeline(name)


def test_show_keeps_a_password_to_itself(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("pages: {password: hunter2, dpi: 300}\n")
    code, output = run("show", str(path))
    assert code == 0
    assert "hunter2" not in output
    assert "dpi: 300" in output


def test_the_shipped_pipelines_are_right_here() -> None:
    code, output = run("check", *list_pipelines())
    assert code == 0, output
    assert "contracts: schema contract" in output


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("schema: contract\nprices: {}\n", "mine.yaml:2: prices: unknown key (did you mean 'price'?)"),
        ("price: {gpu_hour: cheap}\n", "mine.yaml:1: price.gpu_hour:"),
        ("outputs:\n  formats: [xls]\n", "mine.yaml:2: outputs.formats.0:"),
        ("schema: nonesuch\n", "nonesuch"),
        ("reading: {languages: [eng, xxq]}\n", "no installed engine reads xxq"),
        ("index: {embedding: word2vec}\n", "index.embedding: there is no embedding model 'word2vec'"),
    ],
)
def test_check_names_what_is_wrong(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    code, output = run("check", "contracts", str(path))
    assert code == 2
    assert told in output
    assert "contracts: schema contract" in output


def test_an_index_that_is_off_needs_no_model(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("index: {enabled: false, embedding: word2vec}\n")
    assert run("check", str(path))[0] == 0


def test_a_pipeline_says_whether_documents_are_indexed(tmp_path: Path) -> None:
    from docai.wiring import prepare_job

    path = tmp_path / "mine.yaml"
    path.write_text("index: {embedding: word2vec}\n")
    document = tmp_path / "a.txt"
    document.write_text("x")
    job = prepare_job([document], pipeline=str(path), workspace=tmp_path, workers=0)
    with job, pytest.raises(ConfigError, match="word2vec"):
        list(job.run())
    path.write_text("index: {enabled: false, embedding: word2vec}\n")
    job = prepare_job([document], pipeline=str(path), workspace=tmp_path, workers=0)
    with job:
        assert len(list(job.run())) == 1
