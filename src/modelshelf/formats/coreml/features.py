"""Inputs, outputs and metadata of a Core ML model.

Source of the format: Model.proto and FeatureTypes.proto in coremltools.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from modelshelf.domain.inspection import TensorSpec
from modelshelf.formats.protobuf import Skimmer, Span
from modelshelf.formats.trouble import LimitReached

_INPUT, _OUTPUT, _STATE, _FUNCTIONS, _METADATA = 1, 10, 13, 20, 100
_F_INPUT, _F_OUTPUT = 2, 3
_IMAGE, _ARRAY, _STATE_TYPE, _OPTIONAL = 4, 5, 8, 1000
_WORDS = {1: "int64", 2: "float64", 3: "string", 6: "map", 7: "sequence"}
_COLORS = {10: "grayscale", 20: "RGB", 30: "BGR", 40: "grayscale float16"}
_ARRAYS = {
    0x10020: "float32", 0x10040: "float64", 0x20020: "int32", 0x20008: "int8", 0x10010: "float16",
}  # fmt: skip
_TEXTS = {1: "description", 2: "model_version", 3: "author", 4: "license"}
_USER = 100
_MOST = 5_000

Size = int | str | None


@dataclass(slots=True)
class Description:
    """What a model says about itself.

    Attributes:
        inputs: What it takes; of several functions those of the first.
        outputs: What it gives.
        metadata: Texts by name.
        functions: Names of its functions, when there are several.
    """

    inputs: list[TensorSpec] = field(default_factory=list)
    outputs: list[TensorSpec] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)


def read_description(skimmer: Skimmer, span: Span) -> Description:
    """Return what a ModelDescription holds."""
    found = Description()
    for each in skimmer.fields(span):
        if each.number == _INPUT:
            found.inputs.append(_feature(skimmer, each.span))
        elif each.number == _OUTPUT:
            found.outputs.append(_feature(skimmer, each.span))
        elif each.number == _FUNCTIONS:
            _function(skimmer, each.span, found)
        elif each.number == _METADATA:
            found.metadata.update(_metadata(skimmer, each.span))
        if len(found.inputs) + len(found.outputs) + len(found.metadata) > _MOST:
            raise LimitReached(f"more than {_MOST:,} inputs, outputs or texts")
    return found


def _function(skimmer: Skimmer, span: Span, found: Description) -> None:
    first = not found.functions
    found.functions.append("?")
    for each in skimmer.fields(span):
        if each.number == 1:
            found.functions[-1] = skimmer.text(each.span, 200)
        elif each.number == _F_INPUT and first:
            found.inputs.append(_feature(skimmer, each.span))
        elif each.number == _F_OUTPUT and first:
            found.outputs.append(_feature(skimmer, each.span))


def _metadata(skimmer: Skimmer, span: Span) -> Iterator[tuple[str, str]]:
    for each in skimmer.fields(span):
        if each.number in _TEXTS:
            yield _TEXTS[each.number], skimmer.text(each.span)
        elif each.number == _USER:
            key = value = ""
            for part in skimmer.fields(each.span):
                if part.number == 1:
                    key = skimmer.text(part.span)
                elif part.number == 2:  # noqa: PLR2004 - the value
                    value = skimmer.text(part.span)
            yield key, value


def _feature(skimmer: Skimmer, span: Span) -> TensorSpec:
    name, dtype = "", "unknown"
    shape: tuple[Size, ...] = ()
    for each in skimmer.fields(span):
        if each.number == 1:
            name = skimmer.text(each.span)
        elif each.number == 3:  # noqa: PLR2004 - its type
            dtype, shape = _type(skimmer, each.span)
    return TensorSpec(name, dtype, shape)


def _type(skimmer: Skimmer, span: Span) -> tuple[str, tuple[Size, ...]]:
    for each in skimmer.fields(span):
        if each.number in _WORDS:
            return _WORDS[each.number], ()
        if each.number == _IMAGE:
            return _image(skimmer, each.span)
        if each.number == _ARRAY:
            return _array(skimmer, each.span)
        if each.number == _STATE_TYPE:
            inner = next((p.span for p in skimmer.fields(each.span) if p.number == 1), None)
            return _array(skimmer, inner) if inner else ("state", ())
    return "unknown", ()


def _image(skimmer: Skimmer, span: Span) -> tuple[str, tuple[Size, ...]]:
    sizes: dict[int, Size] = {1: None, 2: None}
    color, flexible = "", False
    for each in skimmer.fields(span):
        if each.number in sizes:
            sizes[each.number] = each.whole
        elif each.number == 3:  # noqa: PLR2004 - color space
            color = _COLORS.get(each.whole, "")
        else:
            flexible = flexible or each.number in {21, 31}
    shape = (None, None) if flexible else (sizes[2], sizes[1])
    return f"image {color}".strip(), shape


def _array(skimmer: Skimmer, span: Span) -> tuple[str, tuple[Size, ...]]:
    dtype = "unknown"
    shape: list[Size] = []
    ranges: list[Size] = []
    for each in skimmer.fields(span):
        if each.number == 1:
            shape.extend(_bounded(size) for size in skimmer.numbers(each))
        elif each.number == 2:  # noqa: PLR2004 - data type
            dtype = _ARRAYS.get(each.whole, f"type {each.whole}")
        elif each.number == 21:  # noqa: PLR2004 - one of several shapes
            shape = [None] * len(shape)
        elif each.number == 31:  # noqa: PLR2004 - a range for each size
            ranges = [_range(skimmer, part.span) for part in skimmer.fields(each.span)]
        if len(shape) > _MOST:
            raise LimitReached(f"an array of more than {_MOST:,} dimensions")
    return dtype, tuple(ranges or shape)


def _range(skimmer: Skimmer, span: Span) -> Size:
    bounds = {1: 0, 2: 0}
    for each in skimmer.fields(span):
        if each.number in bounds:
            bounds[each.number] = each.whole
    return _bounded(bounds[1]) if bounds[1] == bounds[2] else None


def _bounded(size: int) -> Size:
    return size if size < 1 << 63 else None
