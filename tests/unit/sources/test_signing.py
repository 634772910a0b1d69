"""Signatures against the worked examples of AWS's own documentation."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from docai.sources.s3_access import Keys
from docai.sources.s3_signing import encode_path, encode_query, sign_headers

# docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "Examples: Signature Calculations".
KEYS = Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
HOST = "examplebucket.s3.amazonaws.com"
NOW = datetime(2013, 5, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "query", "headers", "signature"),
    [
        (
            "/test.txt",
            [],
            {"Range": "bytes=0-9"},
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "/",
            [("lifecycle", "")],
            {},
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            "/",
            [("prefix", "J"), ("max-keys", "2")],
            {},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_examples_of_the_documentation(
    path: str, query: list[tuple[str, str]], headers: dict[str, str], signature: str
) -> None:
    signed = sign_headers(
        "GET", HOST, encode_path(path), encode_query(query), headers, KEYS, "us-east-1", NOW
    )
    assert signed["authorization"].endswith(f"Signature={signature}")
    assert KEYS.secret_access_key not in str(signed)


def test_a_session_token_is_signed_too() -> None:
    keys = Keys("A", "s", "the-token")
    signed = sign_headers("GET", HOST, "/", "", {}, keys, "us-east-1", NOW)
    assert signed["x-amz-security-token"] == "the-token"
    assert "x-amz-security-token" in signed["authorization"]


def test_keys_as_they_stand_in_a_request() -> None:
    assert encode_path("a b/ü+%~/../x//y?#&.pdf") == "a%20b/%C3%BC%2B%25~/../x//y%3F%23%26.pdf"
    assert encode_query([("prefix", "ü /+"), ("a", "")]) == "a=&prefix=%C3%BC%20%2F%2B"
