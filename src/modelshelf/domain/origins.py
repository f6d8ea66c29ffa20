"""Where the fields of a version were read, and what its file says of itself, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelshelf.domain.inspection import Inspection
    from modelshelf.domain.models import ModelVersion, VersionDetail
    from modelshelf.domain.provenance import Arrival, Code, Dataset, Environment
    from modelshelf.domain.provenance.measured import FeatureView

_NAMES_SHOWN = 6
_DIGITS = 12
_CODE_SHOWN = 8


def by_place(origins: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the fields that were read at each place: place to sorted names."""
    places: dict[str, list[str]] = {}
    for name, where in sorted(origins.items()):
        places.setdefault(where, []).append(name)
    return places


def origin_lines(origins: Mapping[str, str]) -> Iterator[str]:
    """Yield one line for each place: ``README.md head: tags.license, metrics.auc and 3 more``."""
    for where, names in by_place(origins).items():
        few = ", ".join(names[:_NAMES_SHOWN])
        rest = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
        yield f"{where}: {few}{rest}"


def arrival_line(arrival: Arrival | None) -> str:
    """Return what the file system knew, in one line; empty when it knew nothing."""
    if arrival is None:
        return ""
    parts = (
        arrival.path,
        f"changed {arrival.modified[:19]}Z" if arrival.modified else "",
        f"owner {arrival.owner}" if arrival.owner else "",
        f"downloaded from {arrival.url}" if arrival.url else "",
    )
    return ", ".join(part for part in parts if part)


def facts(seen: Inspection) -> Iterator[tuple[str, str]]:
    """Yield what the file says of itself besides framework and signature, as name and text."""
    yield "format version", seen.version
    yield "producer", seen.producer
    yield "architecture", seen.architecture
    yield "quantization", seen.quantization
    yield "license", seen.license
    yield "base model", ", ".join(seen.base_models)
    needed = seen.needs_code
    rest = f" and {len(needed) - _CODE_SHOWN} more" if len(needed) > _CODE_SHOWN else ""
    yield "needs code", ", ".join(needed[:_CODE_SHOWN]) + rest


def scan_words(version: ModelVersion) -> str:
    """Return the scan's verdict, and what a person has said about it since."""
    words = version.verdict
    if version.released:
        words += ", released from quarantine"
    if version.unvouched:
        words += ", and nobody has vouched for the code it uses"
    return words


def made_from(shown: VersionDetail) -> Iterator[tuple[str, str]]:
    """Yield what a version was made with and from, as name and text; what is unknown is empty."""
    if shown.run is not None:
        run = shown.run
        yield "run", _joined(run.tracker, run.id, run.url)
    if shown.code is not None:
        yield "code", code_words(shown.code)
        yield "command", _shell_words(shown.code.command)
    for dataset in shown.datasets:
        yield dataset.role.replace("_", " "), dataset_words(dataset)
    for view in shown.features:
        yield "features", features_words(view)
    if shown.environment is not None:
        yield "environment", environment_words(shown.environment)
    yield "made from", ", ".join(filter(None, (shown.base, *shown.bases)))
    measured: dict[str, list[str]] = {}
    for name in sorted(shown.metric_sources):
        measured.setdefault(source_words(shown, name), []).append(name)
    for where, names in measured.items():
        yield "measured", f"{', '.join(names)} {where}" if where else ""


def _shell_words(command: Sequence[str]) -> str:
    """Return a command as a shell would take it."""
    if not command:
        return ""
    import shlex  # what only a version with a command needs

    return shlex.join(command)


def code_words(code: Code) -> str:
    """Return the source in one line."""
    kept = ("changes kept" if code.patch else "with changes") if code.dirty else None
    snapshot = f"files kept as {code.snapshot[:_DIGITS]}" if code.snapshot else None
    return _joined(code.repository, code.commit, kept, code.directory, code.entry, snapshot)


def dataset_words(dataset: Dataset) -> str:
    """Return a data set in one line: name, version, digest, rows, part, licence, address."""
    named = f"{dataset.name}@{dataset.version}" if dataset.version else dataset.name
    digest = dataset.digest[: len("sha256:") + _DIGITS] if dataset.digest else None
    rows = f"{dataset.rows:,} rows" if dataset.rows is not None else None
    part = f"({dataset.split})" if dataset.split else None
    return _joined(named, part, digest, rows, dataset.license, dataset.uri)


def features_words(view: FeatureView) -> str:
    """Return a feature view in one line, as it is written in the lineage."""
    name = f"{view.store}/{view.name}" if view.store else view.name
    return f"{name}@{view.version}" if view.version else name


def environment_words(made: Environment) -> str:
    """Return the surroundings of a training in one line."""
    count = len(made.packages)
    packages = f"{count:,} package{'s' if count != 1 else ''}" if count else None
    python = f"Python {made.python}" if made.python else None
    parts = (python, made.platform, packages, made.gpu, made.container)
    return ", ".join(part for part in parts if part)


def source_words(shown: VersionDetail, metric: str) -> str:
    """Return where a metric was measured, in words; empty where only its direction is known."""
    source = shown.metric_sources[metric]
    where = [f"on {source.dataset}"] if source.dataset else []
    where += [f"where {source.slice}"] if source.slice else []
    where += [f"by {source.by}"] if source.by else []
    return " ".join(where)


def _joined(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)
