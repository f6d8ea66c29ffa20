"""Every version that may be used, judged for every stage: a batch at a time, nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from modelshelf.catalog.details import count_standing, standing
from modelshelf.domain.gates.checked import Checked
from modelshelf.registry.approving import moment_of
from modelshelf.registry.gating import (
    TOOLS,
    Question,
    answer,
    collect,
    gates_of,
    heaviest,
    needs_of,
)

if TYPE_CHECKING:
    from modelshelf.domain.models import ModelVersion, RegisteredModel
    from modelshelf.domain.policy import Gate, Policy, Stage
    from modelshelf.domain.promotion import Verdict
    from modelshelf.registry.context import Context

Progress = Callable[[int, int, str], None]
_MODELS_AT_ONCE = 200
_VERSIONS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class _Rung:
    """A stage as it is for one model, with the gates it names."""

    stage: Stage
    gates: tuple[Gate, ...]


def check_versions(
    context: Context, stages: Sequence[str], pattern: str, progress: Progress | None
) -> Iterator[Checked]:
    """Yield how each version that may be used stands with each stage, by model and number.

    Args:
        context: The registry.
        stages: Names of stages.
        pattern: A pattern of model names, such as ``risk/*``.
        progress: Called with how many are done, how many there are, and of what.
    """
    walk = _Walk(context, stages)
    pages = list(_ids(context, pattern)) if progress is not None else []
    total = sum(count_standing(context.connection(), page) for page in pages)
    done = 0
    for models in _pages(context, pattern):
        for versions in walk.batches(models):
            yield from walk.judge(models, versions)
            done += len(versions)
            if progress is not None:
                progress(done, max(total, done), "versions")


def _pages(context: Context, pattern: str) -> Iterator[dict[str, RegisteredModel]]:
    """Yield the models in use whose names fit, by name, a page at a time."""
    after: str | None = None
    while True:
        page = context.models().page(pattern="", limit=_MODELS_AT_ONCE, after=after, retired=False)
        if fitting := {m.name: m for m in page if fnmatchcase(m.name, pattern)}:
            yield fitting
        if len(page) < _MODELS_AT_ONCE:
            return
        after = page[-1].name


def _ids(context: Context, pattern: str) -> Iterator[Collection[int]]:
    for page in _pages(context, pattern):
        yield tuple(model.id for model in page.values())


class _Walk:
    """One pass over a registry, at one moment, by one policy."""

    def __init__(self, context: Context, stages: Sequence[str]) -> None:
        self._connection = context.connection()
        self._reader = context.versions()
        self._policy = context.policy
        self._stages = stages
        self._now: datetime = moment_of(context)
        self._rungs: dict[int, tuple[_Rung, ...]] = {}
        self._names: dict[tuple[str, ...], tuple[str, ...]] = {}

    def batches(self, models: Mapping[str, RegisteredModel]) -> Iterator[tuple[ModelVersion, ...]]:
        """Yield the versions of these models that may be used."""
        wanted = [model.id for model in models.values()]
        for ids in standing(self._connection, wanted, most=_VERSIONS_AT_ONCE):
            yield self._reader.versions(ids)

    def judge(
        self, models: Mapping[str, RegisteredModel], versions: Sequence[ModelVersion]
    ) -> Iterator[Checked]:
        """Yield how each of these versions stands with each stage."""
        rungs = {name: self._of(models[name]) for name in dict.fromkeys(v.model for v in versions)}
        gates = [gate for found in rungs.values() for rung in found for gate in rung.gates]
        needs = needs_of(gates)
        holders = self._holders(models, rungs) if needs.baseline else {}
        questions = [
            _question(models[version.model], rung, version, holders)
            for version in versions
            for rung in rungs[version.model]
        ]
        evidence = collect(self._reader, self._connection, questions, needs)
        for question in questions:
            verdicts = answer(question, evidence, self._now, TOOLS)
            yield self._short(question, verdicts)

    def _of(self, model: RegisteredModel) -> tuple[_Rung, ...]:
        """Return the stages as they are for a model; models without rules of their own share."""
        policy: Policy = self._policy.of(model.name)
        if policy is self._policy and 0 in self._rungs:
            return self._rungs[0]
        found = tuple(
            _Rung(stage, gates_of(policy, stage)) for stage in map(policy.stage, self._stages)
        )
        if policy is self._policy:
            self._rungs[0] = found
        return found

    def _holders(
        self, models: Mapping[str, RegisteredModel], rungs: Mapping[str, tuple[_Rung, ...]]
    ) -> dict[int, ModelVersion]:
        """Return everybody who holds one of the stages that compare with their holders."""
        wanted = {
            holder.version_id
            for name, found in rungs.items()
            for rung in found
            if needs_of(rung.gates).baseline
            for holder in models[name].stages.get(rung.stage.name, ())
        }
        return {v.id: v for v in self._reader.versions(sorted(wanted))}

    def _short(self, question: Question, verdicts: Sequence[Verdict]) -> Checked:
        def named(outcome: str) -> tuple[str, ...]:
            names = tuple(dict.fromkeys(v.gate for v in verdicts if v.outcome == outcome))
            return self._names.setdefault(names, names)  # few lists of names, thousands of lines

        version = question.judged[0]
        return Checked(
            reference=version.reference,
            stage=question.stage.name,
            holds=question.stage.name in version.stages,
            passed=sum(v.outcome == "pass" for v in verdicts),
            failed=named("fail"),
            pending=named("pending"),
        )


def _question(
    model: RegisteredModel, rung: _Rung, version: ModelVersion, holders: Mapping[int, ModelVersion]
) -> Question:
    present = model.stages.get(rung.stage.name, ())
    chosen = heaviest(present, (version.id,)) if holders and present else None
    baseline = None if chosen is None else holders.get(chosen)
    return Question(model, rung.stage, rung.gates, (version,), (version,), baseline)
