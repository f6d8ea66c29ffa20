"""The names that an expression may use, and what each of them is for one version."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelshelf.domain.gates.case import Candidate
    from modelshelf.domain.models import ModelVersion, VersionDetail

BASELINE = "baseline"
_TABLES = (
    "metrics", "params", "tags", "datasets", "code", "run", "environment", "bases", "features",
    "metric_sources",
)  # fmt: skip
_VERSION = (
    "reference", "number", "model", "name", "kind", "format", "framework", "size", "digest",
    "stage", "weight", "created", "created_by", "verdict", "archived", "released", "aliases",
    "description", "card", "base", "source", "parameters", "architecture", "quantization",
    "license",
)  # fmt: skip
_SHAPES: Mapping[str, tuple[str, ...]] = {
    "code": (
        "repository",
        "commit",
        "dirty",
        "entry",
        "patch",
        "snapshot",
        "command",
        "directory",
    ),
    "run": ("id", "url", "seconds", "tracker"),
    "environment": ("python", "platform", "packages", "gpu", "container"),
    "model": ("name", "owner", "description", "tags"),
}
NAMES: Mapping[str, tuple[str, ...]] = {
    "version": (*_VERSION, *_TABLES),
    BASELINE: (*_VERSION, *_TABLES),
    "metrics": (),
    "params": (),
    "tags": (),
    "datasets": (),
    "bases": (),
    "features": (),
    "metric_sources": (),
    **_SHAPES,
    "now": (),
}
"""Every name, and the fields it can have; none where it has whatever was recorded."""
DATASET = ("kind", "name", "version", "digest", "rows", "uri", "split", "license", "path")
"""The fields of each of ``datasets``; ``kind`` is ``trained_on`` or ``evaluated_on``."""
_INTEGER_MOST = 2**63 - 1


def names_of(candidate: Candidate, wanted: Collection[str]) -> dict[str, Any]:
    """Return what those of the names that are ``wanted`` mean for ``candidate``.

    All but ``baseline`` and ``now``, which are the case's. What is not recorded is left out, so
    that an expression that needs it fails by its name and ``has()`` can ask for it.
    """
    detail = candidate.detail
    makers: Mapping[str, Callable[[], object]] = {
        "version": lambda: shape(detail),
        **_tables(detail),
        "model": lambda: _given(
            {
                "name": detail.version.model,
                "owner": candidate.owner,
                "description": candidate.model_description,
                "tags": dict(candidate.model_tags),
            }
        ),
    }
    return {name: make() for name, make in makers.items() if name in wanted}


def _tables(detail: VersionDetail) -> Mapping[str, Callable[[], object]]:
    """Return how to make each of the tables that are names and fields of a version alike."""
    version = detail.version
    return {
        "metrics": lambda: dict(version.metrics),
        "params": lambda: dict(version.params),
        "tags": lambda: dict(version.tags),
        "datasets": lambda: [_dataset(each) for each in detail.datasets],
        "code": lambda: _fields(detail.code),
        "run": lambda: _fields(detail.run),
        "environment": lambda: _fields(detail.environment),
        "bases": lambda: [*((detail.base,) if detail.base else ()), *detail.bases],
        "features": lambda: [_fields(each) for each in detail.features],
        "metric_sources": lambda: {k: _fields(v) for k, v in detail.metric_sources.items()},
    }


def shape(detail: VersionDetail) -> dict[str, Any]:
    """Return a version as ``version`` and ``baseline`` show it."""
    version, found = detail.version, detail.inspection
    return {
        **_given(_plain(version)),
        **_given(
            {
                "framework": found.framework,
                "description": detail.description,
                "card": detail.card,
                "base": detail.base,
                "source": detail.source,
                "parameters": _integer(found.parameters),
                "architecture": found.architecture,
                "quantization": found.quantization,
                "license": found.license,
            }
        ),
        **{name: make() for name, make in _tables(detail).items()},
    }


def _plain(version: ModelVersion) -> dict[str, Any]:
    return {
        "reference": version.reference,
        "number": version.number,
        "model": version.model,
        "name": version.name,
        "kind": version.kind,
        "format": version.format,
        "size": _integer(version.size),
        "digest": version.digest,
        "stage": version.stage,
        "weight": version.weight,
        "created": version.created_at,
        "created_by": version.created_by,
        "verdict": version.verdict,
        "archived": version.archived,
        "released": version.released,
        "aliases": list(version.aliases),
    }


def _dataset(dataset: object) -> dict[str, Any]:
    told = _fields(dataset)
    return {"kind": told.pop("role"), **told}


def _fields(value: Any) -> dict[str, Any]:  # noqa: ANN401 - a dataclass of provenance
    if value is None:
        return {}
    told = {f.name: getattr(value, f.name) for f in fields(value)}
    return _given({k: _held(v) for k, v in told.items()})


def _held(value: Any) -> Any:  # noqa: ANN401 - a field of a dataclass of provenance
    """Return a value as expressions know it: mappings and lists are of their own kinds there."""
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) or None if isinstance(value, tuple) else value


def _given(told: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is not recorded: nothing, or an empty text."""
    return {key: value for key, value in told.items() if value is not None and value != ""}


def _integer(value: int | None) -> int | None:
    """Return ``value`` where an expression can hold it; a file may declare any number at all."""
    return value if value is not None and abs(value) <= _INTEGER_MOST else None
