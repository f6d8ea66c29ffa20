"""What comparing the metadata of eight versions costs a program that has the registry open."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from statistics import median

from benchmarks.rows import Row
from benchmarks.shelf import Shelf, store
from benchmarks.timing import interleaved, times
from modelshelf import open_registry
from modelshelf.catalog import driver
from modelshelf.catalog.database import CATALOG
from modelshelf.domain.content import Content, FileEntry
from modelshelf.domain.inspection import Inspection, TensorEntry, Weights
from modelshelf.domain.provenance import Code, Dataset, Details, Environment
from modelshelf.registry.registering import Draft

_VERSIONS = 8
_METRICS, _PARAMS, _PACKAGES, _FILES, _TENSORS, _CARD = 50, 40, 300, 100, 200, 80
_ROUNDS = 15
_MOST_MS = 20.0
_TEXTS = "SELECT inspection FROM version_text UNION ALL SELECT environment FROM version_text"


def main(shelf: Shelf) -> list[Row]:
    """Measure `comparisons.compare` against reading the JSON of the same versions."""
    path = shelf.folder / "compared"
    references = [f"churn:v{number}" for number in range(1, _VERSIONS + 1)]
    with open_registry(path, actor="bench", create=True) as registry:
        registry.versions.register_many(_drafts(store(registry)))
        catalog = driver.open_reader(path / CATALOG)
        compare = registry.comparisons.compare
        works = {
            "eight": lambda: compare(references),
            "two": lambda: compare(references[:2]),
            "raw": lambda: [json.loads(text) for (text,) in catalog.execute(_TEXTS)],
        }
        interleaved(works, 2)
        seconds = interleaved(works, _ROUNDS)
        catalog.close()
    return [
        _row("compare metadata of 8 versions", seconds["eight"], seconds["raw"]),
        _row("compare metadata of 2 versions", seconds["two"], seconds["raw"]),
    ]


def _row(work: str, seconds: list[float], raw: list[float]) -> Row:
    each, least = (median(s) * 1e3 for s in (seconds, raw))
    return Row(
        work,
        each,
        "ms",
        f"reading the JSON of tensors and packages of 8: {least:.1f} ms",
        times(seconds, raw),
        f"<= {_MOST_MS:g} ms",
        each <= _MOST_MS,
    )


def _drafts(stored: FileEntry) -> Iterator[Draft]:
    """Yield versions as a fine-tuned network has them: half of everything changes each time."""
    values = random.Random(1)
    for number in range(1, _VERSIONS + 1):
        files = tuple(
            FileEntry(f"part-{n:03}.bin", 1_000 + n, _digest("file", n, number * (n % 2)))
            for n in range(_FILES)
        )
        tensors = tuple(
            TensorEntry(
                f"encoder.layer.{n // 8}.attention.{n % 8}.weight", "float32", (768, 768),
                _digest("tensor", n, number * (n % 2)),
            )
            for n in range(_TENSORS)
        )  # fmt: skip
        yield Draft(
            "churn",
            Content("folder", "model", _digest("content", number), 100_000, (stored, *files)),
            Inspection(
                "safetensors", tensors=_TENSORS,
                weights=Weights(_digest("weights", number), tensors, _TENSORS),
            ),
            Details(
                metrics={f"metric-{n}": values.random() for n in range(_METRICS)},
                params={f"param-{n}": repr(n * (1 + number * (n % 2))) for n in range(_PARAMS)},
                card=_card(number),
                code=Code("git@example.org:churn", _digest("commit", number)[:40]),
                datasets=(Dataset("customers", version=str(number), rows=1_000 * number),),
                environment=Environment(
                    "3.12.4", "linux",
                    {f"package-{n}": f"1.{number * (n % 2)}" for n in range(_PACKAGES)},
                ),
                base="churn:v1" if number > 1 else None,
            ),
            "model",
        )  # fmt: skip


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _card(number: int) -> str:
    lines = [f"Line {n} of {number if n % 10 == 0 else 'all'}." for n in range(_CARD)]
    return f"---\nlicense: mit\nlanguage: en\n---\n# Churn {number}\n\n" + "\n".join(lines) + "\n"
