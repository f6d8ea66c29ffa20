"""YAML from strangers: plain mappings, lists and texts; nothing that grows, links or is typed."""

from __future__ import annotations

from modelshelf.formats.trouble import LimitReached, Malformed

_MOST = 1024 * 1024
_DEEPEST = 32
_MOST_NODES = 10_000
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


def parse_mapping(data: bytes) -> dict[str, object]:
    """Return the one mapping in ``data``; its scalars are texts as they stand, or None for null.

    Of YAML 1.1 only the part that means the same to everybody: no anchors, aliases, tags, merge
    keys, further documents or keys that occur twice.

    Raises:
        Malformed: It is anything else.
        LimitReached: It is longer than 1 MiB, deeper than 32 or has more than 10,000 nodes.
    """
    import yaml  # only one family of files needs it

    if len(data) > _MOST:
        raise LimitReached(f"a YAML text of {len(data):,} bytes, {_MOST:,} are read")
    builder = _Builder()
    try:
        for event in yaml.parse(data.decode(), Loader=yaml.SafeLoader):
            if getattr(event, "anchor", None):
                raise Malformed("the YAML text has an anchor or an alias")
            if getattr(event, "tag", None):
                raise Malformed("the YAML text has a tag")
            _pass_on(event, builder)
    except yaml.YAMLError as error:
        raise Malformed(f"the YAML text cannot be read: {str(error)[:200]}") from error
    return builder.document()


def _pass_on(event: object, builder: _Builder) -> None:
    kind = type(event).__name__
    if kind == "DocumentStartEvent":
        builder.begin()
    elif kind == "MappingStartEvent":
        builder.open({})
    elif kind == "SequenceStartEvent":
        builder.open([])
    elif kind in {"MappingEndEvent", "SequenceEndEvent"}:
        builder.close()
    elif kind == "ScalarEvent":
        text = str(getattr(event, "value", ""))
        plain = not getattr(event, "style", None)
        builder.add(None if plain and text in _NULLS else text)


class _Builder:
    """Puts the nodes together, with the open ones on a list and not on Python's own stack."""

    def __init__(self) -> None:
        self._documents = 0
        self._nodes = 0
        self._root: object = None
        self._open: list[dict[str, object] | list[object]] = []
        self._keys: list[str | None] = []

    def begin(self) -> None:
        """Begin a document, of which there is one."""
        self._documents += 1
        if self._documents > 1:
            raise Malformed("the YAML text has several documents")

    def open(self, node: dict[str, object] | list[object]) -> None:
        """Begin a mapping or list."""
        self.add(node)
        self._open.append(node)
        self._keys.append(None)
        if len(self._open) > _DEEPEST:
            raise LimitReached(f"the YAML text is nested more than {_DEEPEST} deep")

    def close(self) -> None:
        """End it."""
        self._open.pop()
        self._keys.pop()

    def add(self, node: object) -> None:
        """Take in a key or a value."""
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise LimitReached(f"the YAML text has more than {_MOST_NODES:,} nodes")
        if not self._open:
            self._root = node
            return
        parent = self._open[-1]
        if isinstance(parent, list):
            parent.append(node)
        elif (key := self._keys[-1]) is None:
            self._keys[-1] = _checked_key(node, parent)
        else:
            parent[key] = node
            self._keys[-1] = None

    def document(self) -> dict[str, object]:
        """Return the mapping that the text is."""
        if not isinstance(self._root, dict):
            raise Malformed("the YAML text is not a mapping")
        return self._root


def _checked_key(node: object, parent: dict[str, object]) -> str:
    if not isinstance(node, str) or node == "<<":
        raise Malformed("a key of the YAML text is not a text, or merges another mapping")
    if node in parent:
        raise Malformed(f"the key {node[:200]!r} occurs twice")
    return node
