"""Which real files there are, by what it takes to make and read them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True, slots=True)
class Family:
    """The files of one module of ``makers``.

    Attributes:
        files: Its functions, each of which makes or finds one file and says what is in it.
        modules: What must be installed.
        extra: The extra that installs the modules.
    """

    files: tuple[str, ...]
    modules: tuple[str, ...]
    extra: str = "frameworks"

    def missing(self) -> str:
        """Return in a sentence what is missing to look at its files; empty if nothing is."""
        for module in self.modules:
            if find_spec(module) is None:
                return f"{module} is not installed: make {self.extra}"
        return ""


FAMILIES = {
    "arrays": Family(
        ("floats", "columns", "foreign", "several", "packed", "objects"),
        modules=("numpy",),
    ),
    "tensors": Family(
        ("safetensors", "silero"),
        modules=("numpy", "safetensors", "ml_dtypes"),
    ),
    "ggufs": Family(
        ("plain", "quantised", "tuned"),
        modules=("numpy", "gguf"),
    ),
    "graphs": Family(
        (
            "silero",
            "silero_15",
            "silero_18",
            "silero_half",
            "magika",
            "brain",
            "pitch",
            "text_finder",
            "text_reader",
            "text_turner",
            "pipeline",
            "typed",
            "outside",
        ),
        modules=("numpy", "onnx", "skl2onnx", "sklearn"),
    ),
    "pickles": Family(
        (
            "pickled",
            "dumped",
            "packed",
            "packed_tight",
            "searched",
            "by_cloudpickle",
            "by_dill",
            "by_skops",
            "boosted",
            "arrays",
        ),
        modules=("numpy", "sklearn", "joblib", "cloudpickle", "dill", "skops", "lightgbm"),
    ),
    "boosters": Family(
        ("xgboost_json", "xgboost_ubj", "lightgbm_text", "catboost_binary", "catboost_json"),
        modules=("numpy", "xgboost", "lightgbm", "catboost"),
    ),
    "layers": Family(
        ("packed", "whole", "parts", "early", "late"),
        modules=("numpy", "keras", "h5py", "openvino"),
    ),
    "phones": Family(
        ("pitch", "pitch_package", "package", "network"),
        modules=("numpy", "ai_edge_litert", "coremltools"),
    ),
    "intel": Family(
        ("pair", "halved", "saved"),
        modules=("numpy", "openvino"),
    ),
    "texts": Family(
        ("pipeline", "labels", "quantised", "vectors"),
        modules=("numpy", "spacy", "fasttext"),
    ),
    "folders": Family(
        ("sentences", "tracked", "tracked_pickle", "logged"),
        modules=("numpy", "mlflow", "sklearn", "safetensors", "ml_dtypes"),
    ),
    "torches": Family(
        (
            "state",
            "legacy",
            "many",
            "many_plainly",
            "module",
            "attention",
            "checkpoint",
            "faces",
            "brain",
            "scripted",
            "traced",
            "silero",
            "exported",
            "as_onnx",
        ),
        modules=("numpy", "torch", "onnx", "onnxscript", "safetensors"),
        extra="torch",
    ),
    "hubs": Family(
        ("network", "sharded", "adapter"),
        modules=("numpy", "torch", "transformers", "peft", "safetensors", "ml_dtypes"),
        extra="torch",
    ),
}
