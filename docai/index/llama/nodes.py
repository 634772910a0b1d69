"""Pages, passages and quotes as LlamaIndex nodes: words, where they stand, and the page's picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llama_index.core.base.llms.types import ImageBlock, TextBlock
from llama_index.core.schema import (
    ImageNode,
    MetadataMode,
    NodeRelationship,
    ObjectType,
    RelatedNodeInfo,
    TextNode,
)

from docai.types import Box, Passage

_NOT_FOR_MODELS = ["document_id", "boxes", "image_path", "image_error", "match"]
"""Metadata that programs use; in a prompt it would be noise."""


class PageNode(ImageNode):
    """Words with the picture of the page that they stand on (`image_path`): a model that sees gets both."""

    def get_content_blocks(self, metadata_mode: MetadataMode = MetadataMode.NONE) -> list[Any]:
        """Metadata, words, picture. Raises `OSError` if the picture is gone."""
        blocks: list[Any] = self.get_metadata_content_blocks(metadata_mode)
        blocks.append(TextBlock(text=self.text))
        if self.image_path is not None:
            # Read now, so that the block holds the picture whatever becomes of the file.
            data = Path(self.image_path).read_bytes()
            blocks.append(ImageBlock(image=data, image_mimetype=self.image_mimetype))
        return blocks


@dataclass(frozen=True, slots=True)
class Spot:
    """What a node shows. `text`: of the page, passage or quote; `boxes`: where the words are that were looked
    for, points of the page as it lies in the file, one a line. `context`: the document's first
    words, which name title and parties. `facts`: more metadata, by name."""

    id: str
    document_id: str
    uri: str
    page: int
    text: str
    boxes: tuple[Box, ...] = ()
    context: str = ""
    heading: str = ""
    locator: str | None = None
    facts: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A page's picture, or why there is none."""

    path: Path | None = None
    error: str | None = None


def make_node(spot: Spot, picture: Picture | None = None) -> TextNode:
    """A `PageNode` where there is a picture, else a `TextNode`. Its source document is the file's bytes."""
    metadata = _describe(spot)
    common: dict[str, Any] = {
        "id_": spot.id,
        "text": spot.text,
        "metadata": metadata,
        "excluded_llm_metadata_keys": list(_NOT_FOR_MODELS),
        "excluded_embed_metadata_keys": [*_NOT_FOR_MODELS, "uri", "page"],
        "relationships": {
            NodeRelationship.SOURCE: RelatedNodeInfo(
                node_id=spot.document_id, node_type=ObjectType.DOCUMENT, metadata={"uri": spot.uri}
            )
        },
    }
    if picture is not None and picture.error is not None:
        metadata["image_error"] = picture.error
    if picture is None or picture.path is None:
        return TextNode(**common)
    metadata["image_path"] = str(picture.path)
    return PageNode(**common, image_path=str(picture.path), image_mimetype="image/png")


def describe_passage(passage: Passage, uri: str) -> Spot:
    return Spot(
        passage.id,
        passage.document_id,
        uri,
        passage.page,
        passage.text,
        passage.boxes,
        passage.context,
        passage.heading,
        passage.locator,
    )


def name_page(document_id: str, number: int) -> str:
    """The id of a page's node, the same in every run."""
    return f"{document_id}#page={number}"


def round_boxes(boxes: Sequence[Box]) -> list[list[float]]:
    return [[round(float(side), 1) for side in box] for box in boxes]


def _describe(spot: Spot) -> dict[str, Any]:
    """Metadata, the parts that there are."""
    metadata: dict[str, Any] = {"uri": spot.uri, "document_id": spot.document_id, "page": spot.page}
    metadata["boxes"] = round_boxes(spot.boxes)
    for name in ("context", "heading", "locator"):
        if value := getattr(spot, name):
            metadata[name] = value
    metadata.update(spot.facts)
    return metadata
