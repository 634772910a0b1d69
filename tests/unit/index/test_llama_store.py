"""The Edge vector store against LlamaIndex's own reading of filters, and what it refuses."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("llama_index.core", reason="LlamaIndex is an extra")

from llama_index.core.schema import ImageNode, NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
)
from llama_index.core.vector_stores.utils import build_metadata_filter_fn

from docai.errors import ConfigError
from docai.index.fusion import fuse_ranks
from docai.index.llama.node_index import NodeIndex
from docai.index.llama.store import NodeStore
from docai.index.space import VectorSpace

SIZE = 8
WORDS = ("rent is paid monthly", "notice of termination", "governing law of Oregon", "the law of Nevada")
CITIES = ("Porto", "Åbo", 'New "York"', "a b")


def make_node(number: int, **metadata: Any) -> TextNode:
    vector = np.random.default_rng(number).standard_normal(SIZE)
    return TextNode(
        id_=f"node {number}",
        text=WORDS[number % len(WORDS)],
        embedding=[float(v) for v in vector],
        metadata=metadata,
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=f"doc {number // 3}")},
    )


NODES = [
    make_node(
        number,
        amount=number,
        share=number / 7,
        city=CITIES[number % 4],
        tags=[("a", "b"), ("b", "c"), ("c",)][number % 3],
        signed=f"2024-0{1 + number % 9}-15",
        **{"a b/c": number % 2},
    )
    for number in range(12)
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeStore]:
    store = NodeStore(tmp_path_factory.mktemp("edge"), model_name="model")
    assert store.add(NODES) == [node.node_id for node in NODES]
    yield store
    store.close()


@pytest.fixture
def store(memory_path: Path) -> Iterator[NodeStore]:
    store = NodeStore(memory_path / "edge", model_name="model")
    yield store
    store.close()


def names(nodes: Any) -> set[str]:
    return {node.node_id for node in nodes}


def ask(store: NodeStore, **query: Any) -> list[str]:
    return list(store.query(VectorStoreQuery(**query)).ids or ())


# --- filters -----------------------------------------------------------------------------------------------

_numbers = st.integers(-1, 13)
_leaves = st.one_of(
    st.builds(
        MetadataFilter,
        key=st.sampled_from(["amount", "a b/c"]),
        value=_numbers,
        operator=st.sampled_from([FilterOperator(o) for o in ("==", "!=", "<", "<=", ">", ">=")]),
    ),
    st.builds(
        MetadataFilter,
        key=st.just("share"),
        value=_numbers.map(lambda n: n / 7),
        operator=st.sampled_from([FilterOperator(o) for o in ("==", "!=", "<", "<=", ">", ">=")]),
    ),
    st.builds(
        MetadataFilter,
        key=st.just("city"),
        value=st.sampled_from((*CITIES, "Rome")),
        operator=st.sampled_from([FilterOperator(o) for o in ("==", "!=", "text_match")]),
    ),
    st.builds(
        MetadataFilter,
        key=st.just("city"),
        value=st.lists(st.sampled_from((*CITIES, "Rome")), max_size=3),
        operator=st.sampled_from([FilterOperator(o) for o in ("in", "nin")]),
    ),
    st.builds(
        MetadataFilter,
        key=st.just("tags"),
        value=st.lists(st.sampled_from("abcd"), min_size=1, max_size=3),
        operator=st.sampled_from([FilterOperator(o) for o in ("any", "all")]),
    ),
    st.builds(
        MetadataFilter,
        key=st.just("tags"),
        value=st.sampled_from("abcd"),
        operator=st.just(FilterOperator.CONTAINS),
    ),
    st.builds(
        MetadataFilter,
        key=st.just("signed"),
        value=st.sampled_from([f"2024-0{m}-15" for m in range(1, 10)]),
        operator=st.sampled_from([FilterOperator(o) for o in ("<", "<=", ">", ">=", "==")]),
    ),
    st.builds(
        MetadataFilter,
        key=st.sampled_from(["city", "nowhere"]),
        value=st.none(),
        operator=st.just(FilterOperator.IS_EMPTY),
    ),
)
_filters = st.builds(
    MetadataFilters,
    filters=st.lists(_leaves, min_size=1, max_size=3),
    condition=st.sampled_from(list(FilterCondition)),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters=_filters, outer=st.none() | _filters)
def test_filters_mean_what_llamaindex_says(
    filled: NodeStore, filters: MetadataFilters, outer: MetadataFilters | None
) -> None:
    by_id = {node.node_id: node.metadata for node in NODES}

    def let_through(chosen: MetadataFilters) -> set[str]:
        return set(filter(build_metadata_filter_fn(by_id.__getitem__, chosen), by_id))

    wanted, sent = let_through(filters), filters
    if outer is not None:  # LlamaIndex's own store knows no filters in filters; sets do
        wanted = wanted & let_through(outer)
        sent = MetadataFilters(filters=[filters, outer], condition=FilterCondition.AND)
    assert names(filled.get_nodes(filters=sent)) == wanted
    vector = NODES[0].embedding
    assert set(ask(filled, query_embedding=vector, similarity_top_k=99, filters=sent)) == wanted


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (
            MetadataFilter(key="city", value="x", operator=FilterOperator.TEXT_MATCH_INSENSITIVE),
            "no operator",
        ),
        (MetadataFilter(key="city", value="Porto", operator=FilterOperator.GT), "an ISO date"),
        (MetadataFilter(key="city", value="Porto", operator=FilterOperator.IN), "a list"),
        (MetadataFilter(key="city", value=None), "a text or a number"),
        (MetadataFilter(key='ci"ty', value="x"), "quotation mark"),
    ],
)
def test_a_filter_that_edge_cannot_decide_is_refused(
    filled: NodeStore, item: MetadataFilter, told: str
) -> None:
    with pytest.raises(ConfigError, match=told) as raised:
        filled.get_nodes(filters=MetadataFilters(filters=[item]))
    assert raised.value.code == "bad-filter"


# --- queries -----------------------------------------------------------------------------------------------


def test_the_nearest_come_first_with_their_cosine(filled: NodeStore) -> None:
    asked = np.random.default_rng(99).standard_normal(SIZE)
    cosines = {
        n.node_id: float(np.dot(asked, n.embedding) / np.linalg.norm(asked) / np.linalg.norm(n.embedding))
        for n in NODES
    }
    found = filled.query(VectorStoreQuery(query_embedding=(9 * asked).tolist(), similarity_top_k=4))
    assert found.ids is not None
    assert found.similarities is not None
    assert found.ids[0] == max(cosines, key=cosines.__getitem__)
    # Vectors are kept in 8 bits a number.
    assert found.similarities == pytest.approx([cosines[name] for name in found.ids], abs=0.02)


def test_words_vectors_and_both(filled: NodeStore) -> None:
    vector = NODES[0].embedding
    words = {"query_str": "Nevada law", "similarity_top_k": 3, "query_embedding": vector}
    by_words = ask(filled, mode=VectorStoreQueryMode.SPARSE, **words)
    assert {int(name.split()[1]) % 4 for name in by_words} <= {2, 3}
    assert int(by_words[0].split()[1]) % 4 == 3
    by_vector = ask(filled, **words)
    assert by_vector[0] == "node 0"
    every = {**words, "similarity_top_k": 12}
    orders = [ask(filled, **every), ask(filled, mode=VectorStoreQueryMode.SPARSE, **every)]
    both = ask(filled, mode=VectorStoreQueryMode.HYBRID, **every)
    assert both == [name for name, _ in fuse_ranks(orders)]
    assert both not in orders
    assert ask(filled, mode=VectorStoreQueryMode.HYBRID, alpha=1, **words) == by_vector
    assert ask(filled, mode=VectorStoreQueryMode.HYBRID, alpha=0, **words) == by_words
    assert ask(filled, mode=VectorStoreQueryMode.HYBRID, hybrid_top_k=2, **words) == both[:2]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"mode": VectorStoreQueryMode.MMR, "query_embedding": [1.0] * SIZE}, "bad-query"),
        ({"mode": VectorStoreQueryMode.DEFAULT}, "bad-query"),
        ({"mode": VectorStoreQueryMode.TEXT_SEARCH}, "bad-query"),
        (
            {
                "mode": VectorStoreQueryMode.HYBRID,
                "alpha": 0.3,
                "query_str": "x",
                "query_embedding": [1.0] * SIZE,
            },
            "bad-query",
        ),
        ({"query_embedding": [1.0] * 3}, "index-other-model"),
    ],
)
def test_a_query_that_edge_does_not_know_is_refused(
    filled: NodeStore, query: dict[str, Any], code: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        filled.query(VectorStoreQuery(**query))
    assert raised.value.code == code


def test_documents_and_nodes_narrow_a_query(filled: NodeStore) -> None:
    vector = NODES[0].embedding
    query = {"query_embedding": vector, "similarity_top_k": 99}
    assert set(ask(filled, doc_ids=["doc 1"], **query)) == {"node 3", "node 4", "node 5"}
    assert ask(filled, node_ids=["node 7"], **query) == ["node 7"]
    assert len(ask(filled, node_ids=[], doc_ids=[], **query)) == len(NODES)
    assert ask(filled, query_embedding=vector, similarity_top_k=0) == []


# --- what is kept ------------------------------------------------------------------------------------------


def test_a_node_comes_back_as_it_was_put_in(filled: NodeStore) -> None:
    back = {node.node_id: node for node in filled.get_nodes()}
    for node in NODES:
        found = back[node.node_id]
        assert isinstance(found, TextNode)
        assert (found.text, found.metadata) == (
            node.text,
            {**node.metadata, "tags": list(node.metadata["tags"])},
        )
        assert found.ref_doc_id == node.ref_doc_id


def test_an_empty_store_answers(store: NodeStore, memory_path: Path) -> None:
    assert store.get_nodes() == []
    assert ask(store, query_embedding=[1.0] * SIZE) == []
    assert store.add([]) == []
    store.delete("nothing")
    store.clear()
    assert not (memory_path / "edge").exists()


def test_nodes_are_replaced_deleted_and_cleared(store: NodeStore) -> None:
    store.add(NODES)
    changed = NODES[0].model_copy(update={"text": "other words"})
    store.add([changed])
    assert len(store.get_nodes()) == len(NODES)
    (found,) = store.get_nodes(["node 0"])
    assert found.get_content() == "other words"
    store.delete("doc 0")
    assert names(store.get_nodes()) == names(NODES[3:])
    store.delete_nodes(["node 3", "no such node"])
    few = MetadataFilters(filters=[MetadataFilter(key="amount", value=9, operator=FilterOperator.GT)])
    store.delete_nodes(filters=few)
    assert names(store.get_nodes()) == names(NODES[4:10])
    store.delete_nodes([])
    store.delete_nodes()
    assert len(store.get_nodes()) == 6
    store.clear()
    assert store.get_nodes() == []


def test_vectors_of_another_model_are_refused_until_it_is_cleared(
    store: NodeStore, memory_path: Path
) -> None:
    store.add(NODES)
    with pytest.raises(ConfigError) as raised:
        store.add([TextNode(text="x", embedding=[1.0, 2.0])])
    assert raised.value.code == "index-other-model"
    with pytest.raises(ConfigError) as raised:
        NodeStore(memory_path / "edge", model_name="other").add(NODES)
    assert raised.value.code == "index-other-model"
    assert len(store.get_nodes()) == len(NODES)
    store.clear()
    store.add([TextNode(id_="x", text="x", embedding=[1.0, 2.0])])
    assert ask(store, query_embedding=[1.0, 2.0]) == ["x"]


def test_odd_nodes(store: NodeStore) -> None:
    odd = [
        TextNode(
            id_="half", text="half \ud800 pair", metadata={"k\ud800": "v\udfff"}, embedding=[1.0] * SIZE
        ),
        TextNode(id_="", text="", embedding=[0.0] * SIZE),
        ImageNode(id_="picture", text="a page", image_path="p.png", embedding=[2.0] * SIZE),
    ]
    store.add(odd)
    back = {node.node_id: node for node in store.get_nodes()}
    assert back.keys() == {"half", "", "picture"}
    assert isinstance(back["picture"], ImageNode)
    assert back["picture"].image_path == "p.png"
    with pytest.raises(ValueError, match="embedding"):
        store.add([TextNode(text="no vector")])


def test_awaiting_does_the_same(store: NodeStore) -> None:
    async def run() -> list[int]:
        await store.async_add(NODES)
        found = await store.aquery(VectorStoreQuery(query_embedding=NODES[5].embedding, similarity_top_k=1))
        assert found.ids == ["node 5"]
        counts = [len(await store.aget_nodes())]
        await store.adelete("doc 0")
        await store.adelete_nodes(["node 3"])
        counts.append(len(await store.aget_nodes()))
        await store.aclear()
        return [*counts, len(await store.aget_nodes())]

    assert asyncio.run(run()) == [12, 8, 0]


def test_another_process_sees_and_adds(store: NodeStore, memory_path: Path) -> None:
    store.add(NODES[:2])
    code = (
        "import sys\n"
        "from llama_index.core.schema import TextNode\n"
        "from docai.index.llama.store import NodeStore\n"
        "store = NodeStore(sys.argv[1], model_name='model')\n"
        "print(sorted(node.node_id for node in store.get_nodes()))\n"
        f"store.add([TextNode(id_='theirs', text='x', embedding=[1.0] * {SIZE})])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(memory_path / "edge")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.strip() == "['node 0', 'node 1']", done.stderr
    assert names(store.get_nodes()) == {"node 0", "node 1", "theirs"}


def test_what_another_writer_puts_into_an_empty_folder_meanwhile_stays(memory_path: Path) -> None:
    class Late(NodeIndex):
        """Another writer comes between its look at the folder and its turn to write."""

        other: NodeStore | None = NodeStore(memory_path / "edge")

        def _settle_space(self, wanted: VectorSpace) -> bool:
            empty = super()._settle_space(wanted)
            if self.other is not None:
                self.other.add(NODES[:2])
                self.other.close()
                self.other = None
            return empty

    late = NodeStore(memory_path / "edge", index=Late(memory_path / "edge", None))
    late.add(NODES[2:3])
    assert names(late.get_nodes()) == {"node 0", "node 1", "node 2"}
    late.close()


def test_a_damaged_folder_is_told(store: NodeStore, memory_path: Path) -> None:
    store.add(NODES)
    store.close()
    for file in (memory_path / "edge").rglob("*"):
        if file.is_file() and re.fullmatch(r"manifest\.json", file.name):
            file.write_text("{}")
    with pytest.raises(ConfigError) as raised:
        store.get_nodes()
    assert raised.value.code == "index-damaged"
