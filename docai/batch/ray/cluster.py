"""Joining a cluster, or making one of this machine."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from docai.errors import ServiceError, missing_extra

CONNECT_S = 10.0
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
        raise missing_extra("--runner ray needs Ray", "batch", "batch") from error
    if address:
        _check_reachable(address)
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address:
        options["address"] = address
    else:
        options |= {"num_cpus": cpus, "include_dashboard": False, "object_store_memory": LOCAL_STORE_BYTES}
    try:
        ray.init(**options)
    except Exception as error:
        # Ray raises whatever went wrong: ConnectionError, ValueError, RuntimeError, timeouts of gRPC.
        raise _refuse(address or "this machine", error) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _check_reachable(address: str) -> None:
    """Ray ends the whole process where nobody listens: that is found out before. `auto` it finds itself."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdecimal():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_S).close()
    except (OSError, OverflowError) as error:
        raise _refuse(address, error) from error


def _refuse(place: str, error: Exception) -> ServiceError:
    return ServiceError(
        "ray-unreachable",
        f"no Ray cluster at {place}: {' '.join(str(error).split())[:300]}",
        stage="batch",
        hint="check --address, and that the cluster runs the same Ray and Python as docai here",
    )
