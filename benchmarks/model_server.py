"""A scripted server in a process of its own that reads the pages of `model_pages`, and jobs against it."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from model_pages import Kind, answer, find_fields, find_page, make_document

from docai.llm.chat import ChatRequest, count_images
from docai.llm.scripted import FaultKind, Script, Turn
from docai.llm.scripted_server import ScriptedServer, ServerTraits

ROOT = Path(__file__).resolve().parents[1]
MODEL = "google/gemma-4-12B-it"
_TIMEOUT_SHARE = 0.02
_BROKEN_SHARE = 0.05
_BREAKS = ("truncated", "empty", "whitespace", "wrong types", "a wrong type")


@dataclass(frozen=True, slots=True)
class Manner:
    """How the model answers: seconds a page, and whether replies break and requests stay without reply."""

    service_s: float = 0.0
    hurt: bool = False
    seed: int = 0


NOTHING_SEEN = json.dumps({"text": ""})
"""The reply of a model that can read nothing in a crop."""


def is_look(request: ChatRequest) -> bool:
    """Whether a crop of a page is asked about, not a page."""
    return "text" in (request.json_schema or {}).get("properties", {})


def is_choice(request: ChatRequest) -> bool:
    """Whether one of several values is to be named, without any image."""
    return not count_images(request)


class PageScript:
    """Answers from the pages' truth; notes which pages were asked for, what it broke, and further questions:
    of looks at crops it says nothing, of choices it takes the first, of missed rows it tells all again.
    """

    def __init__(self, counts: dict[tuple[str, int], int], manner: Manner | None = None) -> None:
        self.asked: dict[tuple[str, int, int], int] = {}
        self.broken: dict[str, int] = {}
        self.further: dict[str, int] = {}
        self._counts = counts
        self._manner = manner or Manner()

    def __call__(self, request: ChatRequest, number: int) -> Turn:
        if is_look(request):
            self._note("look")
            return Turn(NOTHING_SEEN, self._manner.service_s)
        if is_choice(request):
            self._note("choice")
            numbers = (request.json_schema or {})["properties"]
            return Turn(json.dumps(dict.fromkeys(numbers, 1)), self._manner.service_s)
        page = find_page(request)
        if "reported already" in str(request.messages[-1].parts[-1]):
            self._note("rows")
        self.asked[page] = self.asked.get(page, 0) + 1
        text = answer(request, self._counts)
        chance = random.Random(f"{self._manner.seed}:{number}")
        share = chance.random() if self._manner.hurt else 1.0
        fault: FaultKind | None = None
        if share < _TIMEOUT_SHARE:
            fault = "silent"
        elif share < _TIMEOUT_SHARE + _BROKEN_SHARE:
            kind = chance.choice(_BREAKS)
            self.broken[kind] = self.broken.get(kind, 0) + 1
            if kind.endswith(("type", "types")):
                text = _mistype(request, text, every=kind == "wrong types")
            else:
                fault = kind  # type: ignore[assignment]
        if fault == "silent":
            self.broken["no reply"] = self.broken.get("no reply", 0) + 1
        return Turn(text, self._manner.service_s, fault)

    def _note(self, kind: str) -> None:
        self.further[kind] = self.further.get(kind, 0) + 1


def _mistype(request: ChatRequest, text: str, *, every: bool) -> str:
    """A reply of a server that knows no grammar: objects where values should be, in every claim or in one."""
    fields = list(find_fields(request.json_schema or {}))
    claims: list[Any] = json.loads(text)["claims"] or [{"field": fields[0], "quote": "a", "value": "a"}]
    for claim in claims if every else claims[-1:]:
        claim.pop("row", None)
        claim["value"] = {"is": ["this", 1]}
    return json.dumps({"claims": claims})


class ServerProcess:
    """Enter it for a server; `kill` and `start` it again, and ask what it was asked."""

    def __init__(self, script: Script, capacity: int = 16) -> None:
        """`script`: picklable, since it works in the server's process."""
        self._pipe, there = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(script, capacity, there), daemon=True
        )

    def __enter__(self) -> Self:
        self._process.start()
        self.base_url: str = self._pipe.recv()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pipe.send("stop")
        self._process.join(10)

    def kill(self) -> None:
        self._tell("kill")

    def start(self) -> None:
        self._tell("start")

    def count_replies(self) -> int:
        return int(self._tell("replied"))

    def list_asked(self) -> dict[tuple[str, int, int], int]:
        """How often each page was asked about."""
        asked: dict[tuple[str, int, int], int] = self._tell("asked")
        return asked

    def list_broken(self) -> dict[str, int]:
        broken: dict[str, int] = self._tell("broken")
        return broken

    def list_further(self) -> dict[str, int]:
        """How often something was asked beside what pages say."""
        further: dict[str, int] = self._tell("further")
        return further

    def _tell(self, word: str) -> Any:
        self._pipe.send(word)
        return self._pipe.recv()


def _serve(script: Script, capacity: int, pipe: Connection) -> None:
    async def main() -> None:
        server = ScriptedServer(script, ServerTraits(model=MODEL, image_tokens=1122, capacity=capacity))
        await server.start()
        pipe.send(server.base_url)
        while (word := await asyncio.to_thread(pipe.recv)) != "stop":
            if word in ("kill", "start"):
                await getattr(server, word)()
            pipe.send(server.replied if word == "replied" else getattr(script, word, None))
        await server.kill()

    asyncio.run(main())


def make_inbox(folder: Path, documents: dict[tuple[Kind, int], int]) -> None:
    folder.mkdir(parents=True)
    for (kind, document), count in documents.items():
        make_document(folder / f"{kind}-{document:04}.pdf", kind, document, count)


def start_job(inbox: Path, workspace: Path, base_url: str, *options: str) -> subprocess.Popen[bytes]:
    """`docai extract` with its output beside the workspace: out.jsonl and errors.txt."""
    workspace.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "docai.cli.main", "extract", str(inbox), "--json"]
    command += ["--base-url", base_url, "--workspace", str(workspace), *options]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DOCAI_")}
    with (workspace / "out.jsonl").open("wb") as out, (workspace / "errors.txt").open("wb") as errors:
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=errors
        )
