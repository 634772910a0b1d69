"""How a client reaches its server and how long it waits."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from docai.llm.forms import SchemaForm
from docai.llm.limiter import LimitBounds
from docai.llm.retry import RetryPolicy


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Where the server is, and the client's patience.

    `base_url` ends in `/v1`. `model` None: the only one that is served. `timeout_s`: for one reply, its time
    in the server's queue included. `start_s`: for a server that is not there at first; `away_s`: for one that
    goes away or is overloaded while a job runs. `in_flight`: a fixed number of requests under way; None
    follows the server. `ca_file`: PEM file of the authority that signed the server's certificate.
    """

    base_url: str
    model: str | None = None
    api_key: str | None = field(default=None, repr=False)
    timeout_s: float = 600.0
    connect_s: float = 10.0
    start_s: float = 300.0
    away_s: float = 1800.0
    in_flight: int | None = None
    bounds: LimitBounds | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    schema_form: SchemaForm = "json_schema"
    ca_file: Path | None = None
