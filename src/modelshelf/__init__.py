"""Modelshelf: a model registry that lives on your own disk.

import modelshelf

    with modelshelf.open_registry("models", create=True) as registry:
        registry.versions.register("churn", "model.onnx", metrics={"auc": 0.91})
        registry.promotions.promote("churn:v1", "production", reason="first")
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from modelshelf._version import __version__

if TYPE_CHECKING:
    from modelshelf.capture.capturing import Capture as capture  # noqa: N813 - what is called
    from modelshelf.domain.errors import (
        Conflict,
        Corrupt,
        Invalid,
        ModelshelfError,
        NotFound,
        Refused,
        Unavailable,
    )
    from modelshelf.domain.provenance import Code, Dataset, Environment, Run
    from modelshelf.domain.provenance.measured import FeatureView, MetricSource
    from modelshelf.registry.handle import Registry, create_registry, open_registry

_HOMES = {
    "Code": "modelshelf.domain.provenance",
    "Conflict": "modelshelf.domain.errors",
    "Corrupt": "modelshelf.domain.errors",
    "Dataset": "modelshelf.domain.provenance",
    "Environment": "modelshelf.domain.provenance",
    "FeatureView": "modelshelf.domain.provenance.measured",
    "Invalid": "modelshelf.domain.errors",
    "MetricSource": "modelshelf.domain.provenance.measured",
    "ModelshelfError": "modelshelf.domain.errors",
    "NotFound": "modelshelf.domain.errors",
    "Refused": "modelshelf.domain.errors",
    "Registry": "modelshelf.registry.handle",
    "Run": "modelshelf.domain.provenance",
    "Unavailable": "modelshelf.domain.errors",
    "capture": "modelshelf.capture",
    "create_registry": "modelshelf.registry.handle",
    "open_registry": "modelshelf.registry.handle",
}

__all__ = [
    "Code",
    "Conflict",
    "Corrupt",
    "Dataset",
    "Environment",
    "FeatureView",
    "Invalid",
    "MetricSource",
    "ModelshelfError",
    "NotFound",
    "Refused",
    "Registry",
    "Run",
    "Unavailable",
    "__version__",
    "capture",
    "create_registry",
    "open_registry",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any of the names above
    """Load a public name when it is first asked for."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted({*globals(), *__all__})
