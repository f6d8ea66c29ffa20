"""The schema of a skops file: every class, function and method that loading would use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from modelshelf.domain.inspection import UNKNOWN_GLOBAL, Finding
from modelshelf.formats import findings as say
from modelshelf.formats.pickles.classes import classify
from modelshelf.formats.pickles.values import Global
from modelshelf.formats.trouble import Malformed
from modelshelf.formats.walking import Scalar, Walk

_MODULE, _CLASS, _LOADER = "__module__", "__class__", "__loader__"
_LOADERS = frozenset(
    """
    BytearrayNode BytesNode CachedNode ConstructorFromReduceNode DTypeNode DefaultDictNode DictNode
    FunctionNode JsonNode ListNode LossNode MaskedArrayNode MethodNode NdArrayNode ObjectNode
    OperatorFuncNode PartialNode QuantileForestNode RandomGeneratorNode RandomStateNode SGDNode
    SetNode SliceNode SparseMatrixNode TreeNode TupleNode TypeNode _DictWithDeprecatedKeysNode
    """.split()  # noqa: SIM905 - one text is easier to read than quoted words
)
# Keys that only hold a node's parts together and are no attributes of the object.
_HOLDERS = frozenset({"content", "attrs"})
# Of the parts of a node, what the node around it has to know.
_TOLD = {"content": ("func", "obj"), "obj": (_MODULE, _CLASS)}
_FACTS = ("_sklearn_version", "n_features_in_")
_MOST_NAMES = 100_000

Path = tuple[str, ...]
Told = dict[str, Scalar]


@dataclass(slots=True)
class Schema:
    """What was seen on a walk through the whole schema.

    Attributes:
        globals: What is imported, with the place where it is first used.
        loaders: The kinds of nodes, with the place of the first.
        methods: Methods that are taken from objects, with their place.
        faults: What no honest file holds, with its place.
        files: Members that hold arrays or bytes, with the place of their object.
        facts: What scikit-learn notes in its objects, of the outermost object that has it.
        features: Names of the columns the model was fitted on.
        features_of: Where they stand; the same names stand at several steps.
        steps: Classes of a pipeline's steps by their place, in order.
        root: Class of the stored object.
        protocol: Version of the format.
        producer: Version of skops.
    """

    globals: dict[Global, str] = field(default_factory=dict)
    loaders: dict[str, str] = field(default_factory=dict)
    methods: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    features: list[str] = field(default_factory=list)
    features_of: Path | None = None
    steps: dict[str, str] = field(default_factory=dict)
    root: Global | None = None
    protocol: str = ""
    producer: str = ""


def read_schema(walk: Walk) -> Schema:
    """Return what is in a schema.json.

    Source of the format: skops/io/_audit.py, _general.py, _numpy.py and _sklearn.py.
    """
    found = Schema()
    told = _node(walk, (), found)
    found.protocol = str(told.get("protocol", ""))
    found.producer = str(told.get("_skops_version", ""))
    if found.root is None:
        raise Malformed("its schema names no class")
    return found


def _node(walk: Walk, path: Path, found: Schema) -> Told:
    """Take in one value and all below it, and return the scalars that are told about it."""
    kind = walk.kind()
    if kind == "list":
        for number in walk.items():
            _node(walk, (*path, str(number)), found)
        return {}
    if kind != "object":
        return {"": walk.scalar()}
    told: Told = {}
    for key in walk.members():
        inner = _node(walk, path if key in _HOLDERS else (*path, key), found)
        if "" in inner:
            told[key] = inner[""]
        for name in _TOLD.get(key, ()):
            told |= {f"{key}.{n}": v for n, v in inner.items() if n.partition(".")[0] == name}
    if told.keys() & {_CLASS, _LOADER}:
        _note(told, path, found)
    return told


def _note(told: Told, path: Path, found: Schema) -> None:
    module, name, loader = (told.get(key) for key in (_MODULE, _CLASS, _LOADER))
    where = ".".join(path)
    if not isinstance(module, str) or not isinstance(name, str) or not isinstance(loader, str):
        raise Malformed(f"a node at {where!r} lacks its module, class or loader")
    symbol = Global(module, name)
    found.globals.setdefault(symbol, where)
    found.loaders.setdefault(loader, where)
    # What an object consists of is noted at the same place before the object itself.
    if not path:
        found.root = symbol
    if len(path) == 3 and path[0] == "steps" and path[2] == "1":  # noqa: PLR2004 - number, (name, step)
        found.steps[where] = name
    if isinstance(file := told.get("file"), str):
        found.files.setdefault(file, where)
    if loader == "MethodNode":
        _note_method(told, symbol, where, found)
    elif loader == "OperatorFuncNode" and module != "operator":
        found.faults[f"{symbol} is said to be of the module operator"] = where
    elif loader == "JsonNode":
        _note_value(told.get("content"), path, found)


def _note_method(told: Told, symbol: Global, where: str, found: Schema) -> None:
    method, owner = str(told.get("content.func")), symbol
    module, name = told.get(f"content.obj.{_MODULE}"), told.get(f"content.obj.{_CLASS}")
    if isinstance(module, str) and isinstance(name, str):
        owner = Global(module, name)
    if owner != symbol:  # the names that are shown for approval would not be those that are used
        found.faults[f"a method of {symbol} belongs to {owner}"] = where
    if method.startswith("_") or not method.isidentifier():
        found.faults[f"{method!r} is taken from an object of {owner}"] = where
    found.methods.setdefault(f"{owner}.{method}", where)


def _note_value(content: object, path: Path, found: Schema) -> None:
    if not path or not isinstance(content, str):
        return
    if path[-1] in _FACTS:
        found.facts.setdefault(path[-1], content.strip('"'))
    elif path[-2:-1] == ("feature_names_in_",) and path[-1].isdigit():
        found.features_of = found.features_of or path[:-1]
        if path[:-1] == found.features_of and len(found.features) < _MOST_NAMES:
            found.features.append(_text(content))


def _text(content: str) -> str:
    try:
        return str(json.loads(content))
    except (ValueError, RecursionError) as error:
        raise Malformed("the name of a feature is no JSON") from error


def judge_schema(found: Schema, where: str) -> Iterator[Finding]:
    """Yield what a person should know before the file is loaded."""
    for sentence, place in found.faults.items():
        yield say.dangerous("skops.malformed", f"{where} at {place}", sentence)
    for symbol, place in found.globals.items():
        sort = classify(symbol)
        if sort == "dangerous":
            yield say.dangerous("pickle.global.dangerous", f"{where} at {place}", str(symbol))
        elif sort != "known":
            yield say.warning(UNKNOWN_GLOBAL, f"{where} at {place}", str(symbol))
    for method, place in found.methods.items():
        yield say.warning(UNKNOWN_GLOBAL, f"{where} at {place}", method)
    for loader, place in found.loaders.items():
        if loader not in _LOADERS:
            detail = f"the loader {loader!r} is not one of skops"
            yield say.warning("skops.loader", f"{where} at {place}", detail)
