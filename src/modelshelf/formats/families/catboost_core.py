"""The FlatBuffers table inside a CatBoost file: features, trees and what stands beside them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from modelshelf.formats.reading import Reader
from modelshelf.formats.trouble import LimitReached, Malformed

MAGIC = b"CBM1"
_FULL32 = 0xFFFFFFFF
_MOST_TEXT = 8 * 1024 * 1024
_MOST_ITEMS = 1_000_000
# Fields of TModelCore, TModelTrees and the tables of features in model.fbs and features.fbs.
_FORMAT_VERSION, _TREES, _INFO, _PARTS = 0, 1, 2, 3
_DIMENSION, _TREE_SIZES, _LEAF_VALUES = 0, 2, 8
_FEATURES = {5: "float32", 4: "category", 12: "text", 18: "embedding"}
_FLAT_INDEX = {"float32": 2}  # of the others it is 1, and their name the field behind it
_NAME = {"float32": 4}


@dataclass(slots=True)
class Core:
    """One model.

    Attributes:
        version: Of the table's layout, in the file's words.
        dimension: How many numbers a prediction has.
        trees: Number of trees.
        leaves: Number of leaves of all trees.
        features: Name and type by the place in the table of features.
        info: What was written beside the trees: settings, classes, dates.
        parts: Names of further parts behind the table.
        end: The byte where the table ends.
    """

    version: str = ""
    dimension: int = 1
    trees: int = 0
    leaves: int | None = None
    features: dict[int, tuple[str, str]] = field(default_factory=dict)
    info: dict[str, object] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    end: int = 0


def core_extent(reader: Reader) -> tuple[int, int]:
    """Return where the table of a CatBoost file begins and ends, whether it is there or not."""
    if reader.take(len(MAGIC)) != MAGIC:
        raise Malformed("it does not begin as a CatBoost model")
    size = reader.u32()
    if size == _FULL32:
        size = reader.u64()
    return reader.position, reader.position + size


def read_core(reader: Reader) -> Core:
    """Return what the table says.

    Source: catboost/libs/model/flatbuffers and ``TFullModel::Save`` in catboost/libs/model.
    """
    start, end = core_extent(reader)
    if end > reader.size:
        reader.take(end - start)  # says how much is missing
    tables = _Tables(reader, start, end)
    root = tables.root()
    found = Core(end=end)
    found.version = tables.text(root, _FORMAT_VERSION)
    found.info = {tables.text(pair, 0): tables.text(pair, 1) for pair in tables.tables(root, _INFO)}
    found.parts = [tables.text_at(place) for place in tables.references(root, _PARTS)]
    trees = tables.table(root, _TREES)
    if trees is None:
        raise Malformed("there are no trees in it")
    found.dimension = max(tables.number(trees, _DIMENSION), 1)
    found.trees = tables.count(trees, _TREE_SIZES)
    found.leaves = tables.count(trees, _LEAF_VALUES) // found.dimension
    for number, kind in _FEATURES.items():
        for feature in tables.tables(trees, number):
            place = tables.number(feature, _FLAT_INDEX.get(kind, 1), otherwise=-1)
            found.features[place] = (tables.text(feature, _NAME.get(kind, 2)), kind)
    return found


class _Tables:
    """Source of the layout: "FlatBuffer Internals" in FlatBuffers' documentation."""

    def __init__(self, reader: Reader, start: int, end: int) -> None:
        self._reader = reader
        self._start = start
        self._end = end

    def root(self) -> int:
        return self._follow(self._start)

    def table(self, table: int, number: int) -> int | None:
        place = self._place(table, number)
        return None if place is None else self._follow(place)

    def number(self, table: int, number: int, *, otherwise: int = 0) -> int:
        place = self._place(table, number)
        return otherwise if place is None else int.from_bytes(self._take(place, 4), "little")

    def count(self, table: int, number: int) -> int:
        """Return how many values a field holds."""
        vector = self.table(table, number)
        return 0 if vector is None else self._u32(vector)

    def references(self, table: int, number: int) -> Iterator[int]:
        """Yield where the tables or texts lie that a field refers to."""
        vector = self.table(table, number)
        if vector is None:
            return
        count = self._u32(vector)
        if count > _MOST_ITEMS:
            raise LimitReached(f"{count:,} entries, {_MOST_ITEMS:,} are looked at")
        places = self._take(vector + 4, count * 4)
        for index, (offset,) in enumerate(struct.iter_unpack("<I", places)):
            yield vector + 4 + index * 4 + offset

    tables = references

    def text(self, table: int, number: int) -> str:
        place = self.table(table, number)
        return "" if place is None else self.text_at(place)

    def text_at(self, place: int) -> str:
        length = self._u32(place)
        if length > _MOST_TEXT:
            raise LimitReached(f"a text of {length:,} bytes, {_MOST_TEXT:,} are read")
        return self._take(place + 4, length).decode("utf-8", "replace")

    def _place(self, table: int, number: int) -> int | None:
        """Return where a field of a table lies; nothing when it is left out."""
        start = table - int.from_bytes(self._take(table, 4), "little", signed=True)
        size = int.from_bytes(self._take(start, 2), "little")
        at = 4 + number * 2
        if at + 2 > size:
            return None
        offset = int.from_bytes(self._take(start + at, 2), "little")
        return table + offset if offset else None

    def _follow(self, place: int) -> int:
        return place + self._u32(place)

    def _u32(self, place: int) -> int:
        return int.from_bytes(self._take(place, 4), "little")

    def _take(self, place: int, count: int) -> bytes:
        if place < self._start or place + count > self._end:
            raise Malformed(f"something is said to lie at byte {place:,}, outside of the table")
        self._reader.seek(place)
        return self._reader.take(count)
