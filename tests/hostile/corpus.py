"""All cases, by area; the ids are stable, because one may be looked for years later."""

from __future__ import annotations

from collections.abc import Mapping

from tests.hostile import (
    archives,
    gguf,
    keras_h5,
    names,
    objects,
    onnx,
    others,
    pickles,
    pmml,
    safetensors,
    savedmodel,
    sidecars,
    torch,
    wrapped,
)
from tests.hostile.case import Case

AREAS: Mapping[str, tuple[Case, ...]] = {
    "pickles": pickles.CASES,
    "wrapped": wrapped.CASES,
    "archives": archives.CASES,
    "torch": torch.CASES,
    "safetensors": safetensors.CASES,
    "gguf": gguf.CASES,
    "onnx": onnx.CASES,
    "keras": keras_h5.CASES,
    "savedmodel": savedmodel.CASES,
    "pmml": pmml.CASES,
    "others": others.CASES,
    "sidecars": sidecars.CASES,
    "names": names.CASES,
    "objects": objects.CASES,
}
EVERY = tuple(case for cases in AREAS.values() for case in cases)
