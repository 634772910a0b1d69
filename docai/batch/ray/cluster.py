"""Joining a cluster, or making one of this machine."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from docai.errors import ConfigError, ServiceError

LOCAL_STORE_BYTES = 256 << 20
"""Of Ray's object store on one machine: shares and reports are small."""


@contextmanager
def join_cluster(address: str | None, cpus: int | None) -> Iterator[Any]:
    """The `ray` module, connected; left at the end. `address` None: a cluster of this machine alone, with
    `cpus` processors (None: all).

    Raises `ConfigError` `extra-missing`, `ServiceError` `ray-unreachable`.
    """
    try:
        import ray
    except ImportError as error:
        raise ConfigError(
            "extra-missing", "--runner ray needs Ray", stage="batch", hint="pip install 'docai[batch]'"
        ) from error
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address:
        options["address"] = address
    else:
        options |= {"num_cpus": cpus, "include_dashboard": False, "object_store_memory": LOCAL_STORE_BYTES}
    try:
        ray.init(**options)
    except Exception as error:
        # Ray raises whatever went wrong: ConnectionError, ValueError, RuntimeError, timeouts of gRPC.
        raise ServiceError(
            "ray-unreachable",
            f"no Ray cluster at {address or 'this machine'}: {' '.join(str(error).split())[:300]}",
            stage="batch",
            hint="check --address, and that the cluster runs the same Ray and Python as docai here",
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()
