"""The data sets that scikit-learn ships, each split once: rows to learn from, rows held out."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.model_selection import train_test_split

SEED = 2026
HELD_OUT = 0.3

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Named, numbered rows of features and answers."""

    name: str
    version: str
    x: Array
    y: Array

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the features, then the answers, as little-endian float64 row by row."""
        seen = hashlib.sha256()
        for part in (self.x, self.y):
            seen.update(np.ascontiguousarray(part, dtype="<f8").tobytes())
        return f"sha256:{seen.hexdigest()}"

    def first(self, count: int, *, version: str) -> "Rows":
        """Give the first rows under another version number."""
        return Rows(self.name, version, self.x[:count], self.y[:count])


@dataclass(frozen=True)
class Split:
    """What a model may learn from, and what it is measured on and never sees."""

    train: Rows
    held: Rows
    features: tuple[str, ...]
    classes: tuple[str, ...] = ()
    more: dict[str, Rows] = field(default_factory=dict)


def _split(name: str, x: Array, y: Array, *, version: str = "1", even: bool = True) -> list[Rows]:
    parts = train_test_split(
        x, y, test_size=HELD_OUT, random_state=SEED, stratify=y if even else None
    )
    learn, held, answers, held_answers = (np.asarray(part, dtype=np.float64) for part in parts)
    return [Rows(name, version, learn, answers), Rows(f"{name}-holdout", "1", held, held_answers)]


def breast_cancer() -> Split:
    """569 tumours, 30 measurements; the answer is 1 for malignant (scikit-learn has it as 0)."""
    source = datasets.load_breast_cancer()
    train, held = _split("breast_cancer", source.data, 1 - source.target, version="2")
    names = tuple(name.replace(" ", "_") for name in source.feature_names)
    return Split(train, held, names, ("benign", "malignant"))


def diabetes() -> Split:
    """442 patients, ten measurements in their own units; the answer is the disease a year later."""
    source = datasets.load_diabetes(scaled=False)
    train, held = _split("diabetes", source.data, source.target, even=False)
    return Split(train, held, tuple(source.feature_names))


def wine() -> Split:
    """178 wines of three cultivars, 13 measurements."""
    source = datasets.load_wine()
    train, held = _split("wine", source.data, source.target)
    return Split(train, held, tuple(source.feature_names), tuple(map(str, source.target_names)))


def iris() -> Split:
    """150 flowers of three species, four lengths in centimetres."""
    source = datasets.load_iris()
    train, held = _split("iris", source.data, source.target)
    names = tuple(name.removesuffix(" (cm)").replace(" ", "_") for name in source.feature_names)
    return Split(train, held, names, tuple(map(str, source.target_names)))


def digits() -> Split:
    """1797 pictures of 8x8 pixels between 0 and 1, and the same ones moved a pixel to the right."""
    source = datasets.load_digits()
    train, held = _split("digits", source.data / 16, source.target, version="2")
    more = {
        "shifted": _moved(train, "digits-shifted"),
        "shifted_held": _moved(held, "digits-shifted-holdout"),
    }
    names = tuple(map(str, source.feature_names))
    return Split(train, held, names, tuple(map(str, source.target_names)), more)


def _moved(rows: Rows, name: str) -> Rows:
    pictures = rows.x.reshape(-1, 8, 8)
    moved = np.zeros_like(pictures)
    moved[:, :, 1:] = pictures[:, :, :-1]
    return Rows(name, "1", moved.reshape(-1, 64), rows.y)
