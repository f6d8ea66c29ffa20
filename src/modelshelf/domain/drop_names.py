"""What the names in a drop folder say: unfinished, left behind, sidecar, marker, one of a set.

Nothing here looks at a disk; a name is only ever held against other names.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection
from pathlib import PurePosixPath

_UNFINISHED = (
    ".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".aria2", ".filepart",
    ".swp", ".swx",
)  # fmt: skip
_LEFTOVERS = frozenset({"thumbs.db", "desktop.ini", "__pycache__", "lost+found"})
# rsync writes .NAME.XXXXXX; six small letters alone are more likely somebody's configuration.
_RSYNC = re.compile(r"\..+\.(?=[A-Za-z]*[A-Z0-9])[A-Za-z0-9]{6}")


def is_unfinished(name: str) -> bool:
    """Whether programs give such a name to what they are still writing."""
    lower = name.lower()
    return lower.endswith(_UNFINISHED) or ".incomplete" in lower or bool(_RSYNC.fullmatch(name))


def is_temporary(name: str) -> str:
    """Return why a file or folder of this name is passed over; empty when it is not."""
    if is_unfinished(name):
        return "its name says that it is still being written"
    if name.startswith((".", "~$")) or name.endswith("~") or name.lower() in _LEFTOVERS:
        return "its name says that it is hidden or was left behind by a program"
    return ""


CARD = "readme.md"
PACKAGE = ".mlpackage"
INSIDE = ("modelshelf.json", "modelshelf.yaml", "modelshelf.yml")
"""Names of the sidecar inside a folder artifact."""

MARKERS = frozenset({"_SUCCESS", ".modelshelf-ready"})
"""Names of the files that say, in a folder, that all of it is there; never part of an artifact."""

READY = ".ready"
"""What the marker of a single file is called: the file's whole name, and this."""

# One of these says by itself that the folder is a model.
_INDEXES = frozenset(
    {
        "MLmodel", "saved_model.pb", "saved_model.pbtxt", "model_index.json",
        "adapter_config.json", *INSIDE,
    }
)  # fmt: skip
_SPACY = frozenset({"meta.json", "config.cfg"})
_CONFIG = "config.json"
_WEIGHTS = (".safetensors", ".index.json", ".bin")
SHARDED = ".index.json"
"""How the name of the list of the parts of sharded weights ends."""


def is_folder_artifact(name: str, holds: Collection[str], *, deep: bool = False) -> bool:
    """Whether a folder is one artifact, and not a namespace with artifacts in it.

    Args:
        name: The folder's name.
        holds: The names directly in it.
        deep: Whether it lies in a folder of the drop folder. A folder that lies directly in it is
            a model's own, where several models of two files each may lie; one further down with
            one such model in it was put there as a whole.
    """
    if name.lower().endswith(PACKAGE) or not _INDEXES.isdisjoint(holds) or set(holds) >= _SPACY:
        return True
    if _CONFIG in holds and any(n.endswith(_WEIGHTS) for n in holds):
        return True
    return deep and len(_leaders(holds)) == 1


def _leaders(holds: Collection[str]) -> list[str]:
    """Return the files that name others beside them, as far as the names can tell."""
    outside = {match["model"] for n in holds if (match := _OUTSIDE.fullmatch(n))}
    onnx = [n for n in holds if n in outside]
    openvino = [n for n in holds if n.endswith(".xml") and n.removesuffix("xml") + "bin" in holds]
    return [*onnx, *openvino, *(n for n in holds if n.endswith(SHARDED))]


# Both Hugging Face's libraries and llama.cpp name the parts of a set so.
_PART = re.compile(r"(?P<stem>.+)-\d{5}-of-\d{5}\.[^/]+")
# What exporters call the file with the tensors of an ONNX model.
_OUTSIDE = re.compile(r"(?P<model>.+\.onnx)(?:\.data|\.weights|_data(?:_\d+)?)")
# Formats that hold everything in one file, so that the file need not be asked what it names.
_ALONE = (
    ".bst", ".cbm", ".dill", ".gguf", ".h5", ".hdf5", ".joblib", ".keras", ".npy", ".npz",
    ".pickle", ".pkl", ".pmml", ".pt", ".pth", ".safetensors", ".skops", ".tflite", ".txt", ".ubj",
    ".zip",
)  # fmt: skip
_NAMING = (".onnx", ".xml", SHARDED)


def stem_of(name: str) -> str:
    """Return the name of a file, or of the set it is a part of, without its suffixes."""
    if match := _PART.fullmatch(name):
        return match["stem"]
    whole = name.removesuffix(SHARDED) if name.endswith(SHARDED) else name
    return PurePosixPath(whole).stem


def is_part(name: str) -> bool:
    """Whether a file of this name is a part of a set."""
    return _PART.fullmatch(name) is not None


def stands_alone(name: str) -> bool:
    """Whether a file of this name names no other files, so that it need not be opened for that."""
    return name.lower().endswith(_ALONE) and not is_part(name)


def names_others(name: str) -> bool:
    """Whether a file of this name is likely to name other files as its own."""
    return name.lower().endswith(_NAMING)


def belongs_to(name: str) -> str:
    """Return the name of the model whose tensors a file of this name holds; empty for none."""
    match = _OUTSIDE.fullmatch(name)
    return match["model"] if match else ""


_SIDECARS = (".json", ".yaml", ".yml")
# A suffix of a model file: NAME.onnx.json is then the sidecar of a file that has yet to come, while
# NAME.json alone may be a model (XGBoost writes such files).
_MODEL_FILES = (
    "bin", "bst", "cbm", "ckpt", "dill", "engine", "gguf", "h5", "hdf5", "joblib", "keras", "lgb",
    "llamafile", "mlmodel", "model", "npy", "npz", "onnx", "pb", "pickle", "pkl", "pmml", "pt",
    "pt2", "pth", "safetensors", "skops", "tflite", "torchscript", "txt", "ubj", "xgb", "zip",
)  # fmt: skip
_ORPHANS = tuple(f"*.{suffix}.json" for suffix in _MODEL_FILES)
_DOCUMENTS = (
    "*.md", "*.rst", "*.yaml", "*.yml", "license*", "notice*", "copying*", "changelog*",
    "requirements*.txt",
)  # fmt: skip


def sidecars_of(name: str, beside: Collection[str]) -> tuple[str, ...]:
    """Return which of the names ``beside`` are sidecars of the artifact ``name``."""
    return tuple(name + suffix for suffix in _SIDECARS if name + suffix in beside)


def sidecar_pending(name: str, beside: Collection[str]) -> bool:
    """Whether a sidecar of ``name`` is just being written under a temporary name."""
    starts = tuple(f"{dot}{name}{suffix}" for dot in ("", ".") for suffix in _SIDECARS)
    return any(other.startswith(starts) and is_unfinished(other) for other in beside)


def accompanies(name: str, beside: Collection[str]) -> bool:
    """Whether ``name`` is the sidecar, or the marker, of something that lies beside it."""
    return any(name.endswith(s) and name.removesuffix(s) in beside for s in (*_SIDECARS, READY))


def is_document(name: str, beside: Collection[str] = ()) -> str:
    """Return why a file of this name is no model by itself; empty when it may be one."""
    lower = name.lower()
    model = belongs_to(name)
    if lower == CARD:
        return "it is the model card of what is dropped beside it"
    if lower in MARKERS or name in MARKERS or lower.endswith(READY):
        return "it is a marker, and what it says to be ready is not beside it"
    if model and model not in beside:
        return f"it holds tensors of {model!r}, which is not beside it"
    if any(fnmatch.fnmatchcase(lower, pattern) for pattern in _ORPHANS):
        return f"it is a sidecar, and {name.rsplit('.', 1)[0]!r} is not beside it"
    if any(fnmatch.fnmatchcase(lower, pattern) for pattern in _DOCUMENTS):
        return "it is a document, not a model"
    return ""
