"""LlamaIndex's shapes over docai's index. Only `docai.llamaindex`, the way in, loads them."""
