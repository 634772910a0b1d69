"""Document text is data: sentences that speak to whoever answers are never used as answers."""

from __future__ import annotations

import re

from docai.answering.vocabulary import plain_text

_PATTERNS = (
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instructions?|prompts?|rules|guidelines|"
    r"directions|questions?|context|everything|all of the above|the above)\b",
    r"\b(?:ignorier\w*|missacht\w*|vergiss|vergessen sie)\b.{0,40}\b(?:anweisung\w*|regeln|alles)\b",
    r"\b(?:ignorez|oubliez)\b.{0,40}\b(?:instructions?|consignes?|tout)\b",
    r"\b(?:answer|reply|respond|output|print|say|write|return)\b.{0,25}[\"“'‘]?"
    r"\b(?:yes|no|true|false|not found)\b[\"”'’]?.{0,30}(?:\bto\b.{0,20}\b(?:question|quer)|$|[.!\"”])",
    r"\b(?:if|when|whenever)\b.{0,20}\b(?:you are|you're|asked|a user|the user|someone asks)\b.{0,60}"
    r"\b(?:answer|reply|respond|say)\b",
    r"\b(?:system|developer) (?:prompt|message)\b|\bprompt injection\b|\bnew instructions?:",
    r"\byou are (?:now )?(?:an? )?(?:\w+ )?(?:ai|llm|language model|assistant|chatbot)\b",
    r"\bas an? (?:ai|language model)\b",
    r"\b(?:dear|attention|note to|message to|hey) (?:the )?"
    r"(?:ai|llm|assistant|model|chatbot|language model|gpt)\b",
    r"\b(?:ai|llm|language) (?:model|assistant|system)s? "
    r"(?:must|should|shall|reading|processing|that reads?)\b",
    r"<\|?(?:system|im_start|assistant|endoftext)\|?>|\[/?inst\]",
)
_PLANTED = re.compile("|".join(f"(?:{p})" for p in _PATTERNS))


def is_instruction(sentence: str) -> bool:
    """Whether a sentence tells its reader how to answer, as no contract, invoice or order does."""
    return _PLANTED.search(plain_text(sentence)) is not None
