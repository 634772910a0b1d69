"""Cuts a recogniser's output layer down to the characters that are wanted.

PP-OCRv6 knows 18,710 characters; for pages in Latin script the last layer and its softmax are a quarter of
the work and answer with letters that cannot be. An ONNX file is a protobuf message; only the few fields
that carry the vocabulary's size are touched, so no onnx package is needed
(https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

MODEL_GRAPH, GRAPH_INITIALIZER, GRAPH_OUTPUT, GRAPH_VALUE_INFO = 7, 5, 12, 13
TENSOR_DIMS, TENSOR_TYPE, TENSOR_RAW, FLOAT = 1, 2, 9, 1
VALUE_TYPE, TYPE_TENSOR, TENSOR_SHAPE, SHAPE_DIM, DIM_VALUE = 2, 1, 2, 1, 1
VARINT, EIGHT_BYTES, SIZED, FOUR_BYTES = 0, 1, 2, 5

Field = tuple[int, int, int | memoryview]
"""Number, wire type, and the value: an integer for a varint, else the payload's bytes."""


def _read_varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _fields(data: memoryview) -> Iterator[Field]:
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, at = _read_varint(data, at)
            yield number, wire, value
            continue
        if wire == SIZED:
            size, at = _read_varint(data, at)
        elif wire in (EIGHT_BYTES, FOUR_BYTES):
            size = 8 if wire == EIGHT_BYTES else 4
        else:
            raise ValueError(f"wire type {wire}")
        yield number, wire, data[at : at + size]
        at += size


def _write(field: Field) -> bytes:
    number, wire, value = field
    key = _varint(number << 3 | wire)
    if isinstance(value, int):
        return key + _varint(value)
    return key + (_varint(len(value)) if wire == SIZED else b"") + bytes(value)


def _rewrite(data: memoryview, changes: dict[int, Callable[[memoryview], bytes | None]]) -> bytes:
    """The message with the sized fields of some numbers replaced; None drops one."""
    out = []
    for number, wire, value in _fields(data):
        if wire == SIZED and number in changes and isinstance(value, memoryview):
            changed = changes[number](value)
            if changed is not None:
                out.append(_write((number, wire, memoryview(changed))))
        else:
            out.append(_write((number, wire, value)))
    return b"".join(out)


def trim_vocabulary(model: bytes, size: int, kept: Sequence[int]) -> bytes:
    """The model with `kept` of its `size` output classes, in that order.

    Raises ValueError where the file does not look as expected (use it whole then).
    """
    found: list[int] = []

    def trim_tensor(data: memoryview) -> bytes:
        fields = list(_fields(data))
        dims = [v for number, wire, v in fields if number == TENSOR_DIMS and wire == VARINT]
        if not dims or dims[-1] != size:
            return bytes(data)
        types = [v for number, _, v in fields if number == TENSOR_TYPE]
        raw = [v for number, _, v in fields if number == TENSOR_RAW]
        if types != [FLOAT] or len(raw) != 1 or isinstance(raw[0], int):
            raise ValueError("the output layer is not stored as raw floats")
        weights = np.frombuffer(raw[0], np.float32).reshape(-1, size)[:, list(kept)]
        found.append(weights.shape[0])
        rest = [f for f in fields if f[0] not in (TENSOR_DIMS, TENSOR_RAW)]
        new_dims: list[Field] = [(TENSOR_DIMS, VARINT, v) for v in [*dims[:-1], len(kept)]]
        whole: list[Field] = [*new_dims, *rest, (TENSOR_RAW, SIZED, memoryview(weights.tobytes()))]
        return b"".join(map(_write, whole))

    def trim_dim(data: memoryview) -> bytes:
        fields = [
            (number, wire, len(kept) if number == DIM_VALUE and value == size else value)
            for number, wire, value in _fields(data)
        ]
        return b"".join(map(_write, fields))

    def nest(
        number: int, inner: Callable[[memoryview], bytes | None]
    ) -> Callable[[memoryview], bytes | None]:
        return lambda data: _rewrite(data, {number: inner})

    output = nest(VALUE_TYPE, nest(TYPE_TENSOR, nest(TENSOR_SHAPE, nest(SHAPE_DIM, trim_dim))))
    graph = {GRAPH_INITIALIZER: trim_tensor, GRAPH_OUTPUT: output, GRAPH_VALUE_INFO: lambda _: None}
    trimmed = _rewrite(memoryview(model), {MODEL_GRAPH: lambda data: _rewrite(data, graph)})
    if sorted(found)[:1] != [1] or len(found) != 2:
        raise ValueError("the output layer's weights and bias were not found")
    return trimmed
