"""GGUF: the header is read, and no number in it is believed before it fits into the file."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from modelshelf.formats import inspectors
from modelshelf.formats import looking as formats_looking
from modelshelf.formats.trouble import Malformed
from tests.formats.builders import details, fixture, gguf, gguf_text, look, rules, source
from tests.formats.weighing import Meter, needs_of, placed, raw, strictly_placed

U32, STRING, ARRAY = (struct.pack("<I", kind) for kind in (4, 8, 9))


def test_a_model_is_described() -> None:
    """Architecture, quantization and parameters of a file from gguf's own writer."""
    found = look("tiny.gguf", fixture("tiny.gguf"))
    assert (found.format, found.framework, found.version) == ("gguf", "GGML", "GGUF 3")
    assert (found.tensors, found.parameters) == (2, 224)
    assert (found.architecture, found.quantization) == ("llama", "Q8_0")
    assert (found.verdict, rules(found)) == ("warning", {"gguf.chat_template"})


def pair(key: str, kind: bytes, value: bytes) -> bytes:
    """Return one entry of the header."""
    return gguf_text(key) + kind + value


def weight(*shape: int, kind: int = 0, offset: int = 0, name: str = "w") -> bytes:
    """Return one entry of the tensor list."""
    sizes = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    return gguf_text(name) + sizes + struct.pack("<IQ", kind, offset)


def test_an_unknown_tensor_type_is_a_warning() -> None:
    """A type of the future is pointed out."""
    found = look("m.gguf", gguf(b"", weight(4, kind=99) + bytes(64), (1, 0)))
    assert (found.verdict, rules(found)) == ("warning", {"gguf.type"})


def big(value: int) -> bytes:
    """Return a number of eight bytes."""
    return struct.pack("<Q", value)


BROKEN = {
    "2^60 tensors": gguf(counts=(1 << 60, 0)),
    "2^60 pairs": gguf(counts=(0, 1 << 60)),
    "more pairs than bytes": gguf(bytes(50), counts=(0, 100)),
    "2^63 of text": gguf(big(1 << 63), counts=(0, 1)),
    "a text over the end": gguf(pair("a", STRING, big(10_000)), counts=(0, 1)),
    "an array of 2^61": gguf(pair("a", ARRAY, U32 + big(1 << 61)), counts=(0, 1)),
    "an array that overflows": gguf(pair("a", ARRAY, U32 + big((1 << 62) + 1)), counts=(0, 1)),
    "texts of 2^60": gguf(pair("a", ARRAY, STRING + big(1 << 60)), counts=(0, 1)),
    "a text in an array over the end": gguf(
        pair("a", ARRAY, STRING + big(1) + big(1 << 40)), counts=(0, 1)
    ),
    "an array of arrays": gguf(pair("a", ARRAY, ARRAY + big(1) + bytes(20)), counts=(0, 1)),
    "type 77": gguf(pair("a", struct.pack("<I", 77), bytes(20)), counts=(0, 1)),
    "a key twice": gguf(pair("a", U32, bytes(4)) * 2, counts=(0, 2)),
    "an odd alignment": gguf(pair("general.alignment", U32, struct.pack("<I", 33)), counts=(0, 1)),
    "no alignment": gguf(pair("general.alignment", U32, bytes(4)), counts=(0, 1)),
    "an alignment of text": gguf(pair("general.alignment", STRING, gguf_text("32")), counts=(0, 1)),
    "five dimensions": gguf(b"", weight(1, 1, 1, 1, 1) + bytes(64), (1, 0)),
    "2^32 dimensions": gguf(
        b"", gguf_text("w") + struct.pack("<I", 0xFFFFFFFF) + bytes(64), (1, 0)
    ),
    "a product that overflows": gguf(b"", weight(1 << 32, 1 << 32) + bytes(64), (1, 0)),
    "a tensor over the end": gguf(b"", weight(1_000) + bytes(64), (1, 0)),
    "a tensor far outside": gguf(b"", weight(4, offset=1 << 40) + bytes(64), (1, 0)),
    "a crooked offset": gguf(b"", weight(4, offset=8) + bytes(64), (1, 0)),
    "a tensor twice": gguf(b"", weight(1) * 2 + bytes(99), (2, 0)),
    "an overlap": gguf(b"", weight(16) + weight(16, offset=32, name="v") + bytes(128), (2, 0)),
    "half a block": gguf(b"", weight(33, kind=8) + bytes(64), (1, 0)),
    "version 1": b"GGUF" + struct.pack("<III", 1, 0, 0),
    "cut": fixture("tiny.gguf")[:300],
    "cut in the weights": fixture("tiny.gguf")[:-200],
    "only the name": b"GGUF",
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_header_that_lies_is_dangerous(case: str) -> None:
    """Counts, lengths, sizes and places are held against the bytes that are there."""
    found = look("m.gguf", BROKEN[case])
    assert (found.format, found.verdict, rules(found)) == ("gguf", "dangerous", {"gguf.malformed"})


def text_pair(key: str, value: str) -> bytes:
    """Return one text of the header."""
    return pair(key, STRING, gguf_text(value))


def number_pair(key: str, value: int) -> bytes:
    """Return one number of the header."""
    return pair(key, U32, struct.pack("<I", value))


def test_licence_and_base_models_are_told() -> None:
    """The base is named as the hub names it, where its address is the hub's."""
    base = "general.base_model"
    pairs = [
        text_pair("general.license", "other"),
        text_pair("general.license.name", "llama3"),
        number_pair(f"{base}.count", 3),
        text_pair(f"{base}.0.repo_url", "https://huggingface.co/meta-llama/Llama-3-8B"),
        text_pair(f"{base}.1.organization", "Meta"),
        text_pair(f"{base}.1.name", "Llama 2"),
        text_pair(f"{base}.2.repo_url", "https://example.org/x/y/z"),
        pair("general.tags", ARRAY, STRING + big(2) + gguf_text("a") + gguf_text("b")),
    ]
    found = look("m.gguf", gguf(b"".join(pairs), counts=(0, len(pairs))))
    assert found.license == "llama3"
    assert found.base_models == (
        "hf:meta-llama/Llama-3-8B",
        "Meta Llama 2",
        "https://example.org/x/y/z",
    )
    assert found.metadata["general.tags"] == "a, b"


@pytest.mark.parametrize(
    ("pairs", "tensors", "counts", "words"),
    [
        (number_pair("general.file_type", 15), b"", (0, 1), "Q4_K_M"),
        (number_pair("general.file_type", 1024 + 7), b"", (0, 1), "Q8_0"),
        (number_pair("general.file_type", 1), b"", (0, 1), ""),
        (number_pair("general.file_type", 999), b"", (0, 1), "file type 999"),
        (b"", weight(256, kind=12) + bytes(200), (1, 0), "Q4_K"),
        (b"", weight(8) + bytes(64), (1, 0), ""),
    ],
)
def test_quantization_is_the_file_type_or_that_of_most_weights(
    pairs: bytes, tensors: bytes, counts: tuple[int, int], words: str
) -> None:
    """Full and half precision are none."""
    assert look("m.gguf", gguf(pairs, tensors, counts)).quantization == words


def test_tensors_lie_where_the_list_says() -> None:
    """Shapes are NumPy's, types GGML's own words; an unknown type lies nowhere."""
    listed = weight(32, 2, kind=8, name="q") + weight(2, offset=96, name="f")
    listed += weight(4, kind=99, offset=128, name="x")
    data = gguf(b"", listed, (3, 0))
    data += bytes(-len(data) % 32) + b"Q" * 68 + bytes(28) + b"F" * 8 + bytes(24)
    given = source("m.gguf", data)
    found = placed(given)
    assert (found["q"].dtype, found["q"].shape, raw(given, found["q"])) == (
        "Q8_0",
        (2, 32),
        b"Q" * 68,
    )
    assert (found["f"].dtype, raw(given, found["f"])) == ("float32", b"F" * 8)
    assert found["x"].start == -1
    with pytest.raises(Malformed):
        strictly_placed(source("m.gguf", BROKEN["an overlap"]))


def test_bytes_behind_the_last_tensor_are_pointed_out() -> None:
    """Another file could hide there."""
    data = gguf(b"", weight(8), (1, 0))
    data += bytes(-len(data) % 32) + bytes(32)
    assert look("m.gguf", data).verdict == "clean"
    assert rules(look("m.gguf", data + b"PK" * 16)) == {"gguf.tail"}


def test_a_big_endian_file_is_not_read() -> None:
    """It is no broken file, and nothing is said about what is in it."""
    found = look("m.gguf", b"GGUF" + struct.pack(">IQQ", 3, 0, 0))
    assert (found.verdict, rules(found)) == ("incomplete", {"gguf.limit"})


def test_a_part_of_several_names_the_others() -> None:
    """By its name; its header says which part it is."""
    pairs = number_pair("split.no", 1) + number_pair("split.count", 2)
    data = gguf(pairs, counts=(0, 2))
    given = source("m-00002-of-00002.gguf", data)
    assert needs_of(given) == ("m-00001-of-00002.gguf",)
    assert details(look("m-00002-of-00002.gguf", data), "gguf.split") == ["it is part 2 of 2"]
    assert needs_of(source("m-00001-of-50000.gguf", data)) == ()


def test_two_gigabytes_of_weights_are_not_read(tmp_path: Path) -> None:
    """What is read is the header."""
    size = 2 << 30
    header = gguf(b"", weight(size // 4), (1, 0))
    header += bytes(-len(header) % 32)
    path = tmp_path / "m.gguf"
    path.write_bytes(header)
    with path.open("r+b") as file:
        file.truncate(len(header) + size)
    meter = Meter()
    given = meter.source("m.gguf", path)
    found = formats_looking.look(given, inspectors())
    assert (found.parameters, found.verdict) == (size // 4, "clean")
    assert placed(given)["w"].length == size
    assert meter.read < 2_000_000


def test_files_of_the_library_itself_are_read_alike(tmp_path: Path) -> None:
    """Names, types, shapes and bytes agree with the reader that gguf brings."""
    numpy: Any = pytest.importorskip("numpy")
    library: Any = pytest.importorskip("gguf")
    path = tmp_path / "m.gguf"
    writer = library.GGUFWriter(path, "llama")
    weights = numpy.linspace(-1, 1, 2048, dtype="float32").reshape(4, 512)
    for kind in ("Q8_0", "Q4_0", "BF16", "F32"):
        number = library.GGMLQuantizationType[kind]
        packed = library.quants.quantize(weights, number)
        writer.add_tensor(kind, packed, raw_dtype=number)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    given = source("m.gguf", path.read_bytes())
    found = placed(given)
    plain = {"BF16": "bfloat16", "F32": "float32"}
    for each in library.GGUFReader(path).tensors:
        ours = found[each.name]
        assert ours.dtype == plain.get(each.tensor_type.name, each.tensor_type.name)
        assert ours.shape == tuple(int(size) for size in reversed(each.shape))
        assert raw(given, ours) == each.data.tobytes()
    assert len(found) == 4
