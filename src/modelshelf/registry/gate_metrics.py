"""Metrics that the command of a gate measured: it writes them into a file, as a JSON object."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from modelshelf.domain.errors import Invalid
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.catalog.audit import Transaction
    from modelshelf.domain.models import ModelVersion

VARIABLE = "MODELSHELF_METRICS"
"""The environment variable that names the file."""

_MOST = 256 * 1024


def read_metrics(file: Path) -> dict[str, float]:
    """Return the metrics in a file; empty where the command wrote none.

    Raises:
        Invalid: It is no JSON object of finite numbers, or too large.
    """
    from modelshelf.domain.provenance.checking import check_details
    from modelshelf.formats.strict_json import parse_object
    from modelshelf.formats.trouble import LimitReached, Malformed

    # A pipe would be waited for until somebody writes.
    flags = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(file, os.O_RDONLY | flags)
    except FileNotFoundError:
        return {}
    except OSError as exc:
        raise Invalid("the metrics it wrote cannot be read", why=exc.strerror or "") from exc
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Invalid("the metrics it wrote are no file", hint=f"Write one at ${VARIABLE}.")
    with os.fdopen(descriptor, "rb") as opened:
        data = opened.read(_MOST + 1)
    if len(data) > _MOST:
        raise Invalid("the metrics it wrote are too large", required=f"{_MOST:,} bytes at most")
    try:
        found = parse_object(data)
    except (Malformed, LimitReached) as exc:
        raise Invalid("the metrics it wrote are no JSON object", why=safe(exc.detail, 200)) from exc
    return dict(check_details(metrics=found).metrics)  # type: ignore[arg-type]  # checked there


def record_metrics(
    transaction: Transaction,
    version: ModelVersion,
    model_id: int,
    gate: str,
    metrics: Mapping[str, float],
) -> None:
    """Record what a gate measured, as metrics of the version that say so.

    Which way is better stays as it was told.
    """
    from modelshelf.catalog.detail import sources_of
    from modelshelf.domain.events import VersionAmended

    known = sources_of(transaction.raw, version.id)
    told = {n: {"direction": s["direction"]} for n, s in known.items() if s.get("direction")}
    details = {
        "metrics": dict(metrics),
        "metric_sources": {n: {**told.get(n, {}), "by": f"gate {gate}"} for n in metrics},
    }
    event = VersionAmended(version.id, model_id, version.model, version.number, details)
    transaction.record(event, version.reference)
