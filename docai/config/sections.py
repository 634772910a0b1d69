"""A pipeline: which schema, how pages are read, which engine, what enters the values, what comes out.

schema: contract
reading: {languages: [eng, deu]}
verification: {keep_seen: true}
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from docai.config.kinds import (
    ContextTold,
    EngineName,
    GrammarForm,
    Languages,
    OutputFormat,
    PagesAsked,
    PixelsShown,
    Section,
    Url,
)


class PagesSection(Section):
    """How files become pages. `dpi` fixes the resolution of pages that are rendered (scans keep theirs).
    `office`: whether office files are read as their text, or as the pages that LibreOffice prints."""

    password: str | None = Field(default=None, repr=False)
    split: bool = False
    dpi: int | None = Field(default=None, ge=72, le=1200)
    office: Literal["text", "pages"] = "text"


class ReadingSection(Section):
    """How pages become words. `languages`: three-letter codes, most frequent first."""

    languages: Languages = ("eng",)


class EngineSection(Section):
    """Which engine extracts. `base_url`: of an OpenAI-compatible server; nothing else is ever contacted. Its
    key is no part of a recipe: it comes from `DOCAI_API_KEY` alone.

    `pages`: which of them the model is asked about; `context`: what it is told of other pages; `pixels`: a
    page's own, or shrunk as far as its smallest text stays legible; `grammar`: how the server is told which
    JSON a reply may be (`none`: by words alone); `ca_file`: PEM of the authority behind its certificate;
    `timeout_s`: for one reply, its time in the server's queue included.
    """

    name: EngineName = "auto"
    base_url: Url | None = None
    model: str | None = Field(default=None, min_length=1)
    pages: PagesAsked = "all"
    context: ContextTold = "auto"
    pixels: PixelsShown = "native"
    grammar: GrammarForm = "auto"
    ca_file: Path | None = None
    timeout_s: float = Field(default=600.0, gt=0)


class VerificationSection(Section):
    """What enters `values` beyond proven values: `keep_seen` what only two readings of ink agree on,
    `keep_unsupported` what an engine claims and no page shows.
    """

    keep_unsupported: bool = False
    keep_seen: bool = False


class IndexSection(Section):
    """Whether and how documents can be asked about. `embedding`: the model that finds them (the workspace's,
    else MiniLM); `qdrant`: a server that a batch brings them to. Keys come from the environment alone.
    """

    enabled: bool = True
    embedding: str | None = Field(default=None, min_length=1)
    qdrant: Url | None = None


class OutputsSection(Section):
    """What `docai batch collect` writes."""

    formats: Annotated[tuple[OutputFormat, ...], Field(min_length=1)] = ("parquet", "jsonl")


class PriceSection(Section):
    """What the work costs, for forecasts and progress: `gpu_hour` for each of `gpus` behind the model's
    address, `million_prompt_tokens` and `million_reply_tokens` where a provider bills by them.
    """

    currency: str = Field(default="USD", pattern="^[A-Z]{3}$")
    gpu_hour: Decimal | None = Field(default=None, ge=0)
    gpus: int = Field(default=1, ge=1)
    million_prompt_tokens: Decimal | None = Field(default=None, ge=0)
    million_reply_tokens: Decimal | None = Field(default=None, ge=0)


class LimitsSection(Section):
    """What one document may cost: memory of a worker, seconds for a step, pixels of a page.

    `workers`: processes, 0 for none, None for one a core. `document_mb`: of a bucket's object; a larger one
    fails before it is fetched.
    """

    workers: int | None = Field(default=None, ge=0, le=1024)
    document_mb: int = Field(default=1024, ge=1)
    memory_mb: int = Field(default=2048, ge=256)
    timeout_s: float = Field(default=60.0, gt=0)
    max_pixels: int = Field(default=180_000_000, ge=1_000_000)


class Pipeline(Section):
    """A recipe. `sources`: files or folders; `schema` (here `schema_`): a name, a file or `module:Class`."""

    name: str = ""
    description: str = ""
    schema_: str | None = Field(default=None, alias="schema")
    sources: tuple[str, ...] = ()
    pages: PagesSection = PagesSection()
    reading: ReadingSection = ReadingSection()
    engine: EngineSection = EngineSection()
    verification: VerificationSection = VerificationSection()
    index: IndexSection = IndexSection()
    outputs: OutputsSection = OutputsSection()
    limits: LimitsSection = LimitsSection()
    price: PriceSection = PriceSection()
