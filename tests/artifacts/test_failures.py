"""What the system refuses, in our words."""

from __future__ import annotations

import errno

import pytest

from modelshelf.artifacts.failures import amount, explain, no_space
from modelshelf.domain.errors import Conflict, Invalid, ModelshelfError, NotFound, Unavailable


@pytest.mark.parametrize(
    ("number", "family"),
    [
        (errno.ENOENT, NotFound),
        (errno.ELOOP, Invalid),
        (errno.ENXIO, Invalid),
        (errno.EEXIST, Conflict),
        (errno.EACCES, Unavailable),
        (errno.EROFS, Unavailable),
        (errno.EIO, Unavailable),
        (errno.EMFILE, Unavailable),
        (errno.ECHILD, Unavailable),
        (0, Unavailable),
    ],
)
def test_every_number_has_a_family(number: int, family: type[ModelshelfError]) -> None:
    """Known numbers have their family, unknown ones are the machine's fault."""
    error = explain(OSError(number, "words of the system"), "read", "/a/model")
    assert type(error) is family
    assert "/a/model" in str(error)
    assert error.why


def test_error_without_a_number() -> None:
    """An error with nothing but a text keeps the text."""
    assert "odd" in str(explain(OSError("odd"), "read", "x"))


def test_no_space_that_is_no_lack_of_bytes() -> None:
    """When bytes are free, the sentence says what else may be used up."""
    assert "quota" in str(no_space("x", need=1, have=10))
    assert "quota" not in str(no_space("x", need=10, have=1))


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1500, "1.5 kB"),
        (2_100_000_000, "2.1 GB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_amounts_read_well(count: int, text: str) -> None:
    """Bytes are told in the unit that fits."""
    assert amount(count) == text
