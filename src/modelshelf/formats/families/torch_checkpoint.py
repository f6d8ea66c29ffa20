"""What the dictionary of a PyTorch checkpoint tells beside its tensors, by common habit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from modelshelf.formats.families.torch_tensors import View, parameters
from modelshelf.formats.pickles.describe import class_of
from modelshelf.formats.pickles.values import Global, Made

_MOST_NOTES = 200
_MOST_MODULES = 50
_LIGHTNING = "pytorch-lightning_version"
# Entries of a training checkpoint that hold tensors and are not the model.
_NOT_THE_MODEL = re.compile(
    r"(?:.*_)?(?:optim(?:izers?)?|opt)(?:_states?(?:_dict)?|_dict)?|(?:lr_)?schedulers?(?:_.*)?"
    r"|(?:grad_|loss_)?scaler(?:_.*)?|callbacks|loops|(?:cuda_|torch_)?rng_states?(?:_.*)?"
)
_AVERAGED = re.compile(r"(?:model_)?ema(?:_.*)?|(?:.*_)?ema")
_SETTINGS = frozenset(
    {"args", "cfg", "config", "hparams", "hyper_parameters", "opt", "train_args", "train_metrics"}
)
# Modules whose classes come with PyTorch, Python or NumPy.
_ORDINARY = frozenset({"torch", "numpy", "argparse", "pathlib", "datetime", "__torch__"}) | {
    "builtins", "__builtin__", "collections", "_codecs", "copyreg", "copy_reg",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is known about the pickled object of a PyTorch file.

    Attributes:
        model: The tensors that are the model.
        others: Tensors of optimizers and the like.
        metadata: Plain values beside them.
        architecture: The class of a model that was saved whole.
        producer: Who wrote it, with its version, where a habit tells.
        license: As it says itself.
    """

    model: tuple[View, ...] = ()
    others: tuple[View, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    architecture: str = ""
    producer: str = ""
    license: str = ""


def read_checkpoint(root: object, views: Iterable[View]) -> Checkpoint:
    """Sort the tensors and plain values of a pickled object."""
    every = tuple(views)
    entries = _entries(root)
    groups = {view.path[0] for view in every if view.path}
    aside = {name for name in groups & entries.keys() if _NOT_THE_MODEL.fullmatch(name)}
    averaged = {name for name in groups & entries.keys() if _AVERAGED.fullmatch(name)}
    if groups - aside - averaged:
        aside |= averaged
    model = tuple(view for view in every if not view.path or view.path[0] not in aside)
    others = tuple(view for view in every if view.path and view.path[0] in aside)
    notes = _notes(entries)
    if others:
        notes["optimizer_tensors"] = str(len(others))
        notes["optimizer_parameters"] = str(parameters(others))
    return Checkpoint(
        model, others, notes, _architecture(root, entries), _producer(entries), _license(entries)
    )


def foreign_classes(symbols: Iterable[Global]) -> tuple[str, ...]:
    """Return what a file names that comes neither with PyTorch nor with Python, sorted."""
    return tuple(sorted({str(s) for s in symbols if s.module.partition(".")[0] not in _ORDINARY}))


def _entries(root: object) -> dict[str, object]:
    if isinstance(root, Made) and root.maker.name == "OrderedDict":
        root = root.items
    if not isinstance(root, dict):
        return {}
    return {key: value for key, value in root.items() if isinstance(key, str)}


def _notes(entries: Mapping[str, object]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in entries.items():
        if len(found) >= _MOST_NOTES:
            break
        if _is_plain(value):
            found[key] = str(value)
        elif key in _SETTINGS:
            inner = value.items or value.state if isinstance(value, Made) else value
            pairs = inner.items() if isinstance(inner, dict) else ()
            found |= {f"{key}.{name}": str(each) for name, each in pairs if _is_setting(each)}
    return found


def _is_plain(value: object) -> bool:
    return isinstance(value, (str, int, float)) and value != ""


def _is_setting(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return len(value) <= _MOST_MODULES and all(map(_is_plain, value))
    return _is_plain(value)


def _architecture(root: object, entries: Mapping[str, object]) -> str:
    saved_whole = (root, *(entries.get(key) for key in ("model", "ema", "net", "module")))
    for value in saved_whole:
        symbol = class_of(value)
        if symbol and "_modules" in getattr(value, "state", {}):
            return symbol.name
    arch = entries.get("arch") or entries.get("model_name")
    return arch if isinstance(arch, str) else ""


def _producer(entries: Mapping[str, object]) -> str:
    lightning = entries.get(_LIGHTNING)
    if isinstance(lightning, str):
        return f"PyTorch Lightning {lightning}"
    if {"train_args", "version"} <= entries.keys() and isinstance(entries["version"], str):
        return f"Ultralytics {entries['version']}"
    return ""


def _license(entries: Mapping[str, object]) -> str:
    given = entries.get("license")
    return given if isinstance(given, str) else ""
