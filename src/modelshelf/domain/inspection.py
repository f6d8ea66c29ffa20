"""What looking into a model file found: format, declared shape, and whether it holds code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["clean", "warning", "dangerous", "incomplete"]

UNKNOWN_GLOBAL = "pickle.global.unknown"
"""The rule of a finding whose detail is a global that is neither known nor denied."""


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One declared input or output.

    Attributes:
        name: As the file names it.
        dtype: Element type in NumPy spelling (``float32``), or the format's own word.
        shape: Sizes; a string is a symbolic size, ``None`` an unknown one, ``"..."`` any number of
            them.
    """

    name: str
    dtype: str
    shape: tuple[int | str | None, ...]


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """One tensor that is stored in the artifact.

    Attributes:
        name: As the file names it; in a folder with its file in front, ``a.safetensors:fc.weight``.
        dtype: Element type in NumPy spelling (``float32``, ``bfloat16``), or the format's own word.
        shape: Sizes; empty for a scalar.
        digest: SHA-256 of its elements in row-major order, little-endian, 64 hexadecimal digits;
            empty where the file does not hold them so (compressed, or scattered).
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Weights:
    """The tensors of an artifact, whatever container they came in.

    Attributes:
        digest: Names the set of distinct tensors by type, number of elements and bytes, without
            their names; the same in every container. Empty when a tensor has no digest.
        tensors: The tensors in the order of the artifact; of very many the largest.
        count: How many there are.
    """

    digest: str = ""
    tensors: tuple[TensorEntry, ...] = ()
    count: int = 0


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
        version: Version of the format, in its own words ("IR 8, opset 17", "GGUF 3").
        producer: What wrote the file, with its version, when that is not the framework.
        architecture: What kind of model it is, in the file's own word ("llama", "Pipeline").
        quantization: How weights are stored smaller ("Q4_K_M", "int8"); empty when they are not.
        license: As the file states it; unchecked.
        base_models: What it says it was made from, as it says it ("hf:meta/llama@main", a path).
        needs_code: Operators, classes or modules that using it takes and it does not hold.
        weights: Its stored tensors with their digests, when the format has tensors.
        scanner: Which scanner gave the verdict, with its version and that of a second opinion.
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
    version: str = ""
    producer: str = ""
    architecture: str = ""
    quantization: str = ""
    license: str = ""
    base_models: tuple[str, ...] = ()
    needs_code: tuple[str, ...] = ()
    weights: Weights | None = None
    scanner: str = ""

    @property
    def unknown_globals(self) -> tuple[str, ...]:
        """The globals that loading it would use and nobody has vouched for, sorted."""
        return tuple(sorted({f.detail for f in self.findings if f.rule == UNKNOWN_GLOBAL}))
