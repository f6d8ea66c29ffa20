"""Everything that is told about an HDF5 file: its datasets, its root's attributes, its dangers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO

from modelshelf.domain.inspection import Finding
from modelshelf.formats import findings as say
from modelshelf.formats.hdf5.attributes import Attribute
from modelshelf.formats.hdf5.dataset import Dataset
from modelshelf.formats.hdf5.tree import Item, Tree
from modelshelf.formats.pickles.scan import StreamOpener, looks_like_pickle, scan
from modelshelf.formats.pickles.stream import ByteStream
from modelshelf.formats.reading import Reader
from modelshelf.formats.strict_json import MOST
from modelshelf.formats.trouble import LimitReached

# The root's attributes that are read as a whole, because Keras keeps its configuration in them.
LONG = frozenset({"model_config", "training_config"})
_MOST_SAID = 20
_MOST_TEXT = 2_000
_MOST_ATTRIBUTES = 1_000
_MOST_PICKLES = 1_000
_SHORTEST_PICKLE, _LONGEST_PICKLE = 4, 1024 * 1024
# How libraries on top of HDF5 mark datasets whose elements they unpickle.
_PICKLED = {("PSEUDOATOM", "object"), ("base_type", "pickle"), ("base_type", "b'pickle'")}

Value = str | int | float


@dataclass(slots=True)
class Survey:
    """What walking the whole tree found.

    Attributes:
        version: Of its superblock.
        tail: Number of bytes behind the end that it states.
        root: Attributes of the root group.
        datasets: By path, in the order of the tree.
        groups: Paths of the groups in the root.
        findings: What is wrong with it, or leads out of it.
        finished: Whether all of it was looked at.
    """

    version: int
    tail: int = 0
    root: dict[str, list[Value]] = field(default_factory=dict)
    datasets: dict[str, Dataset] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    finished: bool = True

    def text(self, name: str) -> str:
        """Return a text among the root's attributes, or nothing."""
        values = self.root.get(name, [])
        return values[0] if len(values) == 1 and isinstance(values[0], str) else ""

    @property
    def plugins(self) -> tuple[str, ...]:
        """The filters that reading takes and HDF5 does not bring itself, sorted."""
        return tuple(sorted({name for each in self.datasets.values() for name in each.plugins}))


def survey(reader: Reader, where: str) -> Survey:
    """Walk an HDF5 file.

    Args:
        reader: The file.
        where: Its name for the findings.

    Raises:
        Malformed: It breaks a rule of the format.
    """
    tree = Tree(reader)
    found = Survey(tree.superblock.version, reader.size - tree.superblock.end)
    judge = _Judge(tree, where, found.findings)
    try:
        for item in tree.items():
            judge.item(item)
            _note(item, tree, found)
    except LimitReached as error:
        found.findings.append(say.warning("hdf5.limit", where, error.detail))
        found.finished = False
    if tree.superblock.driver:
        tree.storage.unread.add("files that are spread over several")
    for what in sorted(tree.storage.unread):
        found.findings.append(say.warning("hdf5.not_read", where, f"{what} are not looked into"))
    if found.plugins:
        detail = f"reading it takes {', '.join(found.plugins)}"
        found.findings.append(say.warning("hdf5.plugin", where, detail))
    return found


def _note(item: Item, tree: Tree, found: Survey) -> None:
    if not item.path:
        found.root = {
            each.name: tree.values(each, MOST + 1 if each.name in LONG else _MOST_TEXT)
            for each in item.attributes[:_MOST_ATTRIBUTES]
        }
    if item.dataset is not None:
        found.datasets[item.path] = item.dataset
    elif "/" not in item.path:
        found.groups.add(item.path)


class _Judge:
    """Collects what leads out of a file, and pickles in its attributes."""

    def __init__(self, tree: Tree, where: str, findings: list[Finding]) -> None:
        self._tree = tree
        self._where = where
        self._findings = findings
        self._said: dict[str, int] = {}
        self._pickles = 0

    def item(self, item: Item) -> None:
        """Judge one object."""
        place = f"{self._where}: {item.path or '/'}"
        for link in item.outside:
            detail = f"{link.name!r} is to be read from the file {link.file!r}"
            self._say(say.dangerous("hdf5.external_link", place, detail))
        dataset = item.dataset
        if dataset is not None and dataset.files:
            detail = f"its elements are to be read from the file {dataset.files[0]!r}"
            self._say(say.dangerous("hdf5.external_data", place, detail))
        if dataset is not None and dataset.layout == "virtual":
            detail = "it is put together from datasets of other files"
            self._say(say.dangerous("hdf5.virtual", place, detail))
        for attribute in item.attributes:
            self._attribute(attribute, place)

    def _attribute(self, attribute: Attribute, place: str) -> None:
        """Judge an attribute; PyTables unpickles those that are pickles."""
        marks = {(attribute.name, value) for value in self._short(attribute)}
        if marks & _PICKLED:
            detail = "its elements are pickles, which the library that wrote it loads"
            self._say(say.warning("hdf5.pickled", place, detail))
        for data in self._texts(attribute):
            if len(data) >= _SHORTEST_PICKLE and looks_like_pickle(data, whole=True):
                self._scan(data, f"{place}, attribute {attribute.name!r}")

    def _scan(self, data: bytes, place: str) -> None:
        self._pickles += 1
        if self._pickles > _MOST_PICKLES:
            raise LimitReached(f"more than {_MOST_PICKLES:,} attributes that may be pickles")
        scanned = scan(_opener(data), place)
        if scanned.reading.seen.globals or not scanned.finished:
            for finding in scanned.findings:
                self._say(finding)

    def _texts(self, attribute: Attribute) -> list[bytes]:
        """Return the bytes of an attribute that is one text or one piece of raw bytes."""
        kind = attribute.datatype
        if attribute.shape != () or not (kind.text or kind.name.startswith("V")):
            return []
        if not kind.variable:
            return [attribute.data.rstrip(b"\x00")]
        return [str(value).encode() for value in self._tree.values(attribute, _LONGEST_PICKLE)]

    def _short(self, attribute: Attribute) -> list[Value]:
        named = attribute.name in {"PSEUDOATOM", "base_type"}
        return self._tree.values(attribute) if named else []

    def _say(self, finding: Finding) -> None:
        self._said[finding.rule] = self._said.get(finding.rule, 0) + 1
        if self._said[finding.rule] <= _MOST_SAID:
            self._findings.append(finding)


def _opener(data: bytes) -> StreamOpener:
    @contextmanager
    def opener() -> Iterator[ByteStream]:
        yield ByteStream(BytesIO(data))

    return opener
