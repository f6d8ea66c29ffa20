"""What a file's extension promises, and the sentence when the bytes are something else."""

from __future__ import annotations

from modelshelf.formats.source import Source

_ZIPPED = frozenset({"archive", "torch", "npz", "keras"})
_PICKLED = frozenset({"pickle", "joblib"})

# Extensions that several formats share (.bin, .model, .json, .txt) promise nothing.
_PROMISES: dict[str, frozenset[str]] = {
    ".onnx": frozenset({"onnx"}),
    ".safetensors": frozenset({"safetensors"}),
    ".pkl": _PICKLED,
    ".pickle": _PICKLED,
    ".joblib": _PICKLED,
    ".pt": frozenset({"torch", "pickle"}),
    ".pth": frozenset({"torch", "pickle"}),
    ".npy": frozenset({"npy"}),
    ".npz": frozenset({"npz"}),
    ".pmml": frozenset({"pmml"}),
    ".gguf": frozenset({"gguf"}),
    ".keras": frozenset({"keras"}),
    ".zip": _ZIPPED,
    ".tar": frozenset({"archive"}),
    ".tgz": frozenset({"archive"}),
    ".csv": frozenset({"unknown"}),
    ".json": frozenset({"unknown"}),
    ".md": frozenset({"unknown"}),
    ".txt": frozenset({"unknown"}),
    ".yaml": frozenset({"unknown"}),
    ".yml": frozenset({"unknown"}),
}
_NOUNS = {
    "archive": "an archive",
    "gguf": "a GGUF model",
    "joblib": "a joblib pickle",
    "keras": "a Keras model",
    "npy": "a NumPy array",
    "npz": "a NumPy archive",
    "onnx": "an ONNX model",
    "pickle": "a pickle",
    "pmml": "a PMML model",
    "safetensors": "a safetensors file",
    "torch": "a PyTorch file",
    "unknown": "of no known model format",
}


def mismatch(source: Source, found: str) -> str:
    """Return a sentence when the name promises another format than ``found``, else nothing."""
    extension = source.extension
    if source.kind == "folder" or found in _PROMISES.get(extension, frozenset({found})):
        return ""
    return f"Named {extension}, but the bytes are {_NOUNS.get(found, f'a {found} file')}."
