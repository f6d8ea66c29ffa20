"""TorchScript: what the code in an archive says about the model, read as text."""

from __future__ import annotations

import pytest

from modelshelf.domain.inspection import TensorSpec
from tests.formats.builders import long_text, look, rules, stored_tensor, torch_zip
from tests.formats.placing import placed

CODE = b"""class Net(Module):
  __parameters__ = ["weight"]
  weight : Tensor
  def forward(self: __torch__.shop.Net,
    x: Tensor,
    sizes: List[Tuple[int, int]]=[(1, 2)]) -> Tuple[Tensor, Dict[str, int]]:
    return (x, {})
  def reset(self: __torch__.shop.Net) -> NoneType:
    return None
class Other(Module):
  def hidden(self: __torch__.shop.Other) -> int:
    return 1
"""
ROOT = (
    b"\x80\x02c__torch__.shop\nNet\n)\x81}("
    + long_text("training") + b"\x89"
    + long_text("weight") + stored_tensor("FloatStorage", "0", (2, 3))
    + b"ub."
)  # fmt: skip
CONSTANTS = b"\x80\x02" + stored_tensor("LongStorage", "0", (2,)) + b"\x85."


def script(code: bytes = CODE) -> bytes:
    """Return an archive with code."""
    members = {
        "archive/code/__torch__/shop.py": code,
        "archive/code/__torch__/shop.py.debug_pkl": b"\x80\x02).",
        "archive/extra/labels.json": b"{}",
        "archive/constants.pkl": CONSTANTS,
        "archive/constants/0": bytes(16),
    }
    return torch_zip(members, root=ROOT)


def test_a_script_is_described() -> None:
    """Class, methods and signature come from the text; its own classes are nobody's globals."""
    found = look("m.pt", script())
    assert (found.format, found.mismatch) == ("torchscript", "")
    assert (found.architecture, found.version) == ("Net", "TorchScript archive version 3")
    assert found.inputs == (
        TensorSpec("x", "Tensor", ("...",)),
        TensorSpec("sizes", "List[Tuple[int, int]]=[(1, 2)]", ()),
    )
    assert [spec.dtype for spec in found.outputs] == ["Tensor", "Dict[str, int]"]
    assert found.metadata["methods"].endswith("; reset() -> NoneType")
    assert "hidden" not in found.metadata["methods"]
    assert found.metadata["code"] == "code/__torch__/shop.py"
    assert found.metadata["extra_files"] == "labels.json"
    assert rules(found) == {"pickle.can_execute", "torch.script"}
    assert (found.verdict, found.unknown_globals) == ("warning", ())


def test_the_constants_of_a_script_are_tensors() -> None:
    """They lie in a folder of their own, under the numbers by which the code calls them."""
    assert [(t.name, t.shape) for t in placed("m.pt", script())] == [
        ("weight", (2, 3)),
        ("CONSTANTS.c0", (2,)),
    ]


def test_operators_of_others_are_pointed_out() -> None:
    """Code that calls an operator of a library needs that library."""
    code = CODE.replace(b"return (x, {})", b"return ops.acme.fancy(x)")
    found = look("m.pt", script(code))
    assert found.needs_code == ("acme",)
    assert "torch.custom_operators" in rules(found)


@pytest.mark.parametrize(
    "code",
    [
        b"",
        b"\xff\xfe",
        b"class Net(Module):\n  def forward(" + b"(" * 50_000,
        b"class Net(Module):\n  def forward(self",
        b"class Net(Module):\n" + b"  def forward(self: __torch__.shop.Net) -> int:\n" * 3_000,
    ],
)
def test_odd_code_is_only_text(code: bytes) -> None:
    """Whatever stands there, looking ends with a warning."""
    assert look("m.pt", script(code)).verdict == "warning"
