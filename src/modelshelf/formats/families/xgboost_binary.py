"""XGBoost's first format: C structures one after the other, with room for fields to come."""

from __future__ import annotations

import re
import struct

from modelshelf.formats.families.xgboost_learner import Learner
from modelshelf.formats.reading import Reader
from modelshelf.formats.trouble import LimitReached, Malformed

_MAGIC = b"binf"  # not there in files of the first years
# base score, features, classes, two flags, version of XGBoost, targets
_LEARNER = struct.Struct("<fIiiiIII104x")
# trees, trees in parallel, features, prediction buffer, output groups, size of a leaf
_TREES = struct.Struct("<iii4xqii128x")
# roots, nodes, deleted nodes, depth, features, size of a leaf
_TREE = struct.Struct("<6i124x")
# features, output groups
_LINEAR = struct.Struct("<Ii128x")
_NODE, _STATISTIC, _FLOAT = 20, 16, 4
_MOST_NAME = 1_000
_MOST_ATTRIBUTES = 10_000
_MOST_TREES = 1_000_000
_OBJECTIVE = re.compile(rb"[a-z]{3,12}:[a-z0-9_-]{3,40}|dummy")
_BOOSTERS = frozenset({b"gbtree", b"dart", b"gblinear"})


def begins_binary(head: bytes) -> bool:
    """Tell whether a file begins as a learner's parameters and the names of its parts."""
    at = _LEARNER.size + (len(_MAGIC) if head.startswith(_MAGIC) else 0)
    names: list[bytes] = []
    for _ in range(2):
        length = int.from_bytes(head[at : at + 8], "little")
        names.append(head[at + 8 : at + 8 + min(length, _MOST_NAME)])
        at += 8 + length
    objective, booster = names
    return booster in _BOOSTERS and _OBJECTIVE.fullmatch(objective) is not None


def read_binary(reader: Reader) -> Learner:
    """Return what a file in the older format says, and leave the reader at its end.

    Source: ``LearnerIO::Save`` in src/learner.cc and ``GBTreeModel::Save`` in
    src/gbm/gbtree_model.cc of XGBoost 2.1.
    """
    if reader.peek(len(_MAGIC)) == _MAGIC:
        reader.skip(len(_MAGIC))
    fields = _LEARNER.unpack(reader.take(_LEARNER.size))
    base, features, classes, has_attributes, has_metrics, major, minor, targets = fields
    found = Learner(
        version=f"{major}.{minor}" if major else "",
        parameters={
            "num_feature": str(features),
            "num_class": str(max(classes, 0)),
            "num_target": str(targets),
            "base_score": f"{base:g}",
        },
    )
    found.objective, found.booster = _text(reader), _text(reader)
    if found.booster == "gblinear":
        _read_linear(reader, found)
    else:
        _read_trees(reader, found)
    if has_attributes:
        found.attributes = _attributes(reader)
    if has_metrics:
        for _ in range(_count(reader, _MOST_ATTRIBUTES)):
            _text(reader)
    return found


def _read_linear(reader: Reader, found: Learner) -> None:
    reader.take(_LINEAR.size)
    found.weights = reader.u64()
    _over(reader, found.weights * _FLOAT)


def _read_trees(reader: Reader, found: Learner) -> None:
    trees, parallel = _TREES.unpack(reader.take(_TREES.size))[:2]
    if not 0 <= trees <= _MOST_TREES:
        raise LimitReached(f"{trees:,} trees, {_MOST_TREES:,} are looked at")
    for _ in range(trees):
        nodes, deleted, leaf = _read_tree(reader)
        found.nodes += nodes - deleted
        found.trees += 1
        if leaf > 1:
            _over(reader, reader.u64() * _FLOAT)
    found.parameters["num_trees"] = str(trees)
    found.parameters["num_parallel_tree"] = str(max(parallel, 0))
    _over(reader, trees * _FLOAT)  # the output group of each
    if found.booster == "dart" and trees:
        _over(reader, reader.u64() * _FLOAT)


def _read_tree(reader: Reader) -> tuple[int, int, int]:
    _, nodes, deleted, _, _, leaf = _TREE.unpack(reader.take(_TREE.size))
    if nodes < 0 or not 0 <= deleted <= nodes:
        raise Malformed(f"a tree has {nodes:,} nodes, of which {deleted:,} are deleted")
    _over(reader, nodes * (_NODE + _STATISTIC))
    return nodes, deleted, leaf


def _attributes(reader: Reader) -> dict[str, str]:
    return {_text(reader): _text(reader) for _ in range(_count(reader, _MOST_ATTRIBUTES))}


def _count(reader: Reader, most: int) -> int:
    count = reader.u64()
    if count > most:
        raise LimitReached(f"{count:,} attributes, {most:,} are looked at")
    return count


def _text(reader: Reader) -> str:
    return reader.take(reader.u64()).decode()


def _over(reader: Reader, count: int) -> None:
    if count > reader.remaining:
        reader.take(count)  # says how much is missing
    reader.skip(count)
