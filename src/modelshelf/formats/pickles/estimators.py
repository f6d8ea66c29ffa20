"""The estimators in a pickle: what they are put together from, and what they take and give.

Source: the attributes that scikit-learn's estimators have after fitting ("Developing scikit-learn
estimators" in its documentation), which other libraries follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from modelshelf.domain.inspection import TensorSpec
from modelshelf.formats.pickles.describe import class_of
from modelshelf.formats.pickles.elements import array_values
from modelshelf.formats.pickles.values import Made

_DEEPEST = 6
_MOST_PARTS = 30
_MOST_VISITED = 300
_TRIPLE = 3  # name, estimator, columns
_MOST_MODELS = 20
_MOST_FEATURES = 5_000
_MOST_CLASSES = 100
_NO_MODELS = frozenset(
    {"__builtin__", "builtins", "collections", "datetime", "joblib", "numpy", "pandas", "scipy"}
)
# Attributes that hold other estimators, the fitted ones first.
_LISTS = ("steps", "transformers_", "transformers", "transformer_list", "estimators")
_SINGLE = (
    "best_estimator_",
    "estimator_",
    "estimator",
    "base_estimator",
    "regressor_",
    "regressor",
)
_SHOWN_AS_LIST = frozenset({"steps", "transformers_", "transformers", "transformer_list"})
_MANY = frozenset(
    {"StackingClassifier", "StackingRegressor", "VotingClassifier", "VotingRegressor"}
)


def models_in(root: object) -> list[Made]:
    """Return the pickled object, or the objects in a pickled dictionary, list or tuple."""
    if isinstance(root, Made):
        return [root] if _is_model(root) else []
    if not isinstance(root, (dict, list, tuple)):
        return []
    values = root.values() if isinstance(root, dict) else root
    found = (v for v in values if isinstance(v, Made) and v.state and _is_model(v))
    return list(islice(found, _MOST_MODELS))


def _is_model(value: Made) -> bool:
    symbol = class_of(value)
    if symbol is None or symbol.module.partition(".")[0] in _NO_MODELS:
        return False
    return symbol.name.lstrip("_")[:1].isupper()


def architecture(root: object) -> str:
    """Return the class of the pickled model, of a pipeline with those of its steps."""
    models = models_in(root)
    walk = _Walk()
    names = {id(value): f"{key}: " for key, value in root.items()} if isinstance(root, dict) else {}
    return ", ".join(names.get(id(model), "") + walk.spelled(model, 0) for model in models)


def signature(model: Made) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
    """Return what an estimator takes and gives, as far as its fitted attributes say."""
    inner = list(_Walk().inside(model, 0))
    inputs = next((found for each in inner if (found := _features(each))), ())
    outputs = next((found for each in reversed(inner) if (found := _classes(each))), ())
    return inputs, outputs


def classes(model: Made) -> tuple[str, ...]:
    """Return the labels between which a classifier decides."""
    for each in reversed(list(_Walk().inside(model, 0))):
        values, _ = array_values(each.state.get("classes_"))
        if values:
            return tuple(str(value) for value in values[:_MOST_CLASSES])
    return ()


@dataclass(slots=True)
class _Walk:
    """Goes through estimators inside estimators, of which a few bytes can stand for millions."""

    left: int = _MOST_VISITED

    def spelled(self, model: Made, depth: int) -> str:
        symbol = class_of(model)
        name = symbol.name if symbol else "object"
        parts = [self.spelled(part, depth + 1) for part in self._into(model, depth)]
        return f"{name}({', '.join(parts)})" if parts else name

    def inside(self, model: Made, depth: int) -> Iterator[Made]:
        yield model
        for part in self._into(model, depth):
            yield from self.inside(part, depth + 1)

    def _into(self, model: Made, depth: int) -> Iterator[Made]:
        for part in _parts(model)[:_MOST_PARTS] if depth < _DEEPEST else ():
            self.left -= 1
            if self.left >= 0:
                yield part


def _parts(model: Made) -> list[Made]:
    """Return the estimators that an estimator is put together from, the outer ones only."""
    symbol = class_of(model)
    for key in _LISTS:
        held = model.state.get(key)
        if isinstance(held, list) and (key in _SHOWN_AS_LIST or (symbol and symbol.name in _MANY)):
            named = [part for part in held[:_MOST_PARTS] if isinstance(part, tuple)]
            return [part for each in named for part in each[:_TRIPLE] if isinstance(part, Made)]
    singles = (model.state.get(key) for key in _SINGLE)
    return [value for value in singles if isinstance(value, Made) and value.state][:1]


def _features(model: Made) -> tuple[TensorSpec, ...]:
    names, _ = array_values(model.state.get("feature_names_in_"))
    if names:
        return tuple(TensorSpec(str(name), "unknown", (None,)) for name in names[:_MOST_FEATURES])
    count = model.state.get("n_features_in_")
    return (TensorSpec("X", "unknown", (None, count)),) if type(count) is int else ()


def _classes(model: Made) -> tuple[TensorSpec, ...]:
    values, dtype = array_values(model.state.get("classes_"))
    return (TensorSpec("label", dtype, (None,)),) if values else ()
