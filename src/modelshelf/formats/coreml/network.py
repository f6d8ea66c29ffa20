"""The layers of a Core ML neural network: how many numbers they hold, and which bring code.

Source of the format: NeuralNetwork.proto in coremltools.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from modelshelf.formats.protobuf import Skimmer, Span
from modelshelf.formats.trouble import Malformed

_DEEPEST = 32
_LAYERS = 1
_OWN = 20  # the fields of a layer below this number are its name and what it is wired to
_CUSTOM, _CLASS_NAME = 500, 10
_BRANCH, _LOOP = 605, 615
_INNER = {_BRANCH: (1, 2), _LOOP: (3, 4)}
_LSTM = (420, 430)
_LSTM_WEIGHTS, _IN_LSTM = 20, (1, 2, 3, 4, 20, 21, 22, 23, 40, 41, 42, 43, 60, 61, 62)
_ACTIVATION, _IN_ACTIVATION = 130, {25: (1,), 71: (1, 2)}
# Where layers keep their weights.
_WEIGHTS = {
    100: (90, 91), 140: (20, 21), 150: (20, 21), 160: (15, 16, 17, 18), 245: (2, 5), 250: (2,),
    290: (2,), 400: (30, 31, 32), 410: (30, 31, 32, 50, 51, 52, 70, 71, 72), _CUSTOM: (20,),
    1040: (20, 21), 1045: (8, 9), 1070: (2,), 1350: (3, 4), 1471: (60, 61),
}  # fmt: skip
_NAMES = {
    100: "convolution", 120: "pooling", 130: "activation", 140: "innerProduct", 150: "embedding",
    160: "batchnorm", 175: "softmax", 200: "padding", 210: "upsample", 230: "add", 231: "multiply",
    300: "reshape", 301: "flatten", 310: "permute", 320: "concat", 400: "simpleRecurrent",
    410: "gru", 420: "uniDirectionalLSTM", 430: "biDirectionalLSTM", 500: "custom", 605: "branch",
    615: "loop", 1045: "batchedMatmul", 1350: "layerNormalization",
}  # fmt: skip
_FLOATS, _HALVES, _RAW, _INT8, _QUANTIZATION = 1, 2, 30, 31, 40


@dataclass(slots=True)
class Network:
    """What a neural network holds.

    Attributes:
        layers: How often each kind is used.
        custom: Classes of its custom layers.
        tensors: How many weights there are.
        parameters: How many numbers they hold.
        bits: Sizes of a number that are smaller than a float of four bytes.
    """

    layers: Counter[str] = field(default_factory=Counter)
    custom: set[str] = field(default_factory=set)
    tensors: int = 0
    parameters: int = 0
    bits: set[str] = field(default_factory=set)


def skim_network(skimmer: Skimmer, span: Span, found: Network, depth: int = 1) -> None:
    """Add what a neural network of any kind holds."""
    if depth > _DEEPEST:
        raise Malformed(f"networks are nested more than {_DEEPEST} deep", rule="coreml.depth")
    for each in skimmer.fields(span):
        if each.number != _LAYERS:
            continue
        for part in skimmer.fields(each.span):
            if part.number >= _OWN and isinstance(part.value, Span):
                _layer(skimmer, part.number, part.value, found, depth)


def _layer(skimmer: Skimmer, kind: int, span: Span, found: Network, depth: int) -> None:
    found.layers[_NAMES.get(kind, f"layer {kind}")] += 1
    for weights in _weights(skimmer, kind, span):
        _count(skimmer, weights, found)
    if kind == _CUSTOM:
        names = [skimmer.text(p.span) for p in skimmer.fields(span) if p.number == _CLASS_NAME]
        found.custom.add(names[0] if names else "?")
    for each in skimmer.fields(span) if kind in _INNER else ():
        if each.number in _INNER[kind]:
            skim_network(skimmer, each.span, found, depth + 1)


def _weights(skimmer: Skimmer, kind: int, span: Span) -> Iterator[Span]:
    for each in skimmer.fields(span):
        if each.number in _WEIGHTS.get(kind, ()):
            yield each.span
        elif kind in _LSTM and each.number == _LSTM_WEIGHTS:
            yield from (p.span for p in skimmer.fields(each.span) if p.number in _IN_LSTM)
        elif kind == _ACTIVATION and each.number in _IN_ACTIVATION:
            inner = _IN_ACTIVATION[each.number]
            yield from (p.span for p in skimmer.fields(each.span) if p.number in inner)


def _count(skimmer: Skimmer, span: Span, found: Network) -> None:
    raw = bits = numbers = 0
    for each in skimmer.fields(span):
        if each.number == _FLOATS:
            numbers += each.span.size // 4
        elif each.number == _HALVES:
            numbers += each.span.size // 2
            found.bits.add("float16")
        elif each.number in {_RAW, _INT8}:
            raw += each.span.size
        elif each.number == _QUANTIZATION:
            bits = next((p.whole for p in skimmer.fields(each.span) if p.number == 1), 0)
    if raw:
        numbers += raw * 8 // bits if 0 < bits <= 8 else raw  # noqa: PLR2004 - a byte
        found.bits.add(f"{bits or 8} bit")
    if numbers:
        found.tensors += 1
        found.parameters += numbers
