"""Answers that a model composes from pages and passages, each sentence checked against what it quotes."""
