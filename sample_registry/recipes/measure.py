"""What is measured on held-out rows: plain functions of answers and predictions."""

from typing import Any

import numpy as np
from sklearn import metrics

from recipes.data import Array

LOWER = ("brier", "calibration_error", "log_loss", "mae", "rmse")  # better the lower they are
PLACES = 4
BINS = 10


def _rounded(**values: Any) -> dict[str, float]:  # noqa: ANN401 -- whatever kind of number scikit-learn gives
    return {name: round(float(value), PLACES) for name, value in values.items()}


def two_classes(answers: Array, chances: Array) -> dict[str, float]:
    """Measure how well the chance of class 1 tells it from class 0; a half counts as a yes."""
    yes = np.clip(chances[:, 1], 0, 1)
    said = yes >= 0.5  # noqa: PLR2004 -- a half, as the sentence above says
    return _rounded(
        auc=metrics.roc_auc_score(answers, yes),
        accuracy=metrics.accuracy_score(answers, said),
        recall=metrics.recall_score(answers, said),
        precision=metrics.precision_score(answers, said),
        log_loss=metrics.log_loss(answers, yes),
        brier=metrics.brier_score_loss(answers, yes),
    )


def many_classes(answers: Array, chances: Array) -> dict[str, float]:
    """Measure a choice between several classes."""
    said = chances.argmax(axis=1)
    even = chances / chances.sum(axis=1, keepdims=True)
    return _rounded(
        accuracy=metrics.accuracy_score(answers, said),
        macro_f1=metrics.f1_score(answers, said, average="macro"),
        log_loss=metrics.log_loss(answers, even),
    )


def quantity(answers: Array, guesses: Array) -> dict[str, float]:
    """Measure a predicted quantity, in the unit of the answers."""
    return _rounded(
        mae=metrics.mean_absolute_error(answers, guesses),
        rmse=metrics.root_mean_squared_error(answers, guesses),
        r2=metrics.r2_score(answers, guesses),
    )


def calibration_error(answers: Array, chances: Array) -> float:
    """Give the mean gap between said chance and seen share, over ten equal bins of the chance."""
    yes = np.clip(chances[:, 1], 0, 1)
    bins = np.minimum((yes * BINS).astype(int), BINS - 1)
    gaps = [
        abs(yes[bins == one].mean() - answers[bins == one].mean()) * (bins == one).mean()
        for one in np.unique(bins)
    ]
    return round(float(sum(gaps)), PLACES)
