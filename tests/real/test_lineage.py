"""The same weights in another container are recognised by the digests of their tensors."""

from __future__ import annotations

import pytest

from modelshelf.formats import Source
from tests.real.conftest import StatedOf
from tests.real.test_real import placed_in, weighed

# An exporter folds one layer into another where it can, and then only the others are the same; one
# number, or none, says nothing.
PAIRS = [
    (("torches", "state"), ("torches", "as_onnx"), 2),
    (("torches", "state"), ("torches", "legacy"), 6),
    (("torches", "state"), ("torches", "traced"), 6),
    (("torches", "state"), ("torches", "exported"), 6),
    (("torches", "silero"), ("graphs", "silero_15"), 8),
    (("torches", "brain"), ("graphs", "brain"), 17),
    (("layers", "packed"), ("layers", "parts"), 8),
]


@pytest.mark.parametrize(("one", "other", "least"), PAIRS, ids=str)
def test_weights_are_recognised(
    one: tuple[str, str], other: tuple[str, str], least: int, stated_of: StatedOf
) -> None:
    """Two files of one network, made by different writers, hold tensors of the same bytes."""
    shared = digests(one, stated_of) & digests(other, stated_of)
    assert len(shared) >= least


def test_other_weights_are_not(stated_of: StatedOf) -> None:
    """Two networks have nothing in common."""
    ours = digests(("torches", "state"), stated_of)
    assert ours.isdisjoint(digests(("torches", "faces"), stated_of))


def digests(file: tuple[str, str], stated_of: StatedOf) -> set[str]:
    """Return the digests of a file's tensors of more than one element."""
    source = Source.from_path(stated_of(*file).path)
    found = [weighed(each, source) for each in placed_in(source) if each.length > 8]
    return {digest for _, _, _, digest in found if digest}
