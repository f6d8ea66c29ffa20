"""What the code says it can record of a model file: words of formats, fields, rules, severities.

It is read from the source, so that nothing has to happen before it is known. An expression is
followed through constants, choices, local names, class attributes and the calls of a function;
what cannot be known so, as the name of whichever inspector looked, is called ``<format>``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

ANY = "<format>"
_SEVERITIES = frozenset({"info", "warning", "dangerous"})
_MAKERS = "findings.py"  # where the functions are that make findings
_OWNERS = frozenset({"say", "findings", ""})  # a logger warns as well, in sentences
# What carries a rule to where a finding is made of it: which argument, and the severity it gets.
_CARRIERS: dict[str, tuple[int | str, str]] = {
    "Malformed": ("rule", "dangerous"),
    "Cut": ("rule", "dangerous"),
    "abuse": (0, "dangerous"),
    "Lost": (0, "warning"),
}


@dataclass(frozen=True)
class Place:
    """One call in the source, and the modules, classes and functions that it stands in."""

    call: ast.Call
    module: Path
    around: tuple[ast.AST, ...]

    @property
    def called(self) -> str:
        """The last part of the name that is called."""
        called = self.call.func
        if isinstance(called, ast.Attribute):
            return called.attr
        return called.id if isinstance(called, ast.Name) else ""

    @property
    def owner(self) -> str:
        """The name in front of what is called; empty when there is none."""
        called = self.call.func
        if isinstance(called, ast.Name):
            return ""
        return ast.unparse(called.value) if isinstance(called, ast.Attribute) else "?"

    def function(self, name: str) -> ast.FunctionDef | None:
        """Return the innermost function around it to which a name is local."""
        around = (each for each in reversed(self.around) if isinstance(each, ast.FunctionDef))
        return next((each for each in around if name in _local(each)), None)

    @property
    def keywords(self) -> set[str]:
        """The names of its named arguments."""
        return {each.arg for each in self.call.keywords if each.arg}

    def argument(self, which: int | str) -> ast.expr | None:
        """Return the argument at a position or with a name."""
        if isinstance(which, int) and which < len(self.call.args):
            return self.call.args[which]
        return next((each.value for each in self.call.keywords if each.arg == which), None)


class Source:
    """Python files, and what can be known of the texts in them without running any."""

    def __init__(self, texts: dict[Path, str]) -> None:
        """Parse the files."""
        self.places: list[Place] = []
        self._constants: dict[tuple[Path | None, str], ast.expr] = {}
        self._names: dict[str, ast.expr] = {}  # of classes: the value of their attribute `name`
        self._followed: set[tuple[str, str]] = set()  # local names that are being looked up
        for path, text in texts.items():
            tree = ast.parse(text)
            for name, value in _assigned(tree):
                self._constants[path, name] = self._constants[None, name] = value
            self._take(tree, path, ())

    def _take(self, node: ast.AST, path: Path, around: tuple[ast.AST, ...]) -> None:
        if isinstance(node, ast.Call):
            self.places.append(Place(node, path, around))
        if isinstance(node, ast.ClassDef) and (name := dict(_assigned(node)).get("name")):
            self._names[node.name] = name
        for child in ast.iter_child_nodes(node):
            self._take(child, path, (*around, node))

    def values(self, node: ast.expr | None, place: Place) -> set[str]:
        """Return the texts that an expression may stand for; none where nothing is known."""
        found: set[str] = set()
        match node:
            case ast.Constant(value=str(text)) if text:
                found = {text}
            case ast.BoolOp(values=parts):
                found = found.union(*(self.values(part, place) for part in parts))
            case ast.IfExp(body=one, orelse=other):
                found = self.values(one, place) | self.values(other, place)
            case ast.JoinedStr(values=parts):
                pieces = [self.values(part, place) or {ANY} for part in parts]
                found = {"".join(each) for each in product(*pieces)}
            case ast.FormattedValue(value=inner):
                found = self.values(inner, place)
            case ast.Attribute(value=ast.Name(id=owner), attr="name"):
                found = self._name_of(owner, place)
            case ast.Name(id=name):
                found = self._named(name, place)
        return found

    def _name_of(self, owner: str, place: Place) -> set[str]:
        if owner == "self":
            classes = [each.name for each in place.around if isinstance(each, ast.ClassDef)]
            owner = classes[-1] if classes else ""
        return self.values(self._names.get(owner), place)

    def _named(self, name: str, place: Place) -> set[str]:
        function = place.function(name)
        if function is None:  # of this module, or imported from another
            own = self._constants.get((place.module, name)) or self._constants.get((None, name))
            return self.values(own, place)
        key = (function.name, name)
        if key in self._followed:
            return set()
        self._followed.add(key)
        found = self._given(function, name)
        found = found.union(*(self.values(each, place) for each in _bound(function, name)))
        self._followed.discard(key)
        return found

    def _given(self, function: ast.FunctionDef, name: str) -> set[str]:
        """Return what all calls of a function hand to one of its parameters."""
        names = [each.arg for each in (*function.args.args, *function.args.kwonlyargs)]
        if name not in names:
            return set()
        position = names.index(name)
        calls = [place for place in self.places if place.called == function.name]
        given = [(each.argument(position) or each.argument(name), each) for each in calls]
        return set().union(*(self.values(node, each) or {ANY} for node, each in given if node))


def _assigned(tree: ast.Module | ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for each in tree.body:
        targets = each.targets if isinstance(each, ast.Assign) else [getattr(each, "target", None)]
        value = getattr(each, "value", None)
        if value is not None and isinstance(targets[0], ast.Name):
            yield targets[0].id, value


def _local(function: ast.AST) -> set[str]:
    stored = (each for each in ast.walk(function) if isinstance(each, (ast.Name, ast.arg)))
    return {
        each.arg if isinstance(each, ast.arg) else each.id
        for each in stored
        if isinstance(each, ast.arg) or isinstance(each.ctx, ast.Store)
    }


def _bound(function: ast.AST, name: str) -> Iterator[ast.expr]:
    """Yield what is assigned to a local name, also by a loop over literal tuples."""
    for each in ast.walk(function):
        match each:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                yield value
            case ast.For(target=ast.Tuple(elts=targets), iter=ast.Tuple(elts=rows)):
                places = [
                    n for n, t in enumerate(targets) if isinstance(t, ast.Name) and t.id == name
                ]
                yield from (r.elts[n] for r in rows if isinstance(r, ast.Tuple) for n in places)


@dataclass(frozen=True)
class Rules:
    """The rules that findings can have.

    Attributes:
        severities: Of each rule.
        passed_on: Expressions that stand for a rule which was made elsewhere.
    """

    severities: dict[str, set[str]]
    passed_on: set[str]


def rules_in(source: Source) -> Rules:
    """Return all rules that the code can give a finding."""
    found = Rules({}, set())
    for place in source.places:
        node, severity = _saying(place)
        rules = source.values(node, place)
        for rule in rules:
            found.severities.setdefault(rule, set()).add(severity)
        if node is not None and not rules:
            found.passed_on.add(ast.unparse(node))
    return found


def _saying(place: Place) -> tuple[ast.expr | None, str]:
    """Return the argument of a call that is a rule, if it has one, and its severity."""
    if place.called in _SEVERITIES and place.owner in _OWNERS:
        return place.argument(0), place.called
    if place.called in _CARRIERS:
        which, severity = _CARRIERS[place.called]
        return place.argument(which), severity
    given = place.argument(1)
    made = place.called == "Finding" and place.module.name != _MAKERS
    if made and isinstance(given, ast.Constant):
        return place.argument(0), str(given.value)
    return None, ""


def fields_in(source: Source) -> dict[str, set[str]]:
    """Return the words that can be recorded as a format, each with the fields that are given.

    One that replaces another format keeps what its module says of that.
    """
    found: dict[str, set[str]] = {}
    of_module: dict[Path, set[str]] = {}
    made = [place for place in source.places if place.called == "Inspection"]
    changed = [place for place in source.places if place.called == "replace"]
    for place in made:
        of_module.setdefault(place.module, set()).update(place.keywords)
        for word in source.values(place.argument(0), place) - {ANY}:
            found.setdefault(word, set()).update(place.keywords)
    for place in changed:
        for word in source.values(place.argument("format"), place) - {ANY}:
            before = of_module.get(place.module, set())
            found.setdefault(word, set()).update(place.keywords | before)
    return found


@cache
def source_of(package: Path) -> Source:
    """Return the source of what makes findings, in the package at ``package``."""
    others = [
        package / "domain" / "inspection.py",
        package / "registry" / "arrival" / "gathering.py",
    ]
    files = sorted(package.glob("formats/**/*.py")) + others
    return Source({file: file.read_text(encoding="utf-8") for file in files})
