"""PyTorch files: the pickle inside is scanned, and the zip around it leaves no room to hide."""

from __future__ import annotations

import pickle
import struct
import zipfile
import zlib
from hashlib import sha256

import pytest

from modelshelf.formats.interface import Placed
from tests.formats.builders import (
    details,
    long_text,
    look,
    rules,
    torch_legacy,
    torch_zip,
    zipped,
)
from tests.formats.placing import digests, placed

SYSTEM = b"cos\nsystem\n(S'true'\ntR."


@pytest.mark.parametrize("data", [torch_zip(), torch_legacy()], ids=["zip", "legacy"])
def test_a_state_dict_is_described(data: bytes) -> None:
    """Tensors and their numbers are counted in the new and in the old format."""
    found = look("model.pt", data)
    assert (found.format, found.framework, found.mismatch) == ("torch", "PyTorch", "")
    assert (found.tensors, found.parameters) == (2, 8)
    assert (found.verdict, rules(found)) == ("warning", {"pickle.can_execute"})


def test_a_torch_file_needs_no_extension() -> None:
    """The members of the zip decide."""
    assert look("weights.bin", torch_zip()).format == "torch"
    assert look("model.onnx", torch_zip()).mismatch == (
        "Named .onnx, but the bytes are a PyTorch file."
    )


@pytest.mark.parametrize(
    "member",
    ["archive/evil.pkl", "archive/data/7", "archive/notes.txt", "other", "archive/.data/x"],
)
def test_a_pickle_is_found_in_any_member(member: str) -> None:
    """The name of a member says nothing; its first bytes do."""
    found = look("model.pt", torch_zip({member: SYSTEM}))
    assert found.verdict == "dangerous"
    assert details(found, "pickle.global.dangerous") == ["os.system"]


def test_code_in_the_pickle_is_found() -> None:
    """The data.pkl itself is scanned like any pickle."""
    found = look("model.pt", torch_zip(root=pickle.dumps(eval, 2)))
    assert details(found, "pickle.global.dangerous") == ["__builtin__.eval"]


def test_script_modules_are_pointed_out() -> None:
    """TorchScript brings code that runs when the model is used."""
    found = look("model.pt", torch_zip({"archive/code/__torch__.py": b"def f(): pass\n"}))
    assert (found.verdict, "torch.script" in rules(found)) == ("warning", True)


def test_raw_tensors_are_no_pickles() -> None:
    """Numbers that happen to begin like a pickle are still numbers."""
    raw = b"\x80\x02" + struct.pack("<100f", *range(100))
    assert look("model.pt", torch_zip({"archive/data/2": raw})).verdict == "warning"


def test_bytes_behind_the_old_format_are_refused() -> None:
    """The storages must fill the file exactly."""
    for tail in (b"x", SYSTEM):
        found = look("model.pt", torch_legacy(tail))
        assert (found.verdict, "torch.malformed" in rules(found)) == ("dangerous", True)


def test_a_cut_old_file_is_refused() -> None:
    """A file that ends within its pickles or within its storages is malformed."""
    data = torch_legacy()
    for size in (100, len(data) - 40, len(data) - 1):
        assert look("model.pt", data[:size]).verdict == "dangerous"


WEIGHT, BIAS = struct.pack("<6f", *range(6)), struct.pack("<2q", 1, 2)


@pytest.mark.parametrize("data", [torch_zip(), torch_legacy()], ids=["zip", "legacy"])
def test_tensors_are_named_and_found(data: bytes) -> None:
    """Names, types and shapes come out of the pickle; the bytes lie where it is said."""
    assert [(t.name, t.dtype, t.shape) for t in placed("m.pt", data)] == [
        ("weight", "float32", (2, 3)),
        ("bias", "int64", (2,)),
    ]
    assert digests("m.pt", data) == {
        "weight": sha256(WEIGHT).hexdigest(),
        "bias": sha256(BIAS).hexdigest(),
    }


def view(offset: int, shape: str, strides: str, kind: str = "FloatStorage") -> bytes:
    """Return the opcodes of a tensor that looks into a storage of six elements."""
    storage = long_text("storage") + f"ctorch\n{kind}\n".encode() + long_text("0")
    storage = b"(" + storage + long_text("cpu") + b"K\x06tQ"
    sizes = b"".join(
        b"(" + b"".join(b"K" + bytes([int(n)]) for n in text.split()) + b"t"
        for text in (shape, strides)
    )
    body = b"(" + storage + b"K" + bytes([offset]) + sizes + b"\x89}tR"
    return b"ctorch._utils\n_rebuild_tensor_v2\n" + body


def state(**tensors: bytes) -> bytes:
    """Return the pickle of a state dict."""
    items = b"".join(long_text(name) + tensor for name, tensor in tensors.items())
    return b"\x80\x02}(" + items + b"u."


def only(data: bytes) -> Placed:
    """Return the one tensor of a file."""
    (tensor,) = placed("m.pt", data)
    return tensor


def test_a_part_of_a_storage_has_its_own_place() -> None:
    """A view begins at its offset; only rows that follow each other have a place."""
    part = torch_zip(root=state(w=view(2, "2 2", "2 1")))
    assert digests("m.pt", part) == {"w": sha256(WEIGHT[8:24]).hexdigest()}
    for shape, strides in (("3 2", "1 3"), ("2 3", "0 1"), ("2 2", "3 1")):
        assert only(torch_zip(root=state(w=view(0, shape, strides)))).start == -1
    assert only(torch_zip(root=state(w=view(0, "1 6 1", "9 1 7")))).start > 0


def test_bytes_that_are_not_plain_have_no_place() -> None:
    """Big-endian, compressed and missing storages are not digested."""
    big = torch_zip({"archive/byteorder": b"big"})
    packed = zipped(
        {"archive/data.pkl": state(w=view(0, "6", "1")), "archive/data/0": WEIGHT},
        zipfile.ZIP_DEFLATED,
    )
    missing = zipped({"archive/data.pkl": state(w=view(0, "6", "1"))})
    for data in (big, packed, missing):
        assert {tensor.start for tensor in placed("m.pt", data)} == {-1}


def test_numbers_are_counted_once() -> None:
    """A tensor with two names is one, and a broadcast one has as many numbers as are stored."""
    tied = state(a=view(0, "2 3", "3 1"), b=view(0, "2 3", "3 1"))
    found = look("m.pt", torch_zip(root=tied))
    assert (found.tensors, found.parameters) == (2, 6)
    assert look("m.pt", torch_zip(root=state(w=view(0, "50 6", "0 1")))).parameters == 6


BAD_STORAGES = {
    "missing": zipped({"archive/data.pkl": state(w=view(0, "6", "1"))}),
    "short": zipped({"archive/data.pkl": state(w=view(0, "6", "1")), "archive/data/0": bytes(20)}),
    "left": torch_zip(root=state(w=view(3, "4", "1"))),
    "left by strides": torch_zip(root=state(w=view(0, "2 2", "9 1"))),
}


@pytest.mark.parametrize("case", BAD_STORAGES)
def test_a_tensor_outside_its_storage_is_refused(case: str) -> None:
    """What PyTorch would read from elsewhere, or not at all, is malformed."""
    found = look("m.pt", BAD_STORAGES[case])
    assert (found.verdict, "torch.malformed" in rules(found)) == ("dangerous", True)


def test_a_checkpoint_is_told_from_its_optimizer() -> None:
    """The model's tensors are counted, the optimizer's apart; plain values are told."""
    inner = b"}(" + long_text("fc.w") + view(0, "6", "1") + b"u"
    settings = b"}(" + long_text("lr") + b"G?\xb9\x99\x99\x99\x99\x99\x9a" + b"u"
    root = (
        b"\x80\x02}("
        + (long_text("state_dict") + inner)
        + (long_text("optimizer_states") + b"](" + view(0, "3", "1") + b"e")
        + (long_text("epoch") + b"K\x07")
        + (long_text("pytorch-lightning_version") + long_text("2.4.0"))
        + (long_text("hyper_parameters") + settings)
        + b"u."
    )
    found = look("m.ckpt", torch_zip(root=root))
    assert (found.tensors, found.parameters) == (1, 6)
    assert found.producer == "PyTorch Lightning 2.4.0"
    assert found.metadata["epoch"] == "7"
    assert found.metadata["hyper_parameters.lr"] == "0.1"
    assert found.metadata["optimizer_parameters"] == "3"
    assert [t.name for t in placed("m.ckpt", torch_zip(root=root))] == [
        "state_dict.fc.w",
        "optimizer_states.0",
    ]


def test_a_whole_model_needs_its_class() -> None:
    """The class that is not in the file is named, and its tensors as a state dict names them."""
    parameters = b"}(" + long_text("weight") + view(0, "6", "1") + b"u"
    layer = b"ctorch.nn.modules.linear\nLinear\n)\x81}(" + long_text("_parameters") + parameters
    layer += b"ub"
    modules = b"}(" + long_text("fc") + layer + b"u"
    root = b"\x80\x02cshop.nets\nNet\n)\x81}(" + long_text("_modules") + modules + b"ub."
    found = look("m.pt", torch_zip(root=root))
    assert (found.architecture, found.needs_code) == ("Net", ("shop.nets.Net",))
    assert found.unknown_globals == ("shop.nets.Net",)
    assert [tensor.name for tensor in placed("m.pt", torch_zip(root=root))] == ["fc.weight"]


def test_the_version_is_told() -> None:
    """The archive's own number, and the protocol of the older format."""
    assert look("m.pt", torch_zip()).version == "zip archive version 3"
    assert look("m.pt", torch_legacy()).version == "legacy protocol 1001"
    noted = torch_zip({"archive/.data/serialization_id": b"123"})
    assert look("m.pt", noted).metadata["serialization_id"] == "123"


def flipped(data: bytes, within: bytes, at: int) -> bytes:
    """Return bytes with one of them changed, so that a CRC-32 no longer fits."""
    place = data.index(within) + at
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


EVASIONS = {
    # CVE-2025-1889, -10155: the extension decides nothing
    "odd extension": torch_zip({"archive/weights.p": SYSTEM}),
    # CVE-2025-10156: PyTorch does not look at a CRC-32, a scanner that gives up does not look on
    "bad CRC-32": flipped(torch_zip({"archive/x": SYSTEM + bytes(9_000)}), bytes(8_000), 5_000),
    "a zip in the zip": torch_zip({"archive/x": zipped({"a": SYSTEM})}),
    "a compressed pickle": torch_zip({"archive/x": zlib.compress(SYSTEM)}),
    "a pickle in front": SYSTEM + torch_zip(),
    "a class of an old file": torch_zip(
        root=b"\x80\x02(" + long_text("module") + b"cos\nsystem\ntQ)R."
    ),
}


@pytest.mark.parametrize("case", EVASIONS)
def test_known_evasions_are_seen_through(case: str) -> None:
    """Each of these once passed a scanner; the import is named all the same."""
    found = look("model.pt", EVASIONS[case])
    assert found.verdict == "dangerous"
    assert "os.system" in details(found, "pickle.global.dangerous")


# CVE-2025-1944, -1945: a directory that says something else than the members
LIES = {
    "another name": torch_zip().replace(b"archive/data.pkl", b"archive/dat4.pkl", 1),
    "encrypted flag": torch_zip().replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01", 1),
}


@pytest.mark.parametrize("case", LIES)
def test_a_zip_that_can_be_read_in_two_ways_is_refused(case: str) -> None:
    """Local header and directory must agree in every word that a reader goes by."""
    assert look("model.pt", LIES[case]).verdict == "dangerous"


def test_a_zip_inside_that_is_compressed_is_pointed_out() -> None:
    """It cannot be looked into in place, and PyTorch never makes one."""
    inner = zipped({"a": SYSTEM}, zipfile.ZIP_DEFLATED)
    packed = zipped({"archive/data.pkl": state(), "archive/x": inner}, zipfile.ZIP_DEFLATED)
    assert "zip.nested" in rules(look("model.pt", packed))


def doubled(inner: bytes, times: int) -> bytes:
    """Return the opcodes of a tuple of itself twice, and so on."""
    return inner + b"2\x86" * times


BOMBS = {
    "a key": b"\x80\x02}" + long_text("w") + b"ctorch._utils\n_rebuild_tensor_v2\n(("
    + long_text("storage") + b"ctorch\nFloatStorage\n" + doubled(b")", 60)
    + doubled(b")", 60) + b"K\x06tQK\x00))tRs.",
    "lists in lists": b"\x80\x02" + doubled(b"](" + b"K\x01" * 5_000 + b"e", 60) + b".",
    "estimators": b"\x80\x02csklearn.base\nA\n)\x81" + (
        b"q\x000csklearn.base\nA\n)\x81}" + long_text("steps")
        + b"](" + b"N\x85h\x00\x85" * 20 + b"h\x00\x85h\x00\x85esb"
    ) * 12 + b".",
    "arrays of arrays": b"\x80\x02cdill._dill\n_create_array\n" * 50_000 + b")" + b"N\x87R" * 50_000
    + b".",
}  # fmt: skip


@pytest.mark.parametrize("case", BOMBS)
@pytest.mark.parametrize("name", ["m.pt", "m.pkl"])
def test_a_few_bytes_never_stand_for_millions(case: str, name: str) -> None:
    """Values that share their parts are walked through within a limit, and never spelled out."""
    data = torch_zip(root=BOMBS[case]) if name == "m.pt" else BOMBS[case]
    found = look(name, data)
    assert found.format in {"torch", "pickle"}
    assert not any(rule.endswith(".failed") for rule in rules(found))
