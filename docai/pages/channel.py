"""Messages between the pool and its worker processes: length, then a pickle."""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Start:
    """The first message to a worker. `build` is a pickle of the callable that makes the worker's parts."""

    build: bytes
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker has built its parts and holds this much memory."""

    resident_bytes: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A worker could not build its parts."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Done:
    """The result of the one task that the worker held: a value, or a DocaiError."""

    result: Any


def pack_frame(message: object) -> bytes:
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(data)) + data


def read_frame(stream: BinaryIO) -> Any:
    """The next message; raises EOFError when the other side is gone."""
    (length,) = _LENGTH.unpack(_read_exactly(stream, _LENGTH.size))
    return pickle.loads(_read_exactly(stream, length))


def _read_exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError("the other side closed the channel")
    return data
