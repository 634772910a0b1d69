"""What README and compose file tell a server, and that both are whole: nothing here runs Docker."""

from __future__ import annotations

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from docai.imaging.profiles import GEMMA4_BUDGETS, find_profile

ROOT = Path(__file__).resolve().parents[3]


def read_compose() -> dict[str, Any]:
    """The file as Compose reads it, with every variable at its default."""
    text = (ROOT / "docker/compose.yaml").read_text()
    return yaml.safe_load(re.sub(r"\$\{\w+(?::-([^}]*)|:\?[^}]*)\}", lambda m: m[1] or "", text))


def check_flags(words: list[str]) -> None:
    flags = dict(pairwise(words))
    assert find_profile(words[0]).name == "gemma-4"
    budget = json.loads(flags["--mm-processor-kwargs"])["max_soft_tokens"]
    assert budget in GEMMA4_BUDGETS
    assert budget <= 1024, "larger images lose their attention on the default model runner"
    assert json.loads(flags["--limit-mm-per-prompt"])["image"] >= 8
    assert json.loads(flags["--structured-outputs-config"])["disable_any_whitespace"] is True
    assert int(flags["--max-model-len"]) >= 32768


def test_the_compose_file_serves_what_docai_needs() -> None:
    services = read_compose()["services"]
    check_flags(shlex.split(services["vllm"]["command"]))
    assert "/health" in services["vllm"]["healthcheck"]["test"][-1]
    assert services["docai"]["depends_on"]["vllm"]["condition"] == "service_healthy"
    assert services["docai"]["environment"]["DOCAI_BASE_URL"] == "http://vllm:8000/v1"
    assert services["docai"]["networks"] == ["inside"]
    assert read_compose()["networks"]["inside"]["internal"] is True
    [device] = services["vllm"]["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]
    assert services["qdrant"]["profiles"] == ["index"]


def test_the_cluster_serves_the_same() -> None:
    documents = yaml.safe_load_all((ROOT / "docker/ray/vllm.yaml").read_text())
    [deployment] = [d for d in documents if d["kind"] == "Deployment"]
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    check_flags(container["args"])


def test_the_readme_serves_the_same() -> None:
    text = (ROOT / "README.md").read_text()
    command = text[text.index("vllm serve google/") :].split("```")[0].replace("\\\n", " ")
    check_flags(shlex.split(command)[2:])


def test_the_image_is_built_from_files_that_are_there() -> None:
    folder = ROOT / "docker"
    build = read_compose()["services"]["docai"]["build"]
    assert (folder / build["context"] / build["dockerfile"]).is_file()
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", (folder / "Dockerfile").read_text(), re.MULTILINE)
    names = " ".join(copied).split()
    assert len(names) >= 5
    kept = (folder / "Dockerfile.dockerignore").read_text().splitlines()
    for name in names:
        assert (ROOT / name).exists()
        assert f"!{name}" in kept
