"""Signatures are those of the Standard Webhooks scheme."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelshelf.domain.errors import Invalid
from modelshelf.hooks.signing import headers, read_keys

# The test vector of the scheme's own libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - public, and of no use
VECTOR = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()


def test_the_vector_of_the_scheme() -> None:
    """What we sign is what every library of the scheme accepts."""
    assert headers(read_keys(SECRET), *VECTOR) == {
        "webhook-id": VECTOR[0],
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
    }


def test_two_secrets_sign_both() -> None:
    """So that a secret can be changed without a pause."""
    signed = headers(read_keys(f"{OTHER} {SECRET}"), *VECTOR)["webhook-signature"].split()
    assert len(signed) == 2
    assert signed[1] == SIGNATURE


def test_without_a_secret_nothing_is_signed() -> None:
    """Id and time are sent all the same."""
    assert set(headers((), *VECTOR)) == {"webhook-id", "webhook-timestamp"}


@pytest.mark.parametrize(
    "text", ["", "  ", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_c2hvcnQ=", "whsec_!!"]
)
def test_what_is_no_secret_is_refused(text: str) -> None:
    """The sentence shows nothing of it."""
    with pytest.raises(Invalid) as refused:
        read_keys(text)
    assert text.strip(" whsec_") == "" or text not in str(refused.value)


@given(st.text(max_size=100))
def test_any_text_is_a_secret_or_refused(text: str) -> None:
    """Nothing else comes of it."""
    try:
        keys = read_keys(text)
    except Invalid:
        return
    assert all(24 <= len(key) <= 64 for key in keys)
