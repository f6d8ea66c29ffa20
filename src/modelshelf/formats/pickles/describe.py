"""What the names inside a pickle tell about the model: its class and the library that made it."""

from __future__ import annotations

import sys
from _compat_pickle import IMPORT_MAPPING
from collections.abc import Iterable

from modelshelf.formats.pickles.embedded import rebuilds_code
from modelshelf.formats.pickles.scan import Reading
from modelshelf.formats.pickles.values import Global, Made

_FRAMEWORKS = {
    "catboost": "CatBoost",
    "imblearn": "imbalanced-learn",
    "keras": "Keras",
    "lightgbm": "LightGBM",
    "prophet": "Prophet",
    "sklearn": "scikit-learn",
    "spacy": "spaCy",
    "statsmodels": "statsmodels",
    "tensorflow": "TensorFlow",
    "torch": "PyTorch",
    "transformers": "Transformers",
    "xgboost": "XGBoost",
}
_RECONSTRUCTORS = frozenset({"_reconstructor", "__newobj__", "__newobj_ex__"})
_PYTHON = sys.stdlib_module_names | IMPORT_MAPPING.keys() | {"__builtin__"}
_MOST_NAMES = 100


def class_of(value: object) -> Global | None:
    """Return the class of a value, also where an old protocol rebuilds it by a function."""
    if not isinstance(value, Made):
        return None
    first = value.arguments[0] if value.arguments else None
    if value.maker.name in _RECONSTRUCTORS and isinstance(first, Global):
        return first
    return value.maker


def framework(reading: Reading, models: Iterable[Made] = ()) -> str:
    """Return the library that made the object, with its version when that is inside."""
    symbols = [symbol for model in models if (symbol := class_of(model))]
    symbols += reading.seen.globals
    packages = (symbol.module.partition(".")[0] for symbol in symbols)
    found = next((package for package in packages if package in _FRAMEWORKS), None)
    if found is None:
        return ""
    version = reading.seen.facts.get("_sklearn_version", "") if found == "sklearn" else ""
    return f"{_FRAMEWORKS[found]} {version}".rstrip()


def producer(reading: Reading) -> str:
    """Return the pickler that left its own marks, where one did."""
    modules = {symbol.module for symbol in reading.seen.globals if rebuilds_code(symbol)}
    words = {word for module in modules for word in module.split(".")}
    return next((name for name in ("cloudpickle", "dill") if name in words), "")


def needs_code(reading: Reading) -> tuple[str, ...]:
    """Return the top-level modules, other than Python's own, that loading imports, sorted."""
    modules = {symbol.module.partition(".")[0] for symbol in reading.seen.globals}
    return tuple(sorted(modules - _PYTHON | (modules & {"__main__"})))


def names(reading: Reading) -> dict[str, str]:
    """Return the telling values and the names that a pickle is made of."""
    found = dict(reading.seen.facts)
    if reading.seen.globals:
        symbols = [str(symbol) for symbol in reading.seen.globals]
        found["globals"] = ", ".join(symbols[:_MOST_NAMES])
    return found
