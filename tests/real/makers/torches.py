"""PyTorch's files, as PyTorch writes and reads them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from tests.real.makers import graphs
from tests.real.shipped import shipped
from tests.real.stated import Spec, Stated, Weight

GIVEN = torch.zeros(1, 3, 8, 8)
SMALL = (torch.float8_e4m3fn, torch.float8_e5m2, torch.bfloat16)
OTHERS = (torch.float64, torch.float16, torch.int8, torch.int64, torch.bool, torch.complex64)


def network() -> Any:  # noqa: ANN401 - torch is not typed here
    """Return a small network, always the same."""
    torch.manual_seed(7)
    layers = (nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
    return nn.Sequential(*layers).eval()


def state(folder: Path) -> Stated:
    """A network's tensors."""
    torch.save(network().state_dict(), folder / "state.pt")
    return of_state(folder / "state.pt", "zip archive version 3")


def legacy(folder: Path) -> Stated:
    """The same as older PyTorch wrote it."""
    path = folder / "legacy.pt"
    torch.save(network().state_dict(), path, _use_new_zipfile_serialization=False)
    return of_state(path, "legacy protocol 1001")


def many(folder: Path) -> Stated:
    """Tensors of many types, turned, cut out, shared, and of no elements."""
    line = torch.arange(64.0)
    tensors = {str(each): torch.randn(4, 8).to(each) for each in SMALL + OTHERS}
    tensors |= {"turned": torch.randn(5, 6).T, "part": line[8:24], "strided": line[::2]}
    tensors |= {"single": torch.tensor(2.5), "nothing": torch.zeros(0, 3), "same": tensors["part"]}
    torch.save(tensors, folder / "many.pt")
    return of_state(folder / "many.pt", "zip archive version 3")


def many_plainly(folder: Path) -> Stated:
    """Tensors of types that NumPy does not have, without a pickle."""
    tensors = {str(each): torch.randn(4, 8).to(each) for each in SMALL}
    save_file(tensors, folder / "many.safetensors")
    read = load_file(folder / "many.safetensors")
    says = {"format": "safetensors", "verdict": "clean"} | _counted(read)
    return Stated(folder / "many.safetensors", says, weights=_weights(read))


def module(folder: Path) -> Stated:
    """A network with its classes, which runs code when it is loaded."""
    torch.save(network(), folder / "module.pt")
    read = torch.load(folder / "module.pt", weights_only=False)
    says = _says("torch", read.state_dict()) | {"architecture": type(read).__name__}
    return Stated(folder / "module.pt", says)


def attention(folder: Path) -> Stated:
    """A network that keeps a function among its modules."""
    path = folder / "attention.pt"
    torch.save(nn.TransformerEncoderLayer(8, 2, 16, activation=nn.functional.gelu), path)
    read = torch.load(path, weights_only=False)
    says = _says("torch", read.state_dict()) | {"architecture": type(read).__name__}
    return Stated(path, says)


def checkpoint(folder: Path) -> Stated:
    """A network in the midst of its training."""
    trained = network()
    optimizer = torch.optim.Adam(trained.parameters())
    trained(GIVEN).sum().backward()
    optimizer.step()
    whole = {"model": trained.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}
    torch.save(whole, folder / "checkpoint.ckpt")
    read = torch.load(folder / "checkpoint.ckpt", weights_only=True)
    moments = [kept for each in read["optimizer"]["state"].values() for kept in each.values()]
    metadata = {"epoch": str(read["epoch"]), "optimizer_tensors": str(len(moments))}
    return Stated(folder / "checkpoint.ckpt", _says("torch", read["model"]), metadata)


def faces(folder: Path) -> Stated:  # noqa: ARG001 - it is there already
    """A finder of faces, from years ago."""
    path = shipped("facenet-pytorch") / "facenet_pytorch/data/onet.pt"
    return of_state(path, "legacy protocol 1001")


def brain(folder: Path) -> Stated:  # noqa: ARG001 - it is there already
    """A judge of signals, which is there as ONNX too."""
    models = shipped("mne-icalabel") / "mne_icalabel/iclabel/network/assets"
    return of_state(models / "ICLabelNet.pt", "zip archive version 3")


def scripted(folder: Path) -> Stated:
    """A network as a program."""
    torch.jit.script(network()).save(folder / "scripted.pt")
    return _script(folder / "scripted.pt")


def traced(folder: Path) -> Stated:
    """A network as the calls it made."""
    torch.jit.trace(network(), GIVEN).save(folder / "traced.pt")
    return _script(folder / "traced.pt")


def silero(folder: Path) -> Stated:  # noqa: ARG001 - it is there already
    """A voice detector as a program."""
    path = shipped("silero-vad") / "silero_vad/data/silero_vad.jit"
    read = torch.jit.load(path)
    # What its program remembers from call to call, and begins with, is empty and no parameter.
    empty = {"_state": read._state, "_context": read._context, "CONSTANTS.c0": torch.zeros(0)}
    return _script(path, empty)


def exported(folder: Path) -> Stated:
    """A network as a graph of today's PyTorch."""
    path = folder / "exported.pt2"
    torch.export.save(torch.export.export(network(), (GIVEN,)), path)
    read = torch.export.load(path)
    says = _says("pt2", read.state_dict) | {"framework": f"PyTorch {torch.__version__}"}
    signature = read.graph_signature
    values = {node.name: node.meta.get("val") for node in read.graph.nodes}
    inputs = _specs(values, signature.user_inputs)
    weights = _weights(read.state_dict)
    return Stated(path, says, {}, inputs, _specs(values, signature.user_outputs), weights)


def as_onnx(folder: Path) -> Stated:
    """The network of ``state`` for another framework; the tests look for its tensors in both."""
    path = folder / "exported.onnx"
    torch.onnx.export(network(), (GIVEN,), path, dynamo=True, external_data=False, verbose=False)
    return graphs.of_onnx(path)


def of_state(path: Path, version: str) -> Stated:
    """Return what PyTorch reads of a dictionary of tensors."""
    read = torch.load(path, weights_only=True)
    return Stated(path, _says("torch", read) | {"version": version}, weights=_weights(read))


def _script(path: Path, besides: Mapping[str, Any] | None = None) -> Stated:
    read = torch.jit.load(path)
    tensors = read.state_dict() | (besides or {})
    says = {"format": "torchscript", "verdict": "warning", "architecture": read.original_name}
    named = [each for each in read.forward.schema.arguments if each.name != "self"]
    inputs = tuple((n.name, "", ("...",) if str(n.type) == "Tensor" else ()) for n in named)
    return Stated(path, says | _counted(tensors), {}, inputs, weights=_weights(tensors))


def _says(form: str, tensors: Mapping[str, Any]) -> dict[str, Any]:
    says = {"format": form, "verdict": "warning", "framework": "PyTorch", "unknown_globals": ()}
    return says | _counted(tensors)


def _counted(tensors: Mapping[str, Any]) -> dict[str, int]:
    """Return how many there are; elements that two of them share count once, as in a module."""
    distinct = {(each.data_ptr(), each.shape): each.numel() for each in tensors.values()}
    return {"tensors": len(tensors), "parameters": sum(distinct.values())}


def _weights(tensors: Mapping[str, Any]) -> tuple[Weight, ...]:
    return tuple(_weight(name, tensor) for name, tensor in tensors.items())


def _weight(name: str, tensor: Any) -> Weight:  # noqa: ANN401 - torch is not typed here
    digest = ""
    if tensor.is_contiguous():  # its storage, which is what the file holds, has them row by row
        plain = tensor.detach().flatten().view(torch.uint8).numpy().tobytes()
        digest = hashlib.sha256(plain).hexdigest()
    return name, str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape), digest


def _specs(values: Mapping[str, Any], names: Iterable[str]) -> tuple[Spec, ...]:
    return tuple(
        (name, str(values[name].dtype).removeprefix("torch."), tuple(values[name].shape))
        for name in names
    )
