"""PyTorch files: the pickle inside is scanned, and the zip around it leaves no room to hide."""

from __future__ import annotations

import pickle
import struct

import pytest

from tests.formats.builders import details, look, rules, torch_legacy, torch_zip

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
