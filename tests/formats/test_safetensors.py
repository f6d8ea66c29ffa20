"""Safetensors: what is inside, and every way in which a header can lie."""

from __future__ import annotations

import pytest

from tests.formats.builders import details, fixture, look, rules, safetensors, tensor


def test_a_real_file_is_described() -> None:
    """Tensors are counted, empty ones too, and the text inside is kept."""
    found = look("layers.safetensors", fixture("layers.safetensors"))
    assert (found.format, found.framework, found.verdict) == ("safetensors", "PyTorch", "clean")
    assert (found.tensors, found.parameters) == (4, 19)
    assert found.metadata["author"] == "ana"


def test_an_unknown_dtype_is_a_warning() -> None:
    """A dtype of the future is pointed out, and its range is believed."""
    found = look("m.safetensors", safetensors({"a": tensor(0, 3, [1], "F24")}, b"abc"))
    assert found.verdict == "warning"
    assert rules(found) == {"safetensors.dtype"}


def test_a_key_that_occurs_twice_is_refused() -> None:
    """Two programs could see two different tensors."""
    header = (
        b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},'
        b'"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}'
    )
    found = look("m.safetensors", safetensors(header, b"ab"))
    assert found.verdict == "dangerous"
    assert "occurs twice" in details(found, "safetensors.malformed")[0]


BROKEN = {
    "header longer than the file": safetensors({}, length=1_000),
    "header of 100 MB and one": safetensors({}, length=100_000_001),
    "header of the largest length": safetensors({}, length=(1 << 64) - 1),
    "shorter than its length": b"\x02\x00\x00",
    "no object": safetensors([]),
    "no JSON": safetensors(b'{"a":'),
    "not UTF-8": safetensors(b'{"\xff":1}'),
    "deep JSON": safetensors(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "NaN": safetensors(b'{"a":NaN}'),
    "endless number": safetensors(b'{"a":1e999}'),
    "number of many digits": safetensors(b'{"a":' + b"9" * 5_000 + b"}"),
    "a hole": safetensors({"a": tensor(4, 8, [1])}, bytes(8)),
    "an overlap": safetensors({"a": tensor(0, 8, [2]), "b": tensor(4, 12, [2])}, bytes(12)),
    "a tail": safetensors({"a": tensor(0, 4, [1])}, bytes(9)),
    "cut data": safetensors({"a": tensor(0, 8, [2])}, bytes(4)),
    "range and shape differ": safetensors({"a": tensor(0, 4, [2])}, bytes(4)),
    "backward range": safetensors({"a": tensor(4, 0, [0])}, bytes(4)),
    "true as a size": safetensors({"a": tensor(0, 4, [True])}, bytes(4)),
    "point as a size": safetensors(
        b'{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}', bytes(4)
    ),
    "negative size": safetensors({"a": tensor(0, 4, [-1, -1])}, bytes(4)),
    "endless size": safetensors({"a": tensor(0, 0, [1 << 40, 1 << 40, 0])}),
    "overflowing size": safetensors({"a": tensor(0, 0, [1 << 62, 4])}),
    "another key": safetensors({"a": tensor(0, 4, [1]) | {"code": "x"}}, bytes(4)),
    "three offsets": safetensors({"a": tensor(0, 4, [1]) | {"data_offsets": [0, 4, 4]}}, bytes(4)),
    "metadata of numbers": safetensors({"__metadata__": {"a": 1}}),
    "metadata as a list": safetensors({"__metadata__": []}),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_dangerous(case: str) -> None:
    """Every rule of the format that is broken is called malformed."""
    found = look("m.safetensors", BROKEN[case])
    assert found.format == "safetensors"
    if case == "endless size":  # a size of nothing is still nothing
        assert found.verdict == "clean"
    else:
        assert (found.verdict, rules(found)) == ("dangerous", {"safetensors.malformed"})


def test_a_header_of_countless_parts_is_too_much() -> None:
    """Memory is promised to be bounded, so such a header is not parsed at all."""
    found = look("m.safetensors", safetensors(b"{" + b"[]," * 1_500_000 + b"}"))
    assert (found.verdict, rules(found)) == ("incomplete", {"safetensors.limit"})
