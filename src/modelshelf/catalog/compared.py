"""What a comparison asks of its versions beyond their details: single tensors, and their models."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING

from modelshelf.domain.inspection import TensorEntry

if TYPE_CHECKING:
    from modelshelf.catalog.driver import Connection

_TENSORS = """
SELECT t.version_id, json_extract(t.inspection, '$.weights.tensors')
FROM json_each(:ids) AS w CROSS JOIN version_text AS t ON t.version_id = w.value
"""
_MODELS = """
SELECT DISTINCT v.model_id
FROM json_each(:ids) AS w CROSS JOIN version AS v ON v.id = w.value
"""


def tensors_of(connection: Connection, ids: Collection[int]) -> dict[int, tuple[TensorEntry, ...]]:
    """Return the tensors that are recorded of versions, by id; none of one that has none."""
    return {
        version_id: tuple(
            TensorEntry(
                t.get("name", ""), t.get("dtype", ""), tuple(t.get("shape", ())),
                t.get("digest", ""),
            )
            for t in json.loads(tensors)
        )
        for version_id, tensors in connection.execute(_TENSORS, {"ids": json.dumps(list(ids))})
        if tensors
    }  # fmt: skip


def models_of(connection: Connection, ids: Collection[int]) -> frozenset[int]:
    """Return ids of the models that versions belong to; other ids are passed over."""
    rows = connection.execute(_MODELS, {"ids": json.dumps(list(ids))})
    return frozenset(row[0] for row in rows)
