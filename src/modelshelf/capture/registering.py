"""From what was said and found out to a registered version."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelshelf.capture.command import with_out
from modelshelf.capture.opening import unheard
from modelshelf.capture.said import BY, Said
from modelshelf.domain.errors import ModelshelfError, NotFound
from modelshelf.domain.provenance import Code
from modelshelf.domain.provenance.checking import check_details
from modelshelf.domain.provenance.measured import MetricSource
from modelshelf.domain.text import safe
from modelshelf.domain.things import is_outside

if TYPE_CHECKING:
    from modelshelf.capture.gathering import Gathering
    from modelshelf.domain.models import ModelVersion
    from modelshelf.registry.handle import Registry

_MERGED = ("metrics", "params", "tags", "metric_sources")
_JOINED = ("datasets", "features")


@contextmanager
def opened_registry(
    given: Registry | str | os.PathLike[str] | None, actor: str | None
) -> Iterator[Registry]:
    """Open the registry that is meant for a block; one that is open already stays open.

    Raises:
        ModelshelfError: As ``open_registry`` says.
    """
    if given is None or isinstance(given, str | os.PathLike):
        from modelshelf.registry.handle import open_registry

        with unheard(), open_registry(given, actor=actor) as registry:
            yield registry
    else:
        yield given


def register(
    registry: Registry,
    said: Said,
    gathering: Gathering | None,
    model: str,
    path: str | os.PathLike[str],
    more: Mapping[str, Any],
) -> ModelVersion:
    """Register an artifact with what was said, what was found out, and what is given besides.

    Raises:
        ModelshelfError: As ``versions.register`` says.
    """
    try:
        artifact = Path(os.path.abspath(path))  # noqa: PTH100 - as it is called, links and all
    except OSError as exc:
        raise NotFound(
            f"there is no {safe(path)}", why="the working folder is gone", subject=safe(path)
        ) from exc
    found = {} if gathering is None else _found(registry, said, gathering, artifact)
    details = _together(said, found, more)
    with unheard():
        made = registry.versions.register(model, path, **details)  # type: ignore[arg-type]  # a path
    if not made.created:
        said.note(f"{made.version.reference} holds this content already; nothing was registered.")
    return made.version


def _found(registry: Registry, said: Said, gathering: Gathering, artifact: Path) -> dict[str, Any]:
    """Return what was found out, as far as it can be recorded."""
    gathering.tell_unnamed(artifact)
    collectors: dict[str, Callable[[], Any]] = {
        "environment": gathering.environment,
        "run": gathering.run,
        "code": lambda: _code(registry, gathering, artifact),
    }
    found: dict[str, Any] = {}
    for name, collect in collectors.items():
        try:
            value = collect()
            check_details(**{name: value})
        except Exception as exc:  # noqa: BLE001 - what is missing must not cost the version
            said.note(f"The {name} is not recorded: {_why(exc)}")
        else:
            found[name] = value
    return found


def _code(registry: Registry, gathering: Gathering, artifact: Path) -> Code | None:
    at = gathering.code
    if at is None:
        return None
    code = at.stored(registry.reproductions.keep)
    return replace(code, command=with_out(code.command, artifact, at.folder, at.root))


def _together(said: Said, found: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords of ``versions.register``; what is given besides counts most."""
    given = {name: value for name, value in more.items() if value is not None}
    metrics = given.get("metrics") or {}
    own: dict[str, Any] = {
        "metrics": said.metrics,
        "params": said.params,
        "tags": said.tags,
        "metric_sources": said.sources | {name: MetricSource(by=BY) for name in metrics},
        "datasets": tuple(said.datasets),
        "features": tuple(said.features),
    }
    whole = {**found, **given}
    for name in _MERGED:
        whole[name] = {**own[name], **(given.get(name) or {})}
    for name in _JOINED:
        whole[name] = (*own[name], *(given.get(name) or ()))
    bases = [b for b in (given.get("base"), *said.bases, *(given.get("bases") or ())) if b]
    base = next((b for b in bases if not is_outside(b)), None)
    whole["base"], whole["bases"] = base, tuple(b for b in bases if b != base)
    return whole


def _why(exc: Exception) -> str:
    if isinstance(exc, ModelshelfError):
        return str(exc)
    return f"{type(exc).__name__}: {exc}."
