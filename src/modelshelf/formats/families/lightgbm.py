"""LightGBM models: a text of named lines, then the trees, then the settings of the training."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from modelshelf.domain.content import ContentKind
from modelshelf.domain.inspection import Finding, Inspection, TensorSpec
from modelshelf.formats import findings as say
from modelshelf.formats.interface import CERTAIN, Extent
from modelshelf.formats.reading import Reader
from modelshelf.formats.source import Source
from modelshelf.formats.trouble import Cut, LimitReached, Malformed

_BEGINS = re.compile(rb"tree\r?\nversion=(v\d{1,4})\r?\n")
_CHUNK = 1024 * 1024
_MOST_HEADER = 32 * 1024 * 1024
_MOST_TAIL = 8 * 1024 * 1024
_MOST_TREES = 200_000
_END_OF_TREES = b"end of trees"
_TREE = re.compile(rb"Tree=(\d{1,10})\r?\nnum_leaves=(\d{1,10})\r?\n")
_TREE_HEAD = 64
_SETTING = re.compile(r"\[(\w{1,60}): (.*)\]\r?")
# Of some hundred and twenty settings, the ones that people compare first.
_TELLING = (
    "boosting", "data_sample_strategy", "learning_rate", "num_iterations", "num_leaves",
    "max_depth", "min_data_in_leaf", "lambda_l1", "lambda_l2", "feature_fraction",
    "bagging_fraction", "max_bin", "seed", "linear_tree",
)  # fmt: skip
_PER_CLASS = frozenset({"multiclass", "multiclassova"})


@dataclass(slots=True)
class _Trees:
    count: int = 0
    leaves: int = 0
    limit: str = ""


@dataclass(frozen=True, slots=True)
class Lightgbm:
    """Source of the format: ``GBDT::SaveModelToString`` in src/boosting/gbdt_model_text.cpp."""

    name: ClassVar[str] = "lightgbm"
    kind: ClassVar[ContentKind] = "file"

    def sniff(self, head: bytes, source: Source) -> int:  # noqa: ARG002 - the interface
        """See :meth:`Inspector.sniff`: its first two lines."""
        return CERTAIN if _BEGINS.match(head) else 0

    def inspect(self, source: Source) -> Inspection:
        """See :meth:`Inspector.inspect`."""
        with Reader.of(source.only) as reader:
            header = _read_header(reader)
            trees = _read_trees(reader, _sizes(header))
            settings = _settings(reader)
        found = tuple(_limits(trees, source.name))
        return Inspection(
            self.name,
            framework="LightGBM",
            inputs=tuple(_inputs(header)),
            outputs=tuple(_outputs(header)),
            metadata=_metadata(header, trees, settings),
            verdict=say.judge(found),
            findings=found,
            version=header.get("version", ""),
            architecture=settings.get("boosting", "rf" if "average_output" in header else ""),
        )

    def extent(self, source: Source) -> Extent:
        """See :meth:`Measuring.extent`: the sizes of the trees, and marks at the end of a part."""
        with Reader.of(source.only) as reader:
            sizes = _sizes(_read_header(reader))
            least = reader.position + sum(sizes) + len(_END_OF_TREES) + 1
            if sizes and least > reader.size:
                return Extent(least, whole=False)
            return Extent(whole=_has_ended(reader))


def _read_header(reader: Reader) -> dict[str, str]:
    """Return the named lines in front of the trees, and stand where the first one begins."""
    data = b""
    end = -1
    while end < 0:
        if len(data) > _MOST_HEADER:
            raise LimitReached(f"more than {_MOST_HEADER:,} bytes in front of the trees")
        part = reader.take(min(_CHUNK, reader.remaining))
        if not part:
            raise Cut("it ends in front of the trees")
        seen = max(len(data) - 8, 0)
        data += part
        end = min((at for at in _blank_lines(data, seen) if at >= 0), default=-1)
    reader.seek(end)
    header: dict[str, str] = {}
    for line in data[:end].decode().split("\n")[1:]:
        key, _, value = line.rstrip("\r").partition("=")
        if key in header:
            raise Malformed(f"the line {key[:80]!r} occurs twice")
        if key:
            header[key] = value
    return header


def _blank_lines(data: bytes, start: int) -> Iterator[int]:
    for blank in (b"\n\n", b"\r\n\r\n"):
        at = data.find(blank, start)
        yield at + len(blank) if at >= 0 else -1


def _number(header: dict[str, str], key: str) -> int:
    text = header.get(key, "0")
    if not text.isascii() or not text.isdigit() or len(text) > 18:  # noqa: PLR2004 - 64 bits
        raise Malformed(f"{key} is {text[:40]!r} and no number")
    return int(text)


def _sizes(header: dict[str, str]) -> list[int]:
    texts = header.get("tree_sizes", "").split()
    if any(not text.isascii() or not text.isdigit() or len(text) > 18 for text in texts):  # noqa: PLR2004 - 64 bits
        raise Malformed("a size of a tree is no number")
    return [int(text) for text in texts]


def _read_trees(reader: Reader, sizes: list[int]) -> _Trees:
    """Count trees and leaves, and stand where they end."""
    found = _Trees()
    if not sizes:  # as in files of the first years
        _search_trees(reader, found)
        return found
    found.count = len(sizes)
    start = reader.position
    if sum(sizes) > reader.remaining:
        raise Cut(f"the trees take {sum(sizes):,} bytes, {reader.remaining:,} are there")
    for number, size in enumerate(sizes):
        if number == _MOST_TREES:
            found.limit = f"{len(sizes):,} trees, {_MOST_TREES:,} are looked at"
            break
        match = _TREE.match(reader.peek(min(size, _TREE_HEAD)))
        if match is None or int(match[1]) != number:
            raise Malformed(f"tree {number:,} does not begin where the sizes say")
        found.leaves += int(match[2])
        reader.skip(size)
    reader.seek(start + sum(sizes))
    return found


def _search_trees(reader: Reader, found: _Trees) -> None:
    rest = b""
    while True:
        start = reader.position - len(rest)
        data = rest + reader.take(min(_CHUNK, reader.remaining))
        end = data.find(_END_OF_TREES)
        stop = len(data) if end < 0 and reader.remaining == 0 else end
        stop = len(data) - _TREE_HEAD if stop < 0 else stop
        for match in _TREE.finditer(data):
            if match.start() < stop:
                found.count += 1
                found.leaves += int(match[2])
        if end >= 0:
            reader.seek(start + end)
            return
        if not reader.remaining:
            raise Cut("it ends inside the trees")
        rest = data[max(stop, 0) :]


def _settings(reader: Reader) -> dict[str, str]:
    """Return the settings of the training, which stand behind the trees."""
    tail = reader.take(min(_MOST_TAIL, reader.remaining))
    if not tail.startswith(_END_OF_TREES):
        raise Malformed("the trees do not end where the sizes say")
    _, _, rest = tail.decode("utf-8", "replace").partition("\nparameters:")
    found: dict[str, str] = {}
    for line in rest.partition("\nend of parameters")[0].splitlines():
        if match := _SETTING.fullmatch(line):
            found[match[1]] = match[2]
    categories = tail.decode("utf-8", "replace").rpartition("\npandas_categorical:")[2].strip()
    if categories.startswith("[") and categories != "[]":
        found["pandas_categorical"] = categories
    return found


def _has_ended(reader: Reader) -> bool | None:
    """Tell whether what stands behind the trees is there as far as its own marks go."""
    reader.seek(max(reader.size - _MOST_TAIL, 0))
    tail = reader.take(reader.remaining)
    last = tail.rpartition(b"\npandas_categorical:")
    if last[1]:
        return tail.endswith(b"\n") or _is_json(last[2])
    opened = b"\nparameters:" in tail and b"\nend of parameters" not in tail
    return False if opened or _END_OF_TREES not in tail else None


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


def _inputs(header: dict[str, str]) -> Iterator[TensorSpec]:
    ranges = header.get("feature_infos", "").split(" ")
    names = header.get("feature_names", "")
    for number, name in enumerate(names.split(" ") if names else []):
        values = ranges[number] if number < len(ranges) else ""
        # "[low:high]" for numbers, "none" where it was not used, else the codes of the categories.
        numeric = values.startswith("[") or values in {"", "none"}
        yield TensorSpec(name, "float64" if numeric else "category", ())


def _outputs(header: dict[str, str]) -> Iterator[TensorSpec]:
    objective = header.get("objective", "").split()
    if objective:
        classes = _number(header, "num_class") if objective[0] in _PER_CLASS else 0
        yield TensorSpec("prediction", "float64", (None, classes) if classes > 1 else (None,))


def _metadata(header: dict[str, str], trees: _Trees, settings: dict[str, str]) -> dict[str, str]:
    each = max(_number(header, "num_tree_per_iteration"), 1)
    features = _number(header, "max_feature_idx") + 1
    told = {
        "objective": header.get("objective", ""),
        "num_class": header.get("num_class", ""),
        "num_feature": str(features),
        "trees": str(trees.count),
        "rounds": str(trees.count // each),
        "leaves": "" if trees.limit else str(trees.leaves),
    }
    told |= {key: settings.get(key, "") for key in (*_TELLING, "pandas_categorical")}
    return {key: text for key, text in told.items() if text}


def _limits(trees: _Trees, where: str) -> Iterator[Finding]:
    if trees.limit:
        yield say.warning("lightgbm.limit", where, f"leaves were not counted: {trees.limit}")
