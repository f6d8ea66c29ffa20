"""The head of a card that is made: what Hugging Face reads, as plain values.

The fields are those of https://huggingface.co/docs/hub/model-cards; what is not known is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from modelshelf.domain.cards.facts import hub_name, unique
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.domain.cards.facts import CardFacts
    from modelshelf.domain.models import VersionDetail
    from modelshelf.domain.provenance import Dataset

ENTRIES_MOST = 100
RESULTS_MOST = 200
_TEXT_MOST = 300
_TASK = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_CARD_TAG = "card."
# Identifiers that Hugging Face knows; any other licence is "other", with its name beside it.
_LICENCES = frozenset([
    "apache-2.0", "mit", "openrail", "bigscience-openrail-m", "creativeml-openrail-m",
    "bigscience-bloom-rail-1.0", "bigcode-openrail-m", "afl-3.0", "artistic-2.0", "bsl-1.0", "bsd",
    "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "c-uda", "cc", "cc0-1.0", "cc-by-2.0",
    "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-2.0",
    "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0",
    "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "cdla-sharing-1.0",
    "cdla-permissive-1.0", "cdla-permissive-2.0", "wtfpl", "ecl-2.0", "epl-1.0", "epl-2.0",
    "etalab-2.0", "eupl-1.1", "eupl-1.2", "agpl-3.0", "gfdl", "gpl", "gpl-2.0", "gpl-3.0", "lgpl",
    "lgpl-2.1", "lgpl-3.0", "isc", "intel-research", "lppl-1.3c", "ms-pl", "mpl-2.0", "odc-by",
    "odbl", "openrail++", "osl-3.0", "postgresql", "ofl-1.1", "ncsa", "unlicense", "zlib", "pddl",
    "llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "llama4", "gemma",
])  # fmt: skip
# Names of frameworks, as files state them, to the libraries that Hugging Face knows.
_LIBRARIES = {
    "scikit-learn": "sklearn", "sklearn": "sklearn", "skl2onnx": "onnx", "onnx": "onnx",
    "transformers": "transformers", "peft": "peft", "keras": "keras", "torch": "pytorch",
    "pytorch": "pytorch", "spacy": "spacy", "fasttext": "fasttext",
    "diffusers": "diffusers", "timm": "timm", "sentence-transformers": "sentence-transformers",
}  # fmt: skip
_FORMATS = {"onnx": "onnx", "skops": "sklearn", "keras": "keras", "peft": "peft", "spacy": "spacy"}


def head(facts: CardFacts) -> dict[str, Any]:
    """Return the head of the card of a version, in the order in which it is written."""
    tags = facts.detail.version.tags
    task = tags.get("pipeline_tag", "")
    found = {
        **_licence(facts.licences),
        "library_name": _library(facts.detail),
        "pipeline_tag": task if _TASK.fullmatch(task) else "",
        "language": _several(_words(tags.get("language", ""))),
        "tags": _texts([facts.detail.version.format, *_tags(tags)]),
        "datasets": _texts(each.name for each in facts.datasets("trained_on")),
        "metrics": _texts(sorted(facts.detail.version.metrics)),
        "base_model": _several(_texts(map(hub_name, facts.bases))),
        "model-index": _index(facts, task if _TASK.fullmatch(task) else "other"),
    }
    return {name: value for name, value in found.items() if value not in ("", [])}


def _texts(values: Iterable[str]) -> list[str]:
    return unique(safe(value, _TEXT_MOST) for value in values)[:ENTRIES_MOST]


def _several(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def _words(value: str) -> list[str]:
    return _texts(value.split(","))


def _licence(stated: tuple[str, ...]) -> dict[str, str | list[str]]:
    """Return the licence by its identifier there; one that has none under ``license_name``."""
    known = [each.lower() for each in stated]
    if not known or all(each in _LICENCES for each in known):
        return {"license": _several(known)}
    return {"license": "other", "license_name": safe(" AND ".join(stated), _TEXT_MOST)}


def _library(detail: VersionDetail) -> str:
    told = detail.version.tags.get("library_name", "")
    if told:
        return safe(told, _TEXT_MOST)
    framework = detail.inspection.framework.lower().split()
    named = _LIBRARIES.get(framework[0], "") if framework else ""
    return named or _FORMATS.get(detail.inspection.format, "")


_TOLD_ELSEWHERE = ("license", "licence", "license_name", "library_name", "pipeline_tag", "language")


def _tags(tags: Any) -> Iterable[str]:  # noqa: ANN401 - a mapping of text to text
    """Yield tags as Hugging Face has them; those that a card brought along as they stood there."""
    for name, value in sorted(tags.items()):
        if name.startswith(_CARD_TAG):
            yield name.removeprefix(_CARD_TAG)
        elif name not in _TOLD_ELSEWHERE:
            yield f"{name}:{value}"


def _index(facts: CardFacts, task: str) -> list[dict[str, Any]]:
    """Return the results: metrics that were measured on the same part of a data set together."""
    detail = facts.detail
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for name, value in sorted(detail.version.metrics.items())[:RESULTS_MOST]:
        source = detail.metric_sources.get(name)
        data = source.dataset if source and source.dataset else ""
        part = source.slice if source and source.slice else ""
        shown = safe(name, _TEXT_MOST)
        groups.setdefault((data, part), []).append({"type": shown, "name": shown, "value": value})
    if not groups:
        return []
    named = {each.name: each for each in detail.datasets}
    results = [
        {
            "task": {"type": task},
            "dataset": _dataset(data, part, named.get(data)),
            "metrics": metrics,
        }
        for (data, part), metrics in groups.items()
    ]
    return [{"name": safe(detail.version.reference, _TEXT_MOST), "results": results}]


def _dataset(name: str, part: str, known: Dataset | None) -> dict[str, Any]:
    shown = safe(name, _TEXT_MOST) or "unknown"
    found: dict[str, Any] = {"name": shown, "type": shown}
    if known is not None and known.split:
        found["split"] = safe(known.split, _TEXT_MOST)
    if known is not None and known.version:
        found["revision"] = safe(known.version, _TEXT_MOST)
    if part:
        found["args"] = {"slice": safe(part, _TEXT_MOST)}
    return found
