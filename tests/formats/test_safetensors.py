"""Safetensors: what is inside, and every way in which a header can lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelshelf.formats import inspectors
from modelshelf.formats import looking as formats_looking
from modelshelf.formats.trouble import Malformed
from tests.formats.builders import details, fixture, look, rules, safetensors, source, tensor
from tests.formats.weighing import Meter, needs_of, placed, raw, strictly_placed


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


def test_tensors_lie_where_the_header_says() -> None:
    """Places are counted from the start of the file, types are spelled as NumPy does."""
    header = {"b": tensor(4, 8, [2], "BF16"), "a": tensor(0, 4, [], "F32")}
    given = source("m.safetensors", safetensors(header, b"AAAABBBB"))
    found = placed(given)
    assert [(each.name, each.dtype, each.shape) for each in found.values()] == [
        ("a", "float32", ()),
        ("b", "bfloat16", (2,)),
    ]
    assert (raw(given, found["a"]), raw(given, found["b"])) == (b"AAAA", b"BBBB")


@pytest.mark.parametrize("case", ["a hole", "an overlap", "a tail", "cut data"])
def test_places_of_a_broken_file_are_not_told(case: str) -> None:
    """Nobody hashes what lies over the end, or twice."""
    with pytest.raises(Malformed):
        strictly_placed(source("m.safetensors", BROKEN[case]))


@pytest.mark.parametrize(
    ("header", "size", "words"),
    [
        ({"w": tensor(0, 4, [4], "I8"), "s": tensor(4, 8, [1])}, 8, "int8"),
        ({"w": tensor(0, 4, [4], "F8_E4M3")}, 4, "float8_e4m3fn"),
        ({"w": tensor(0, 8, [4], "F16")}, 8, ""),
        (
            {"l.qweight": tensor(0, 8, [2], "I32"), "l.scales": tensor(8, 12, [1])},
            12,
            "packed int32",
        ),
        (
            {"l.weight": tensor(0, 8, [2], "U32"), "l.scales": tensor(8, 12, [1])},
            12,
            "packed uint32",
        ),
        (
            {"l.weight": tensor(0, 8, [8], "U8")}
            | {"l.weight.quant_state.bitsandbytes__nf4": tensor(8, 9, [1], "U8")},
            9,
            "bitsandbytes nf4",
        ),
        ({}, 0, ""),
    ],
)
def test_smaller_weights_are_told(header: dict[str, object], size: int, words: str) -> None:
    """By the type of most elements, and by the names that packers give to packed tensors."""
    found = look("m.safetensors", safetensors(header, bytes(size)))
    assert (found.quantization, found.verdict) == (words, "clean")
    packed = words.startswith(("packed", "bits"))
    assert ("parameters" in found.metadata) == packed


def test_the_metadata_of_specifications_is_understood() -> None:
    """Architecture, licence and origin as image models and their adapters write them."""
    told = {"modelspec.architecture": "flux-1-dev/lora", "modelspec.license": "CC-BY-4.0"}
    told |= {"ss_sd_model_name": "sd_xl_base_1.0.safetensors", "format": "pt"}
    found = look("m.safetensors", safetensors({"__metadata__": told}))
    assert (found.architecture, found.license) == ("flux-1-dev/lora", "CC-BY-4.0")
    assert found.base_models == ("sd_xl_base_1.0.safetensors",)


def test_a_part_of_several_names_the_others() -> None:
    """By its name; a name of absurdly many parts names none."""
    data = safetensors({})
    assert needs_of(source("m-00002-of-00003.safetensors", data)) == (
        "m-00001-of-00003.safetensors",
        "m-00003-of-00003.safetensors",
    )
    assert needs_of(source("m-00002-of-99999.safetensors", data)) == ()
    assert needs_of(source("m.safetensors", data)) == ()


def test_two_gigabytes_of_weights_are_not_read(tmp_path: Path) -> None:
    """What is read is the header, once for each question."""
    size = 2 << 30
    header = safetensors({"w": tensor(0, size, [size // 4])})
    path = tmp_path / "m.safetensors"
    path.write_bytes(header)
    with path.open("r+b") as file:
        file.truncate(len(header) + size)
    meter = Meter()
    given = meter.source("m.safetensors", path)
    found = formats_looking.look(given, inspectors())
    assert (found.parameters, found.verdict) == (size // 4, "clean")
    assert placed(given)["w"].length == size
    assert meter.read < 2_000_000


def test_files_of_the_library_itself_are_read_alike(tmp_path: Path) -> None:
    """Names, types, shapes and bytes agree with the reader that safetensors brings."""
    numpy: Any = pytest.importorskip("numpy")
    library: Any = pytest.importorskip("safetensors.numpy")
    arrays = {
        "a.weight": numpy.arange(15, dtype="float32").reshape(3, 5),
        "count": numpy.array(7, dtype="int64"),
        "empty": numpy.zeros((0, 4), dtype="float16"),
        "mask": numpy.ones(3, dtype="bool"),
    }
    path = tmp_path / "m.safetensors"
    library.save_file(arrays, path, metadata={"format": "np"})
    given = source("m.safetensors", path.read_bytes())
    found = placed(given)
    assert found.keys() == arrays.keys()
    for name, array in library.load_file(path).items():
        assert (found[name].dtype, found[name].shape) == (str(array.dtype), array.shape)
        assert raw(given, found[name]) == array.tobytes()
    assert look("m.safetensors", path.read_bytes()).parameters == 19
