"""PyTorch's own files: what is told agrees with what PyTorch itself reads."""

from __future__ import annotations

import io
from hashlib import sha256
from typing import Any

import pytest

from modelshelf.formats import Source
from tests.formats.builders import look, source
from tests.formats.placing import digests_of, tensors_of

torch: Any = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")  # PyTorch's own, about its older formats


def network() -> Any:  # noqa: ANN401 - torch has no types here
    """Return a small network with buffers."""
    torch.manual_seed(0)
    layers = (torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.Flatten())
    return torch.nn.Sequential(*layers, torch.nn.Linear(8 * 36, 4)).eval()


def saved(value: object, **options: object) -> Source:
    """Return what torch.save writes."""
    target = io.BytesIO()
    torch.save(value, target, **options)
    return source("m.pt", target.getvalue())


def digest(tensor: Any) -> str:  # noqa: ANN401 - torch has no types here
    """Return the SHA-256 of a tensor's elements."""
    data = tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
    return sha256(data).hexdigest()


def agrees(given: Source, tensors: dict[str, Any]) -> None:
    """Check names, types, shapes and bytes."""
    found = {tensor.name: tensor for tensor in tensors_of(given)}
    assert found.keys() >= tensors.keys()
    for name, tensor in tensors.items():
        told = found[name]
        assert (f"torch.{told.dtype}", told.shape) == (str(tensor.dtype), tuple(tensor.shape))
    taken = digests_of(given)
    assert all(taken[name] == digest(tensor) for name, tensor in tensors.items() if name in taken)
    assert taken


@pytest.mark.parametrize("zipped", [True, False])
def test_a_state_dict_agrees(zipped: bool) -> None:  # noqa: FBT001 - a parameter
    """In both containers."""
    tensors = network().state_dict()
    given = saved(tensors, _use_new_zipfile_serialization=zipped)
    agrees(given, tensors)
    found = look("m.pt", given.head(given.size))
    assert found.parameters == sum(tensor.numel() for tensor in tensors.values())


@pytest.mark.parametrize("zipped", [True, False])
def test_a_whole_model_agrees(zipped: bool) -> None:  # noqa: FBT001 - a parameter
    """Its tensors have the names of its state dict."""
    model = network()
    given = saved(model, _use_new_zipfile_serialization=zipped)
    agrees(given, model.state_dict())
    assert look("m.pt", given.head(given.size)).architecture == "Sequential"


def test_unusual_tensors_agree() -> None:
    """Views, small and complex types, and what has no place of its own."""
    base = torch.arange(24.0).reshape(4, 6)
    plain = {
        "view": base[1:3],
        "scalar": torch.tensor(3.5),
        "brain": torch.rand(3).bfloat16(),
        "eighth": torch.rand(4).to(torch.float8_e4m3fn),
        "complex": torch.rand(3, dtype=torch.complex64),
        "truth": torch.tensor([True, False]),
    }
    scattered = {
        "turned": base.t(),
        "spread": torch.rand(1, 3).expand(4, 3),
        "conjugate": torch.rand(3, dtype=torch.complex64).conj(),
        "meta": torch.empty(2, 2, device="meta"),
    }
    given = saved(plain | scattered)
    agrees(given, plain)
    assert digests_of(given).keys() == plain.keys()
    assert look("m.pt", given.head(given.size)).verdict == "warning"


def test_a_script_agrees() -> None:
    """Scripted and traced."""
    model = network()
    example = torch.rand(1, 3, 8, 8)
    for script in (torch.jit.script(model), torch.jit.trace(model, example)):
        target = io.BytesIO()
        torch.jit.save(script, target)
        agrees(source("m.pt", target.getvalue()), model.state_dict())
        found = look("m.pt", target.getvalue())
        assert (found.format, found.architecture) == ("torchscript", "Sequential")
        assert found.inputs[0].dtype == "Tensor"


def test_an_exported_program_agrees() -> None:
    """Weights, inputs and outputs."""
    model = network()
    target = io.BytesIO()
    torch.export.save(torch.export.export(model, (torch.rand(1, 3, 8, 8),)), target)
    agrees(source("m.pt2", target.getvalue()), model.state_dict())
    found = look("m.pt2", target.getvalue())
    assert (found.format, found.framework) == ("pt2", f"PyTorch {torch.__version__}")
    assert found.inputs[0].shape == (1, 3, 8, 8)


def test_an_export_to_onnx_shares_its_tensors() -> None:
    """The same weights in another container have the same digests."""
    pytest.importorskip("onnx")
    model = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.ReLU(), torch.nn.Linear(7, 3))
    target = io.BytesIO()
    torch.onnx.export(model.eval(), (torch.rand(1, 5),), target, dynamo=False)
    exported = digests_of(source("m.onnx", target.getvalue()))
    assert set(exported.values()) == set(digests_of(saved(model.state_dict())).values())
