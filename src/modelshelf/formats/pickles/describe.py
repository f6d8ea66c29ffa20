"""What the names inside a pickle tell about the model: its class and the library that made it."""

from __future__ import annotations

from collections.abc import Iterable

from modelshelf.formats.pickles.scan import Reading
from modelshelf.formats.pickles.values import Made

_FRAMEWORKS = {
    "catboost": "CatBoost",
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
_MOST_NAMES = 100


def framework(reading: Reading) -> str:
    """Return the library that made the object, with its version when that is inside."""
    found = next(
        (package for package in _packages(reading) if package in _FRAMEWORKS),
        None,
    )
    if found is None:
        return ""
    version = reading.seen.facts.get("_sklearn_version", "") if found == "sklearn" else ""
    return f"{_FRAMEWORKS[found]} {version}".rstrip()


def metadata(reading: Reading) -> dict[str, str]:
    """Return the class of the pickled object and the names that it is made of."""
    found = dict(reading.seen.facts)
    root = reading.roots[0] if reading.roots else None
    if isinstance(root, Made):
        found["class"] = str(root.maker)
    if reading.seen.globals:
        names = [str(symbol) for symbol in reading.seen.globals]
        found["globals"] = ", ".join(names[:_MOST_NAMES])
    return found


def _packages(reading: Reading) -> Iterable[str]:
    root = reading.roots[0] if reading.roots else None
    if isinstance(root, Made):
        yield root.maker.module.partition(".")[0]
    for symbol in reading.seen.globals:
        yield symbol.module.partition(".")[0]
