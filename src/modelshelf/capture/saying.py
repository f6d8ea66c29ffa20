"""What a script can say while it trains, none of which ever stops it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from modelshelf.capture.said import Said, source_of
from modelshelf.capture.secrets import without_logins
from modelshelf.domain.text import safe

NOTES_MOST = 200


class Saying:
    """Takes parameters, metrics and the like; what cannot be used becomes a note.

    Attributes:
        notes: What is not known, not kept or not named, a sentence each.
    """

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._said = Said(self._note)

    def params(self, params: Mapping[str, object]) -> None:
        """Record parameters by name."""
        self._attempt("the parameters", lambda: self._each(params, self.param))

    def param(self, name: str, value: object) -> None:
        """Record a parameter: text, a number, a truth value; others become JSON."""
        self._attempt(f"the parameter {safe(name, 60)}", lambda: self._said.param(name, value))

    def metrics(self, metrics: Mapping[str, object]) -> None:
        """Record metrics by name."""
        self._attempt("the metrics", lambda: self._each(metrics, self.metric))

    def metric(
        self,
        name: str,
        value: object,
        *,
        dataset: str | None = None,
        slice: str | None = None,  # noqa: A002 - the word for a part of a data set
        higher_is_better: bool | None = None,
    ) -> None:
        """Record a metric.

        Args:
            name: What it is called.
            value: A finite number, also one of NumPy or PyTorch.
            dataset: Name of the data set it was measured on.
            slice: Which part of that: ``country = DE``.
            higher_is_better: Whether more is better; by default its name says it.
        """

        def take() -> None:
            source = source_of(dataset, slice, higher_is_better=higher_is_better)
            self._said.metric(name, value, source)

        self._attempt(f"the metric {safe(name, 60)}", take)

    def base(self, base: str) -> None:
        """Record what it is made from: ``churn:v2``, or ``hf:org/name@revision`` outside."""
        self._attempt("a base", lambda: self._said.base(base))

    def features(self, view: str, version: str | None = None) -> None:
        """Record a feature view, written ``store/name``."""
        self._attempt("a feature view", lambda: self._said.view(view, version))

    def tag(self, name: str, value: object) -> None:
        """Record a tag."""
        self._attempt(f"the tag {safe(name, 60)}", lambda: self._said.tag(name, value))

    def _attempt(self, what: str, act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as exc:  # noqa: BLE001 - nothing of ours may end a training
            began = what[:1].upper() + what[1:]
            self._note(f"{began} could not be captured: {type(exc).__name__}: {safe(exc, 200)}.")

    def _note(self, sentence: str) -> None:
        sentence = without_logins(sentence)  # of whatever it quotes
        if len(self.notes) < NOTES_MOST and sentence not in self.notes:
            self.notes.append(sentence)

    @staticmethod
    def _each(values: Mapping[str, object], take: Callable[[str, object], None]) -> None:
        for name, value in dict(values).items():
            take(name, value)
