"""What looking into a model file found: format, declared shape, and whether it holds code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["clean", "warning", "dangerous", "incomplete"]


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One declared input or output.

    Attributes:
        name: As the file names it.
        dtype: Element type in NumPy spelling (``float32``), or the format's own word.
        shape: Sizes; a string is a symbolic size, ``None`` an unknown one.
    """

    name: str
    dtype: str
    shape: tuple[int | str | None, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the scan noticed.

    Attributes:
        rule: Stable dotted name, such as ``pickle.global.dangerous``.
        severity: ``info``, ``warning`` or ``dangerous``.
        where: File and place inside it.
        detail: What was seen, as data.
    """

    rule: str
    severity: Literal["info", "warning", "dangerous"]
    where: str
    detail: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """Everything that looking, and never loading, found.

    Attributes:
        format: One word: ``onnx``, ``safetensors``, ``pickle``, ``pmml``, ``npy``, ``mlflow`` ...,
            ``archive`` or ``unknown``.
        framework: What made it and its version, when the file says so ("skl2onnx 1.18").
        inputs: Declared inputs.
        outputs: Declared outputs.
        parameters: Number of weights, when the format counts them.
        tensors: Number of tensors, when the format has them.
        metadata: Text found inside the file, key to value, both at most 2,000 characters.
        verdict: ``clean``; ``warning`` (it can run code when loaded, nothing known to be bad);
            ``dangerous`` (it calls something that has no place in a model, or is malformed on
            purpose); ``incomplete`` (the scan could not finish).
        findings: What led to the verdict.
        mismatch: A sentence when the name promises another format than the bytes; else empty.
    """

    format: str
    framework: str = ""
    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()
    parameters: int | None = None
    tensors: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    verdict: Verdict = "clean"
    findings: tuple[Finding, ...] = ()
    mismatch: str = ""
