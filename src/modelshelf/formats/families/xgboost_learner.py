"""What XGBoost's JSON and UBJSON say about a model; both hold the same document."""

from __future__ import annotations

from dataclasses import dataclass, field

from modelshelf.domain.inspection import TensorSpec
from modelshelf.formats.trouble import LimitReached, Malformed
from modelshelf.formats.walking import Walk, build, plain, texts

_PARTS = frozenset(
    {
        "attributes",
        "feature_names",
        "feature_types",
        "gradient_booster",
        "learner_model_param",
        "learner_train_param",
        "objective",
    }
)
_DTYPES = {"float": "float32", "q": "float32", "int": "int64", "i": "bool", "c": "category"}
_MOST_NAMES = 1_000_000
# Objectives whose prediction has one number for each class.
_BY_CLASS = frozenset({"multi:softprob"})


@dataclass(slots=True)
class Learner:
    """One model.

    Attributes:
        version: Of the XGBoost that wrote it; empty when it does not say.
        booster: ``gbtree``, ``dart`` or ``gblinear``.
        objective: Its name.
        attributes: What was attached to it, such as ``best_iteration``.
        names: Of the features, when they have names.
        types: Of the features, in XGBoost's words.
        parameters: Of the learner and its trees, as they are written.
        rounds: Number of boosting rounds, when it says.
        trees: Number of trees that were seen.
        nodes: Number of nodes in them that are in use.
        weights: Number of weights of a linear model.
        limit: Why not everything was looked at; empty when it was.
    """

    version: str = ""
    booster: str = ""
    objective: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    rounds: int | None = None
    trees: int = 0
    nodes: int = 0
    weights: int | None = None
    limit: str = ""

    def number(self, name: str) -> int:
        """Return a parameter that is a whole number, 0 when there is none.

        Raises:
            Malformed: It is something else.
        """
        text = self.parameters.get(name, "0")
        if not text.isascii() or not text.isdigit() or len(text) > 18:  # noqa: PLR2004 - 64 bits
            raise Malformed(f"{name} is {text[:40]!r} and no number")
        return int(text)

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The features by name, or one table of them when they have none."""
        if not self.names:
            count = self.number("num_feature")
            return (TensorSpec("data", "float32", (None, count)),) if count else ()
        types = [*self.types, *([""] * (len(self.names) - len(self.types)))]
        return tuple(
            TensorSpec(name, _DTYPES.get(kind, kind or "float32"), ())
            for name, kind in zip(self.names, types, strict=False)
        )

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The prediction; without an objective nothing is known about it."""
        if not self.objective:
            return ()
        classes = self.number("num_class") if self.objective in _BY_CLASS else 0
        width = max(classes, self.number("num_target"))
        shape = (None, width) if width > 1 else (None,)
        return (TensorSpec("prediction", "float32", shape),)


def begins_learner(walk: Walk) -> bool:
    """Tell whether a document begins as a model of XGBoost does."""
    if walk.kind() != "object":
        return False
    for key in walk.members():
        if key == "learner" and walk.kind() == "object":
            return next(walk.members(), "") in _PARTS
        if key != "version":
            return False
    return False


def read_learner(walk: Walk) -> Learner:
    """Return what the document says; past a limit, what was seen so far.

    Source: "Introduction to Model IO" and the model schema in XGBoost's documentation.
    """
    found = Learner()
    try:
        for key in walk.members():
            if key == "learner":
                _read_parts(walk, found)
            elif key == "version":
                found.version = _version(build(walk))
    except LimitReached as error:
        found.limit = error.detail
        return found
    if found.booster in {"gbtree", "dart"} and found.trees != found.number("num_trees"):
        promised = found.number("num_trees")
        raise Malformed(f"{promised:,} trees are promised, {found.trees:,} are there")
    return found


def _version(value: object) -> str:
    numbers = value if isinstance(value, list) else []
    return ".".join(str(each) for each in numbers[:3] if type(each) is int and each >= 0)


def _read_parts(walk: Walk, found: Learner) -> None:
    for key in walk.members():
        if key == "attributes":
            found.attributes = plain(walk)
        elif key == "feature_names":
            found.names = texts(walk, most=_MOST_NAMES)
        elif key == "feature_types":
            found.types = texts(walk, most=_MOST_NAMES)
        elif key == "learner_model_param":
            found.parameters |= plain(walk)
        elif key == "objective":
            found.objective = plain(walk).get("name", "")
        elif key == "gradient_booster":
            _read_booster(walk, found)


def _read_booster(walk: Walk, found: Learner) -> None:
    for key in walk.members():
        if key == "name":
            found.booster = str(walk.scalar())
        elif key == "model":
            _read_model(walk, found)
        elif key == "gbtree":  # what dart drops trees from
            for inner in walk.members():
                if inner == "model":
                    _read_model(walk, found)


def _read_model(walk: Walk, found: Learner) -> None:
    for key in walk.members():
        if key in {"gbtree_model_param", "param"}:
            # The number of features stands here and in the learner, where it is never 0.
            found.parameters = plain(walk) | found.parameters
        elif key == "iteration_indptr":
            found.rounds = max(sum(1 for _ in walk.items()) - 1, 0)
        elif key == "boosted_rounds" and type(rounds := walk.scalar()) is int:
            found.rounds = rounds
        elif key == "weights":
            found.weights = sum(1 for _ in walk.items())
        elif key == "trees":
            for _ in walk.items():
                _read_tree(walk, found)


def _read_tree(walk: Walk, found: Learner) -> None:
    found.trees += 1
    for key in walk.members():
        if key == "tree_param":
            tree = Learner(parameters=plain(walk))
            found.nodes += tree.number("num_nodes") - tree.number("num_deleted")
