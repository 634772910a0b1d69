"""vLLM as a process of its own on this machine: started, waited for, killed and started again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import request_log
from running_server import RunningServer
from vllm_cpu import Built

MODEL = "gemma-4-tiny-random"
"""As served: the name by which docai knows how a model of the family sees images."""
CONTEXT_TOKENS = 12_288
IMAGES = 8
# Start-up takes one minute on an idle machine of two cores; a busy one may take long.
START_S, STOP_S = 600, 60
_TAIL = 4000

_OPTIONS = {
    "--served-model-name": MODEL,
    "--distributed-executor-backend": "uni",
    "--max-model-len": str(CONTEXT_TOKENS),
    "--max-num-seqs": "4",
    "--max-num-batched-tokens": str(CONTEXT_TOKENS),
    "--limit-mm-per-prompt": json.dumps({"image": IMAGES, "audio": 0, "video": 0}),
    "--mm-processor-kwargs": json.dumps({"max_soft_tokens": 1120}),
    "--generation-config": "vllm",
    "--middleware": "request_log.RequestLog",
    "--structured-outputs-config": json.dumps({"backend": "xgrammar", "disable_any_whitespace": True}),
}
_SWITCHES = ("--enforce-eager", "--enable-prefix-caching")
_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "OMP_NUM_THREADS": "1",
}


class ServerFailed(Exception):
    """Says what the server did not do, and the end of its log."""


class VllmServer(RunningServer):
    """One server, always on the same port. `folder` gets its log and its caches."""

    def __init__(self, built: Built, folder: Path) -> None:
        self.port = find_port()
        self.log = folder / "vllm.log"
        self.requests = folder / "requests.jsonl"
        self._built = built
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def root_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"{self.root_url}/v1"

    def start(self, *, wait: bool = True) -> None:
        """Start it, and return when it answers. Raises `ServerFailed`."""
        command = [
            str(self._built.python),
            "-m",
            "vllm.entrypoints.cli.main",
            "serve",
            str(self._built.model),
        ]
        command += ["--host", "127.0.0.1", "--port", str(self.port), *_SWITCHES]
        command += [word for option in _OPTIONS.items() for word in option]
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VLLM", "DOCAI"))}
        own = {name: str(self._folder) for name in ("VLLM_CACHE_ROOT", "VLLM_CONFIG_ROOT", "HF_HOME")}
        own[request_log.VARIABLE] = str(self.requests)
        shutil.copy(
            request_log.__file__, self._folder
        )  # importable there, for `-m` looks where it is started
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._folder,
                env={**inherited, **_ENVIRONMENT, **own},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if wait:
            self.wait_ready()

    def wait_ready(self) -> None:
        """Raises `ServerFailed` if it ends or takes too long; then it is stopped."""
        started = time.monotonic()
        while not self._answers():
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() - started > START_S:
                self.stop()
                how = "ended while it started" if ended else f"was not ready after {START_S} s"
                raise ServerFailed(f"vLLM {how}; the end of its log:\n{self.read_log()[-_TAIL:]}")
            time.sleep(0.5)
        print(f"vLLM was ready after {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)

    def ensure(self) -> None:
        """Start it if it does not run or does not answer."""
        if self._process is not None and self._process.poll() is None and self._answers():
            return
        self.stop()
        self.start()

    def stop(self) -> None:
        """Ask it to end, then end whatever is left of its process group."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_S)
        self.kill()

    def kill(self) -> None:
        """End it in the middle of what it does, with all its processes, and return when they are gone."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(STOP_S)
        self._process = None

    def read_log(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def read_metrics(self) -> dict[str, float]:
        """Each counter and gauge of vLLM's own, summed over its labels."""
        sums: dict[str, float] = {}
        for line in self.fetch("/metrics").splitlines():
            name, _, value = line.rpartition(" ")
            if name.startswith("vllm:"):
                name = name.partition("{")[0].removeprefix("vllm:")
                sums[name] = sums.get(name, 0.0) + float(value)
        return sums

    def fetch(self, path: str) -> str:
        with urllib.request.urlopen(self.root_url + path, timeout=60) as reply:
            return str(reply.read().decode())

    def read_requests(self, skip: int = 0) -> list[dict[str, Any]]:
        """What `request_log` wrote, without the first lines."""
        lines = self.requests.read_text().splitlines() if self.requests.exists() else []
        return [json.loads(line) for line in lines[skip:]]

    def _answers(self) -> bool:
        try:
            self.fetch("/health")
        except (OSError, urllib.error.URLError):
            return False
        return True


def find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
