"""Where the fields of a version were read, and what its file says of itself, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelshelf.domain.inspection import Inspection
    from modelshelf.domain.models import ModelVersion
    from modelshelf.domain.provenance import Arrival

_NAMES_SHOWN = 6
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
