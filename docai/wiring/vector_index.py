"""Which vector index: the embedded one in the workspace's folder, or a Qdrant server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docai.index.edge import EdgeIndex
    from docai.index.server import Patience, ServerIndex
    from docai.index.space import VectorSpace

INDEX_FOLDER = "index"


def open_embedded_index(workspace: Path, space: VectorSpace | None, *, wait_s: float = 60.0) -> EdgeIndex:
    """The index of the workspace whose `.docai` folder this is. Opens nothing yet.

    `space` None: to count or list, whatever made it.
    """
    from docai.index.edge import EdgeIndex

    return EdgeIndex(workspace / INDEX_FOLDER, space, wait_s=wait_s)


def open_server_index(
    url: str,
    space: VectorSpace,
    *,
    api_key: str | None = None,
    collection: str | None = None,
    ca_file: str | None = None,
    timeout_s: float = 30.0,
    patience: Patience | None = None,
) -> ServerIndex:
    """The index on a Qdrant server. Sends nothing yet. ConfigError: `bad-url`, `index-server-ca`."""
    from docai.index.server import COLLECTION, Patience, ServerIndex, ServerSettings, connect

    settings = ServerSettings(url, api_key, collection or COLLECTION, timeout_s, ca_file)
    return ServerIndex(
        connect(settings),
        space,
        collection=settings.collection,
        place=url,
        patience=patience or Patience(),
    )
