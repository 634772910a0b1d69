"""A real vLLM for the tests in this folder that take it: built once for all runs, started once for a run.

Tests take `vllm`, which answers when they begin, whatever the test before did to it. What cannot be built or
started is an error with the end of its log, never a skip.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from vllm_cpu import Built
    from vllm_server import VllmServer


@pytest.fixture(scope="session")
def vllm_built() -> Iterator[Built]:
    from vllm_cpu import hold_vllm

    with hold_vllm() as built:
        yield built


@pytest.fixture(scope="session")
def vllm_session(vllm_built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmServer]:
    from vllm_server import VllmServer

    with VllmServer(vllm_built, tmp_path_factory.mktemp("vllm")) as server:
        yield server


@pytest.fixture
def vllm(vllm_session: VllmServer) -> VllmServer:
    vllm_session.ensure()
    return vllm_session
