"""Texts as vectors: the embedded model, a local folder of another, a server's."""
