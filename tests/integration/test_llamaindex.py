"""docai through LlamaIndex's own classes: retriever, query engine, agent, and an LLM that composes."""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from written_pdf import write_pdf

pytest.importorskip("llama_index.core", reason="LlamaIndex is an extra")

from llama_index.core import Document, StorageContext, VectorStoreIndex, get_response_synthesizer
from llama_index.core.base.llms.types import ImageBlock, TextBlock, ToolCallBlock
from llama_index.core.llms import ChatMessage, MessageRole
from llama_index.core.llms.mock import MockFunctionCallingLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import MetadataMode, TextNode
from llama_index.core.vector_stores import FilterCondition, FilterOperator, MetadataFilter, MetadataFilters
from llama_index.llms.openai_like import OpenAILike

import docai
from docai.answering.llama_model import LlmModel
from docai.errors import ConfigError, ServiceError
from docai.llamaindex import DocaiEmbedding, EdgeVectorStore, PageNode, PageQueryEngine, PageRetriever
from docai.llm.chat import ChatRequest, Message
from docai.llm.scripted import make_script
from docai.llm.scripted_server import ScriptedServer, ThreadedServer
from docai.wiring import make_page_image

README = Path(__file__).resolve().parents[2] / "README.md"
LAW = "Which law governs the agreement between Harbor Lights Media and Oakvale Analytics?"
DOCUMENTS = {
    "contracts/harbor.pdf": (
        "MASTER SERVICES AGREEMENT\n\nThis Master Services Agreement is entered into as of March 14, 2022 by "
        "and between Harbor Lights Media, Inc., a Delaware corporation, and Oakvale Analytics LLC, an Oregon "
        "limited liability company.\n\n1. Services. Oakvale Analytics LLC provides reports each month.",
        "8. Governing Law. This Agreement shall be governed by and construed in accordance with the laws of "
        "the State of Oregon.\n\n9. Term. This Agreement expires on March 14, 2024.",
    ),
    "contracts/norden.pdf": (
        "DISTRIBUTION AGREEMENT\n\nThis Distribution Agreement is entered into as of May 2, 2023 by and "
        "between Norden Tools GmbH and Brightwater Supply Corp.\n\n7. Governing Law. This Agreement shall be "
        "governed by the laws of the State of Nevada.\n\n8. Term. This Agreement expires on May 2, 2028.",
    ),
    "leases/acme.pdf": (
        "LEASE AGREEMENT\n\nThis Lease Agreement is entered into as of June 1, 2021 by and between Acme "
        "Holdings Inc. and Zeta Foods LLC.\n\n5. Governing Law. This Lease is governed by the laws of the "
        "State of Oregon.\n\n6. Term. This Lease expires on June 1, 2031.",
    ),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three contracts that docai has extracted and indexed."""
    folder = tmp_path_factory.mktemp("llama")
    for name, pages in DOCUMENTS.items():
        write_pdf(folder / name, *pages)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = list(docai.extract(["contracts", "leases"], schema="contract", workers=0))
    assert not [outcome for outcome in done if isinstance(outcome, docai.Failure)]
    return folder


@pytest.fixture(scope="module")
def engine(root: Path) -> Iterator[PageQueryEngine]:
    with PageQueryEngine(root) as engine:
        yield engine


@pytest.fixture(scope="module")
def retriever(root: Path) -> Iterator[PageRetriever]:
    with PageRetriever(root) as retriever:
        yield retriever


_CALLS: list[str] | None = None


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _CALLS is not None and event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        _CALLS.append(f"{event} {arguments[1:]}")


sys.addaudithook(_watch)


@pytest.fixture
def connections() -> Iterator[list[str]]:
    """What tries to leave the process during a test."""
    global _CALLS
    _CALLS = []
    yield _CALLS
    _CALLS = None


# --- the agent of the README -------------------------------------------------------------------------------


def call_once(messages: list[ChatMessage], **_: Any) -> ChatMessage:
    """An agent's LLM that passes the user's question to the tool, and repeats what that says."""
    last = messages[-1]
    if last.role == MessageRole.TOOL:
        return ChatMessage(role="assistant", content=f"The tool says: {last.content}")
    call = ToolCallBlock(tool_call_id="1", tool_name="contracts", tool_kwargs={"input": last.content})
    return ChatMessage(role="assistant", blocks=[call])


def read_example() -> str:
    """The first Python block of the section on LlamaIndex, letter by letter."""
    section = README.read_text(encoding="utf-8").split("\n## LlamaIndex\n", 1)[1]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_readme_plugs_docai_into_an_agent_in_five_lines(
    root: Path, monkeypatch: pytest.MonkeyPatch, connections: list[str]
) -> None:
    monkeypatch.chdir(root)
    example = read_example()
    assert len([line for line in example.splitlines() if line.strip()]) == 5
    code = compile(example, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names: dict[str, Any] = {"llm": MockFunctionCallingLLM(response_generator=call_once)}
    printed = StringIO()

    async def run() -> None:
        with redirect_stdout(printed):
            waiting = eval(code, names)
            assert inspect.isawaitable(waiting)
            await waiting

    asyncio.run(run())
    assert "The tool says: " in printed.getvalue()
    assert "Oregon" in printed.getvalue()
    assert "[1] contracts/harbor.pdf, page 2: “" in printed.getvalue()
    assert connections == []


# --- pages -------------------------------------------------------------------------------------------------


def test_pages_come_with_their_place_and_their_own_pixels(root: Path, retriever: PageRetriever) -> None:
    nodes = retriever.retrieve(LAW)
    best = nodes[0].node
    assert isinstance(best, PageNode)
    told = best.metadata
    assert (told["uri"], told["page"]) == ("contracts/harbor.pdf", 2)
    assert "State of Oregon" in best.text
    assert best.ref_doc_id == told["document_id"]
    assert [n.score for n in nodes] == sorted((n.score for n in nodes), reverse=True)
    assert len(nodes) <= 5
    shown = np.array(Image.open(told["image_path"]))
    drawn = make_page_image(str(root / "contracts/harbor.pdf"), 2)
    assert np.array_equal(shown, drawn.pixels)
    # The boxes are where the words are: the line that names the law has ink inside them.
    scale = drawn.dpi_x / 72
    for x0, y0, x1, y1 in told["boxes"]:
        part = drawn.pixels[int(y0 * scale) : int(y1 * scale), int(x0 * scale) : int(x1 * scale)]
        assert part.min() < 128 < part.max()


def test_marked_words_are_marked_and_all_else_is_untouched(root: Path, tmp_path: Path) -> None:
    with PageRetriever(root, highlight=True, image_dir=tmp_path / "pictures") as retriever:
        best = retriever.retrieve(LAW)[0].node
    marked = np.array(Image.open(best.metadata["image_path"]))
    assert Path(best.metadata["image_path"]).parent == tmp_path / "pictures"
    plain = make_page_image(str(root / "contracts/harbor.pdf"), 2)
    pixels = plain.pixels if plain.pixels.ndim == 3 else np.stack([plain.pixels] * 3, axis=-1)
    changed = (marked != pixels).any(axis=-1)
    inside = np.zeros(changed.shape, dtype=bool)
    scale = plain.dpi_x / 72
    for x0, y0, x1, y1 in best.metadata["boxes"]:
        inside[int(y0 * scale) - 3 : int(y1 * scale) + 4, int(x0 * scale) - 3 : int(x1 * scale) + 4] = True
    assert changed.any()
    assert not (changed & ~inside).any()


def test_a_smaller_picture_is_made_where_one_is_wanted(root: Path, tmp_path: Path) -> None:
    with PageRetriever(root, longest_px=400, image_dir=tmp_path) as retriever:
        best = retriever.retrieve(LAW)[0].node
    assert max(Image.open(best.metadata["image_path"]).size) == 400


def test_many_questions_at_once_find_what_each_finds_alone(retriever: PageRetriever) -> None:
    questions = [LAW, "When does the lease of Acme Holdings expire?", "reports each month"] * 2

    async def ask_all() -> list[list[str]]:
        found = await asyncio.gather(*(retriever.aretrieve(q) for q in questions))
        return [[n.node.node_id for n in nodes] for nodes in found]

    alone = [[n.node.node_id for n in retriever.retrieve(q)] for q in questions]
    assert asyncio.run(ask_all()) == alone
    assert all(alone)


def test_passages_are_nodes_of_their_own(root: Path) -> None:
    with PageRetriever(root, granularity="passage", similarity_top_k=3, images=False) as retriever:
        nodes = retriever.retrieve(LAW)
    assert 1 <= len(nodes) <= 3
    assert type(nodes[0].node) is TextNode
    assert "Oregon" in nodes[0].text
    assert "image_path" not in nodes[0].node.metadata
    with pytest.raises(ValueError, match="granularity"):
        PageRetriever(root, granularity="line")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least 1"):
        PageRetriever(root, similarity_top_k=0)


def test_an_empty_question_finds_nothing(retriever: PageRetriever) -> None:
    assert retriever.retrieve("  ") == []


def test_a_file_that_is_gone_keeps_its_words(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root, tmp_path / "copy", ignore=shutil.ignore_patterns("page-images"))
    (tmp_path / "copy/contracts/harbor.pdf").unlink()
    with PageRetriever(tmp_path / "copy") as retriever:
        best = retriever.retrieve(LAW)[0].node
    assert type(best) is TextNode
    assert "State of Oregon" in best.text
    assert "no longer there" in best.metadata["image_error"]


def where(*filters: MetadataFilter | MetadataFilters, condition: str = "and") -> MetadataFilters:
    return MetadataFilters(filters=list(filters), condition=FilterCondition(condition))


def has(key: str, value: Any, operator: str = "==") -> MetadataFilter:
    return MetadataFilter(key=key, value=value, operator=FilterOperator(operator))


HARBOR, NORDEN, ACME = "contracts/harbor.pdf", "contracts/norden.pdf", "leases/acme.pdf"


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        (where(has("governing_law", "Oregon")), {HARBOR, ACME}),
        (where(has("governing_law", "oregon", "!=")), {NORDEN}),
        (where(has("governing_law", ["Nevada", "Texas"], "in")), {NORDEN}),
        (where(has("governing_law", ["Nevada", "Texas"], "nin")), {HARBOR, ACME}),
        (where(has("expiration_date", "2027", "<")), {HARBOR}),
        (where(has("expiration_date", "2024-03-15", ">=")), {NORDEN, ACME}),
        (where(has("renewal_term", None, "is_empty")), {HARBOR, NORDEN, ACME}),
        (where(has("folder", "leases")), {ACME}),
        (where(has("folder", "leases", "!=")), {HARBOR, NORDEN}),
        (where(has("file_name", "norden.pdf")), {NORDEN}),
        (where(has("uri", "harbor", "text_match")), {HARBOR}),
        (where(has("schema", "contract")), {HARBOR, NORDEN, ACME}),
        (where(has("schema", "invoice")), set()),
        (where(has("governing_law", "Oregon"), has("folder", "contracts")), {HARBOR}),
        (where(has("governing_law", "Nevada"), has("folder", "leases"), condition="or"), {NORDEN, ACME}),
        (where(has("governing_law", "Nevada"), has("folder", "leases"), condition="not"), {HARBOR}),
        (
            where(where(has("uri", HARBOR), has("uri", ACME), condition="or"), has("folder", "leases")),
            {ACME},
        ),
        (where(), {HARBOR, NORDEN, ACME}),
    ],
)
def test_filters_choose_documents(root: Path, filters: MetadataFilters, wanted: set[str]) -> None:
    with PageRetriever(root, filters=filters, similarity_top_k=9, images=False) as retriever:
        assert {n.node.metadata["uri"] for n in retriever.retrieve("governed by the laws")} == wanted


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        (where(has("colour", "red")), "no field"),
        (where(has("folder", "x", ">")), "'>'"),
        (where(has("uri", ["x"], "all")), "'all'"),
        (where(has("uri", 3, "text_match")), "a text"),
        (where(has("governing_law", "Oregon", "text_match")), "'text_match'"),
        (where(has("governing_law", "Oregon", "in")), "a list"),
        (where(has("governing_law", ["Oregon"])), "one value"),
        (where(has("governing_law", None)), "no value"),
    ],
)
def test_a_filter_that_cannot_be_decided_is_refused(root: Path, filters: MetadataFilters, told: str) -> None:
    with (
        PageRetriever(root, filters=filters, images=False) as retriever,
        pytest.raises(ConfigError, match=re.escape(told)) as raised,
    ):
        retriever.retrieve("law")
    assert raised.value.code == "bad-filter"


def test_an_open_retriever_sees_an_edited_file(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(root, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    by_law = {law: where(has("governing_law", law)) for law in ("Nevada", "Texas")}
    with PageRetriever(images=False) as retriever:

        def find(law: str) -> list[str]:
            retriever.filters = by_law[law]
            return [n.node.metadata["uri"] for n in retriever.retrieve("governed by the laws")]

        assert (find("Nevada"), find("Texas")) == ([NORDEN], [])
        write_pdf(Path(NORDEN), *(text.replace("Nevada", "Texas") for text in DOCUMENTS[NORDEN]))
        done = list(docai.extract("contracts", schema="contract", workers=0))
        assert not [outcome for outcome in done if isinstance(outcome, docai.Failure)]
        assert (find("Nevada"), find("Texas")) == ([], [NORDEN])
        assert "Texas" in retriever.retrieve("governed by the laws")[0].text


def test_a_folder_without_a_workspace_or_without_passages_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        PageRetriever(tmp_path)
    assert raised.value.code == "workspace-missing"
    from docai.workspace import open_workspace

    open_workspace(tmp_path).close()
    with PageRetriever(tmp_path) as retriever, pytest.raises(ConfigError) as raised:
        retriever.retrieve("law")
    assert raised.value.code == "nothing-indexed"


# --- answers -----------------------------------------------------------------------------------------------


def test_an_answer_has_source_nodes_with_page_boxes_and_picture(
    engine: PageQueryEngine, connections: list[str]
) -> None:
    response = engine.query(LAW)
    assert response.metadata is not None
    assert (response.metadata["status"], response.metadata["value"]) == ("answered", "Oregon")
    assert "Oregon" in str(response)
    cited = response.source_nodes[0].node
    assert (cited.metadata["uri"], cited.metadata["page"]) == ("contracts/harbor.pdf", 2)
    assert "Oregon" in response.source_nodes[0].text
    assert cited.metadata["boxes"]
    assert Image.open(cited.metadata["image_path"]).mode == "RGB"
    assert f"[1] contracts/harbor.pdf, page 2: “{response.source_nodes[0].text}”" in str(response)
    assert len(response.source_nodes) == len(response.metadata["answer"]["citations"])
    assert connections == []


def test_what_is_not_there_is_an_answer_without_sources(engine: PageQueryEngine) -> None:
    response = engine.query("Which law governs the lease with Zanzibar Shipping Ltd?")
    assert response.metadata is not None
    assert response.metadata["status"] == "not_found"
    assert response.source_nodes == []
    assert str(response).startswith("(not found in these documents)")


def test_awaiting_says_the_same(engine: PageQueryEngine) -> None:
    assert str(asyncio.run(engine.aquery(LAW))) == str(engine.query(LAW))


def test_each_document_is_a_row(root: Path) -> None:
    with PageQueryEngine(root, each=True, images=False) as engine:
        response = engine.query("Which law governs it?")
    assert response.metadata is not None
    rows = response.metadata["answer"]["rows"]
    assert {row["uri"]: row["value"] for row in rows} == {HARBOR: "Oregon", NORDEN: "Nevada", ACME: "Oregon"}
    assert "contracts/norden.pdf: Nevada [" in str(response)


def test_filters_narrow_what_is_asked(root: Path) -> None:
    filters = where(has("folder", "leases"))
    with PageQueryEngine(root, filters=filters, images=False) as engine:
        counted = engine.query("How many contracts are there?")
        assert counted.metadata is not None
        assert counted.metadata["value"] == 1
        assert {n.node.metadata["uri"] for n in engine.query("Which law governs it?").source_nodes} == {ACME}
    with PageQueryEngine(root, filters=where(has("folder", "nowhere"))) as engine:
        with pytest.raises(ConfigError) as raised:
            engine.query(LAW)
        assert raised.value.code == "nothing-in-scope"


# --- an LLM that composes ----------------------------------------------------------------------------------


def compose(*sentences: tuple[str, str], status: str = "answered") -> str:
    """A reply as a model gives it: (text, quoted words), each of passage 1."""
    said = [{"quotes": [{"source": 1, "words": words}], "text": text} for text, words in sentences]
    return json.dumps({"sentences": said, "answer": "Oregon", "status": status})


PROVEN = ("Oregon law governs the agreement.", "in accordance with the laws of the State of Oregon")
INVENTED = ("Texas law governs it too.", "the laws of the State of Texas")


def test_an_llm_composes_and_what_it_invents_is_struck(root: Path) -> None:
    seen: list[list[ChatMessage]] = []

    def answer(messages: list[ChatMessage], **_: Any) -> ChatMessage:
        seen.append(messages)
        return ChatMessage(role="assistant", content=compose(PROVEN, INVENTED))

    llm = MockFunctionCallingLLM(response_generator=answer)
    with PageQueryEngine(root, llm=llm) as engine:
        response = engine.query(LAW)
    assert "Oregon law governs the agreement. [1]" in str(response)
    assert "~~Texas law governs it too.~~" in str(response)
    assert "State of Oregon" in response.source_nodes[0].text
    assert response.source_nodes[0].node.metadata["page"] == 2
    blocks = seen[0][-1].blocks
    assert "State of Oregon" in "".join(b.text for b in blocks if isinstance(b, TextBlock))


def test_an_llm_that_fails_leaves_docais_own_answer(root: Path) -> None:
    def fail(messages: list[ChatMessage], **_: Any) -> ChatMessage:
        raise RuntimeError("out of memory")

    with PageQueryEngine(root, llm=MockFunctionCallingLLM(response_generator=fail)) as engine:
        response = engine.query(LAW)
    assert response.metadata is not None
    assert (response.metadata["value"], response.metadata["engine"]) == ("Oregon", "extractive")
    assert "out of memory" in str(response)


def test_an_llm_that_hangs_is_given_up() -> None:
    going_on = threading.Event()

    def hang(messages: list[ChatMessage], **_: Any) -> ChatMessage:
        going_on.wait(30)
        return ChatMessage(role="assistant", content="late")

    model = LlmModel(MockFunctionCallingLLM(response_generator=hang), longest_s=0.05)
    request = ChatRequest((Message("user", ("Which law governs?",)),))
    with pytest.raises(ServiceError, match="no reply within") as caught:
        model.start(lambda client: client.complete(request)).result(timeout=20)
    assert caught.value.code == "timeout"
    assert not going_on.is_set()
    going_on.set()


def test_an_openai_like_llm_gets_images_and_the_form_of_the_reply(root: Path) -> None:
    asked: list[Any] = []

    def answer(request: Any) -> str:
        asked.append(request)
        return compose(PROVEN)

    with ThreadedServer(ScriptedServer(make_script(answer))) as server:
        llm = OpenAILike(
            model="scripted",
            api_base=server.base_url,
            api_key="none",
            context_window=32_000,
            is_chat_model=True,
            should_use_structured_outputs=True,
            max_retries=0,
        )
        with PageQueryEngine(root, llm=llm) as engine:
            response = engine.query(LAW)
    assert "Oregon law governs the agreement. [1]" in str(response)
    request = asked[-1]
    images = [part for m in request.messages for part in m.parts if not isinstance(part, str)]
    assert images
    assert all(part.data.startswith(b"\x89PNG") for part in images)
    assert request.json_schema["properties"].keys() == {"sentences", "answer", "status"}


def test_pages_and_pictures_go_to_llamaindex_own_engine_too(
    retriever: PageRetriever, connections: list[str]
) -> None:
    seen: list[list[ChatMessage]] = []

    def answer(messages: list[ChatMessage], **_: Any) -> ChatMessage:
        seen.append(messages)
        return ChatMessage(role="assistant", content="Oregon")

    llm = MockFunctionCallingLLM(response_generator=answer, is_chat_model=True)
    synthesizer = get_response_synthesizer(llm=llm, multimodal=True, response_mode="simple_summarize")
    response = RetrieverQueryEngine(retriever, synthesizer).query(LAW)
    assert str(response) == "Oregon"
    blocks = [block for message in seen[0] for block in message.blocks]
    pictures = [block for block in blocks if isinstance(block, ImageBlock)]
    assert pictures
    best = response.source_nodes[0].node
    assert pictures[0].resolve_image().read() == Path(best.metadata["image_path"]).read_bytes()
    assert "State of Oregon" in "".join(block.text for block in blocks if isinstance(block, TextBlock))
    told = best.get_content(MetadataMode.LLM)
    assert "uri: contracts/harbor.pdf" in told
    assert "boxes" not in told
    assert connections == []


# --- what docai indexed as a vector store ------------------------------------------------------------------


def test_the_workspace_is_a_vector_store_to_read(root: Path) -> None:
    store = EdgeVectorStore.from_workspace(root)
    index = VectorStoreIndex.from_vector_store(store, embed_model=DocaiEmbedding.from_workspace(root))
    found = index.as_retriever(similarity_top_k=2, vector_store_query_mode="hybrid").retrieve(
        "State of Nevada"
    )
    assert (found[0].node.metadata["uri"], found[0].node.metadata["page"]) == (NORDEN, 1)
    assert found[0].node.metadata["boxes"]
    later = where(has("page", 2), has("governing_law", "Oregon"))
    nodes = store.get_nodes(filters=later)
    assert {(n.metadata["uri"], n.metadata["page"]) for n in nodes} == {(HARBOR, 2)}
    assert len(store.get_nodes()) > len(nodes)
    for change in (
        lambda: store.add([TextNode(text="x", embedding=[1.0] * 384)]),
        lambda: store.delete(nodes[0].metadata["document_id"]),
        lambda: store.delete_nodes([nodes[0].node_id]),
        store.clear,
    ):
        with pytest.raises(ConfigError) as raised:
            change()
        assert raised.value.code == "index-read-only"


def test_the_embedding_is_the_index_own(root: Path) -> None:
    embedding = DocaiEmbedding.from_workspace(root)
    texts = ["State of Oregon", "rent", "State of Oregon"]
    vectors = np.array(embedding.get_text_embedding_batch(texts))
    assert vectors.shape == (3, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(vectors[0], vectors[2])
    assert np.allclose(vectors[0], asyncio.run(embedding.aget_query_embedding(texts[0])))
    with pytest.raises(ConfigError):
        DocaiEmbedding("word2vec")


def test_llamaindex_documents_live_in_a_folder_of_their_own(tmp_path: Path, connections: list[str]) -> None:
    documents = [
        Document(
            text=f"The rent of house {n} is {n}00 dollars. It is paid monthly.",
            metadata={"house": n},
            doc_id=f"{n}",
        )
        for n in range(1, 6)
    ]
    embedding = DocaiEmbedding()
    store = EdgeVectorStore(tmp_path / "edge", model_name=embedding.model_name)
    context = StorageContext.from_defaults(vector_store=store)
    VectorStoreIndex.from_documents(documents, storage_context=context, embed_model=embedding)
    again = EdgeVectorStore(tmp_path / "edge", model_name=embedding.model_name)
    index = VectorStoreIndex.from_vector_store(again, embed_model=embedding)
    found = index.as_retriever(similarity_top_k=1).retrieve("What is the rent of house 3?")
    assert [n.node.metadata["house"] for n in found] == [3]
    cheap = where(has("house", 3, "<"))
    found = index.as_retriever(similarity_top_k=9, filters=cheap).retrieve("rent")
    assert {n.node.metadata["house"] for n in found} == {1, 2}
    index.delete_ref_doc("2")
    assert {n.metadata["house"] for n in store.get_nodes()} == {1, 3, 4, 5}
    assert connections == []
