"""Real files of one network in two containers are compared value by value as NumPy compares."""

from __future__ import annotations

import pytest

from modelshelf.formats import Source
from modelshelf.formats.comparing import Side, plan
from modelshelf.formats.comparing.elements import exactly
from modelshelf.formats.comparing.kinds import SIZES, Array
from tests.real.conftest import StatedOf, need
from tests.real.test_real import placed_in

# Two files of the same weights under the same names, and how many there are at least.
SAME = [
    (("torches", "state"), ("torches", "legacy"), 9),
    (("torches", "state"), ("torches", "traced"), 9),
    (("torches", "scripted"), ("torches", "exported"), 9),
    (("torches", "brain"), ("graphs", "brain"), 20),
    (("hubs", "network"), ("hubs", "sharded"), 41),
    (("layers", "packed"), ("layers", "parts"), 11),
    (("graphs", "silero_15"), ("graphs", "silero_18"), 15),
    (("arrays", "several"), ("arrays", "several"), 2),
    (("tensors", "safetensors"), ("tensors", "safetensors"), 8),
    (("graphs", "silero"), ("graphs", "silero"), 4),
    (("graphs", "outside"), ("graphs", "outside"), 1),
    (("ggufs", "plain"), ("ggufs", "plain"), 2),
    (("ggufs", "quantised"), ("ggufs", "quantised"), 1),
]


@pytest.mark.parametrize(("one", "other", "least"), SAME, ids=str)
def test_the_same_weights_are_the_same(
    one: tuple[str, str], other: tuple[str, str], least: int, stated_of: StatedOf
) -> None:
    """Tensors of one name hold the same values; they are read, because no digest is known."""
    found = plan(*(_side(each, stated_of) for each in (one, other))).run()
    shared = [row.state for row in found.rows if row.state not in {"added", "removed", "unread"}]
    assert set(shared) == {"same"}
    assert len(shared) >= least
    assert found.bytes_read > 0


@pytest.mark.parametrize(
    "dtype", [name for name in SIZES if name.startswith(("float8_e4", "float8_e5", "bfloat"))]
)
def test_types_that_numpy_has_not(dtype: str) -> None:
    """Every bit pattern is the number that ml_dtypes takes it for."""
    need("ml_dtypes")
    import ml_dtypes
    import numpy as np

    width = SIZES[dtype]
    codes: Array = np.arange(1 << 8 * width, dtype=f"<u{width}")
    expected = codes.view(getattr(ml_dtypes, dtype)).astype(np.float32)
    np.testing.assert_array_equal(exactly(dtype, codes.view(np.uint8)), expected)


def _side(file: tuple[str, str], stated_of: StatedOf) -> Side:
    source = Source.from_path(stated_of(*file).path)
    return Side("-".join(file), source, placed_in(source))
