"""What a file's extension promises, and the sentence when the bytes are something else."""

from __future__ import annotations

from modelshelf.formats.source import Source

_ZIPPED = frozenset({"archive", "torch", "npz", "keras", "skops"})
_PICKLED = frozenset({"pickle", "joblib"})

# Extensions that several formats share (.bin, .model, .json, .txt) promise nothing.
_PROMISES: dict[str, frozenset[str]] = {
    ".onnx": frozenset({"onnx"}),
    ".safetensors": frozenset({"safetensors"}),
    ".pkl": _PICKLED,
    ".pickle": _PICKLED,
    ".joblib": _PICKLED,
    ".pt": frozenset({"torch", "torchscript", "pickle"}),
    ".pt2": frozenset({"pt2"}),
    ".pth": frozenset({"torch", "torchscript", "pickle"}),
    ".npy": frozenset({"npy"}),
    ".npz": frozenset({"npz"}),
    ".pmml": frozenset({"pmml"}),
    ".gguf": frozenset({"gguf"}),
    ".keras": frozenset({"keras"}),
    ".h5": frozenset({"hdf5", "keras-h5"}),
    ".hdf5": frozenset({"hdf5", "keras-h5"}),
    ".ubj": frozenset({"xgboost"}),
    ".cbm": frozenset({"catboost"}),
    ".skops": frozenset({"skops"}),
    ".ftz": frozenset({"fasttext"}),
    ".tflite": frozenset({"tflite"}),
    ".mlmodel": frozenset({"coreml"}),
    ".zip": _ZIPPED,
    ".tar": frozenset({"archive"}),
    ".tgz": frozenset({"archive"}),
    ".csv": frozenset({"unknown"}),
    ".json": frozenset({"catboost", "index", "unknown", "xgboost"}),
    ".md": frozenset({"unknown"}),
    ".txt": frozenset({"lightgbm", "unknown"}),
    ".yaml": frozenset({"unknown"}),
    ".yml": frozenset({"unknown"}),
}
_NOUNS = {
    "archive": "an archive",
    "catboost": "a CatBoost model",
    "coreml": "a Core ML model",
    "fasttext": "a fastText model",
    "gguf": "a GGUF model",
    "hdf5": "an HDF5 file",
    "joblib": "a joblib pickle",
    "keras": "a Keras model",
    "keras-h5": "a Keras model in HDF5",
    "lightgbm": "a LightGBM model",
    "npy": "a NumPy array",
    "npz": "a NumPy archive",
    "onnx": "an ONNX model",
    "openvino": "an OpenVINO model",
    "pickle": "a pickle",
    "pmml": "a PMML model",
    "pt2": "an exported PyTorch program",
    "safetensors": "a safetensors file",
    "savedmodel": "a TensorFlow SavedModel",
    "skops": "a skops file",
    "tflite": "a TensorFlow Lite model",
    "torch": "a PyTorch file",
    "torchscript": "a TorchScript model",
    "unknown": "of no known model format",
    "xgboost": "an XGBoost model",
}


def mismatch(source: Source, found: str) -> str:
    """Return a sentence when the name promises another format than ``found``, else nothing."""
    extension = source.extension
    if source.kind == "folder" or found in _PROMISES.get(extension, frozenset({found})):
        return ""
    return f"Named {extension}, but the bytes are {_NOUNS.get(found, f'a {found} file')}."
