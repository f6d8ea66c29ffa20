"""The story that `modelshelf demo` tells: who did what when, in order.

People, places and times are made up. Every number in a reason is looked up in what was measured.
"""

import platform
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from recipes.line import Line, Made, Number
from recipes.measure import LOWER

Step = dict[str, Any]
Shelf = dict[str, Made]

HEALTH, SUGAR, DIGITS = "health/tumour", "health/progression", "vision/digits"
WINE, IRIS = "wine/cultivar", "iris/species"
SPDX = {"cc-by-4.0": "CC-BY-4.0", "bsd-3-clause": "BSD-3-Clause"}


class Teller:
    """Says the steps; knows every version made and its card, and numbers the runs as they come."""

    def __init__(
        self,
        shelf: Shelf,
        cards: dict[str, str],
        later: dict[str, dict[str, float]],
        pins: dict[str, str],
    ) -> None:
        """Take the versions, their cards, metrics that were measured later, and the packages."""
        self.steps: list[Step] = []
        self._shelf, self._cards, self._later, self._pins = shelf, cards, later, pins
        self._runs = 100

    def at(self, when: str, actor: str, do: str, **more: object) -> None:
        """Tell one step at a time such as `03-02 09:14:05`, in 2026."""
        day, clock = when.split()
        self.steps.append({"at": f"2026-{day}T{clock}Z", "actor": actor, "do": do, **more})

    def drop(self, when: str, actor: str, reference: str) -> None:
        """Tell that a version's artifact was put into the drop folder."""
        made = self._shelf[reference]
        self._runs += 7
        artifact, sidecar = made.line.path(made.number), self._sidecar(made)
        self.at(when, actor, "drop", model=made.line.name, artifact=artifact, sidecar=sidecar)

    def describe(self, when: str, actor: str, model: str) -> None:
        """Tell that a model got its description, owner and tags."""
        line = self._shelf[f"{model}:v1"].line
        more = {"description": line.description, "owner": line.owner, "tags": line.tags}
        self.at(when, actor, "describe", model=model, **more)

    def promote(self, when: str, actor: str, reference: str, stage: str, reason: str) -> None:
        """Tell that a version got a stage for itself."""
        more = {"reference": reference, "stage": stage, "weight": 100, "reason": reason}
        self.at(when, actor, "promote", **more)

    def amend(self, when: str, actor: str, reference: str) -> None:
        """Tell that a metric was measured later."""
        metrics = self._later[reference]
        self.at(when, actor, "amend", reference=reference, metrics=metrics)

    def seen(self, reference: str, metric: str) -> str:
        """Look up a measured number for use in a sentence."""
        value = {**self._shelf[reference].metrics, **self._later.get(reference, {})}[metric]
        return f"{value:.1f}" if value > 1 else f"{value:.3f}"

    def _sidecar(self, made: Made) -> Step:
        line = made.line
        body: Step = {
            "metrics": made.metrics,
            "params": made.params,
            "tags": {"team": line.tags["team"], "algorithm": str(made.params["algorithm"])},
            "card": self._cards[made.reference],
            "run": {"id": f"run-{self._runs:04d}", "url": None, "seconds": made.seconds},
            "code": _code(made),
            "datasets": _datasets(made),
            "environment": _environment(self._pins),
            "metric_sources": _metric_sources(made),
        }
        return {**body, "base": made.base} if made.base else body


def pinned(requirements: str) -> dict[str, str]:
    """Read the packages of a requirements file that pins each, and hold them against this run."""
    lines = [line for line in requirements.splitlines() if line and not line.startswith("#")]
    pins = dict(line.split("==") for line in lines)
    wrong = {name: version(name) for name, pin in pins.items() if version(name) != pin}
    if wrong:
        raise SystemExit(f"these are not the pinned versions: {wrong}")
    return pins


def _code(made: Made) -> Step:
    """Say by which code it was made; its snapshot is taken when the story is told."""
    repository = f"https://example.org/{made.line.name}.git"
    command = ["python", "make_one.py", made.line.name, str(made.number), "--out", "{out}"]
    return {
        "repository": repository,
        "commit": made.commit,
        "dirty": False,
        "entry": made.entry,
        "command": command,
    }


def _datasets(made: Made) -> list[dict[str, Number]]:
    roles = [("trained_on", "train", rows) for rows in made.trained_on]
    roles += [("evaluated_on", "test", rows) for rows in made.evaluated_on]
    return [
        {
            "name": rows.name,
            "version": rows.version,
            "digest": rows.digest,
            "role": role,
            "rows": len(rows.y),
            "uri": _uri(made.line),
            "split": split,
            "license": SPDX[made.line.licence],
        }
        for role, split, rows in roles
    ]


def _uri(line: Line) -> str:
    return f"pkg:pypi/scikit-learn@{version('scikit-learn')}#sklearn/datasets/data/{line.file}"


def _metric_sources(made: Made) -> dict[str, dict[str, str]]:
    """Say on which rows each metric was measured, and which way is better."""
    return {
        name: {
            # The rows that a second metric is measured on stand last.
            "dataset": made.evaluated_on[-1 if name.endswith("_shifted") else 0].name,
            "direction": "lower" if name in LOWER else "higher",
        }
        for name in made.metrics
    }


def _environment(pins: dict[str, str]) -> dict[str, object]:
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system().lower()}-{platform.machine()}",
        "packages": pins,
    }


def told(teller: Teller) -> list[Step]:
    """Tell everything from March to November 2026."""
    chapters: tuple[Callable[[Teller], None], ...] = (
        _march,
        _april,
        _may,
        _june,
        _july_and_august,
        _september,
        _october,
        _november,
    )
    for chapter in chapters:
        chapter(teller)
    return teller.steps


def _march(t: Teller) -> None:
    t.drop("03-02 09:14:05", "ana", "health/tumour:v1")
    t.describe("03-02 09:21:40", "ana", HEALTH)
    t.drop("03-05 13:02:17", "mei", "wine/cultivar:v1")
    t.describe("03-05 13:06:51", "mei", WINE)
    t.drop("03-10 10:48:33", "ana", "health/tumour:v2")
    gain = f"auc {t.seen('health/tumour:v1', 'auc')} -> {t.seen('health/tumour:v2', 'auc')}"
    t.promote("03-11 08:55:12", "ravi", "health/tumour:v2", "staging", f"All thirty: {gain}.")
    reason = "Five days beside the pathologists without a surprise."
    t.promote("03-16 09:30:44", "ravi", "health/tumour:v2", "production", reason)
    t.at(
        "03-16 09:34:02",
        "ana",
        "alias",
        reference="health/tumour:v2",
        alias="champion",
        reason="The one to beat.",
    )
    t.drop("03-24 15:11:29", "ravi", "vision/digits:v1")
    t.describe("03-24 15:15:08", "ravi", DIGITS)


def _april(t: Teller) -> None:
    t.drop("04-02 11:27:50", "mei", "wine/cultivar:v2")
    accuracy = t.seen("wine/cultivar:v1", "accuracy")
    reason = f"Measurements were not scaled: accuracy {accuracy}. Do not use."
    t.at("04-02 11:40:13", "mei", "yank", reference="wine/cultivar:v1", reason=reason)
    t.drop("04-08 16:03:36", "ravi", "vision/digits:v2")
    reason = f"Reads {t.seen('vision/digits:v2', 'accuracy')} of the held-out pictures."
    t.promote("04-09 09:12:58", "mei", "vision/digits:v2", "staging", reason)
    reason = "First reader of forms that is good enough to go out."
    t.promote("04-13 10:05:21", "ana", "vision/digits:v2", "production", reason)
    reason = f"Accuracy {t.seen('wine/cultivar:v2', 'accuracy')}."
    t.promote("04-14 14:22:47", "ana", "wine/cultivar:v2", "staging", reason)
    reason = "The cellar has checked twenty bottles by hand."
    t.promote("04-20 08:41:30", "ana", "wine/cultivar:v2", "production", reason)
    t.drop("04-21 10:30:15", "ana", "health/progression:v1")
    t.describe("04-21 10:36:59", "ana", SUGAR)


def _may(t: Teller) -> None:
    t.drop("05-05 12:19:44", "ana", "health/progression:v2")
    rmse = [t.seen(f"health/progression:v{number}", "rmse") for number in (1, 2)]
    reason = f"All ten measurements: rmse {rmse[0]} -> {rmse[1]}."
    t.promote("05-05 15:08:26", "ravi", "health/progression:v2", "staging", reason)
    reason = "Good enough to plan rooms by; it decides nothing about people."
    t.promote("05-12 09:50:03", "ravi", "health/progression:v2", "production", reason)
    t.drop("05-19 13:33:18", "ana", "health/tumour:v3")
    t.drop("05-26 17:42:09", "ana", "health/tumour:v4")


def _june(t: Teller) -> None:
    t.drop("06-09 10:10:31", "ravi", "vision/digits:v3")
    t.amend("06-09 10:42:55", "ravi", "vision/digits:v2")
    moved = [t.seen(f"vision/digits:v{number}", "accuracy_shifted") for number in (2, 3)]
    reason = f"Pictures of the new scanner: accuracy {moved[0]} -> {moved[1]}."
    t.promote("06-10 09:01:07", "mei", "vision/digits:v3", "staging", reason)
    reason = "All desks get the new scanner this week."
    t.promote("06-16 08:30:00", "ana", "vision/digits:v3", "production", reason)
    still = [t.seen(f"vision/digits:v{number}", "accuracy") for number in (2, 3)]
    reason = (
        f"Two desks kept the old scanner, and there accuracy fell from {still[0]} to {still[1]}."
    )
    t.at(
        "06-18 11:47:38",
        "ana",
        "rollback",
        model=DIGITS,
        stage="production",
        reason=reason,
    )
    tags = {"scanner": "new-only"}
    t.at("06-18 12:05:14", "ravi", "tag", reference="vision/digits:v3", tags=tags)


def _july_and_august(t: Teller) -> None:
    t.drop("07-06 14:26:42", "ravi", "vision/digits:v4")
    both = [t.seen("vision/digits:v4", name) for name in ("accuracy", "accuracy_shifted")]
    reason = f"Reads both scanners: accuracy {both[0]} on the old, {both[1]} on the new."
    t.promote("07-07 09:17:20", "mei", "vision/digits:v4", "staging", reason)
    reason = "A week at all desks, old and new, without a complaint."
    t.promote("07-14 08:44:51", "ana", "vision/digits:v4", "production", reason)
    t.drop("07-21 03:00:12", "ci", "health/progression:v3")
    auc = [t.seen(f"health/tumour:v{number}", "auc") for number in (2, 3)]
    reason = f"The forest stays behind the straight line: auc {auc[1]} against {auc[0]}."
    t.at("08-11 10:58:05", "ana", "archive", reference="health/tumour:v3", reason=reason)
    t.drop("08-18 09:39:27", "mei", "iris/species:v1")
    t.describe("08-18 09:44:10", "mei", IRIS)


def _september(t: Teller) -> None:
    t.drop("09-01 10:15:33", "mei", "iris/species:v2")
    t.drop("09-08 16:20:06", "mei", "wine/cultivar:v3")
    t.drop("09-15 11:31:48", "mei", "wine/cultivar:v4")
    accuracy = [t.seen(f"wine/cultivar:v{number}", "accuracy") for number in (2, 4)]
    reason = f"Scaling pays: accuracy {accuracy[0]} -> {accuracy[1]}."
    t.promote("09-16 09:26:19", "ravi", "wine/cultivar:v4", "staging", reason)
    t.drop("09-21 13:57:02", "ana", "health/tumour:v5")
    recall = [t.seen(f"health/tumour:v{number}", "recall") for number in (2, 5)]
    reason = f"Misses fewer tumours: recall {recall[0]} -> {recall[1]}."
    t.promote("09-22 10:02:45", "ravi", "health/tumour:v5", "staging", reason)
    loss = [t.seen(f"health/tumour:v{number}", "log_loss") for number in (2, 5)]
    reason = f"A week in staging; log loss {loss[0]} -> {loss[1]}."
    t.promote("09-28 09:11:37", "ravi", "health/tumour:v5", "production", reason)
    t.at(
        "09-28 09:15:09",
        "ana",
        "alias",
        reference="health/tumour:v5",
        alias="champion",
        reason="It holds production now.",
    )


def _october(t: Teller) -> None:
    t.drop("10-06 10:23:54", "ana", "health/progression:v4")
    rmse = [t.seen(f"health/progression:v{number}", "rmse") for number in (2, 4)]
    reason = f"Less error and a simpler line: rmse {rmse[0]} -> {rmse[1]}."
    t.promote("10-07 09:05:40", "ravi", "health/progression:v4", "staging", reason)
    reason = "A week in staging; the plan of rooms came out the same or better."
    t.promote("10-13 08:52:16", "ravi", "health/progression:v4", "production", reason)
    t.drop("10-20 15:36:28", "mei", "iris/species:v3")
    accuracy = [t.seen(f"iris/species:v{number}", "accuracy") for number in (1, 3)]
    reason = f"Accuracy {accuracy[0]} -> {accuracy[1]}; for the course in spring."
    t.promote("10-21 09:48:11", "ravi", "iris/species:v3", "staging", reason)
    t.drop("10-26 14:09:59", "ci", "vision/digits:v5")


def _november(t: Teller) -> None:
    t.drop("11-03 11:18:22", "ana", "health/tumour:v6")
    t.amend("11-03 11:52:47", "ana", "health/tumour:v5")
    auc = [t.seen(f"health/tumour:v{number}", "auc") for number in (5, 6)]
    precise = [t.seen(f"health/tumour:v{number}", "precision") for number in (5, 6)]
    reason = f"Auc {auc[0]} -> {auc[1]}, but precision {precise[0]} -> {precise[1]}."
    t.promote("11-04 09:20:36", "ravi", "health/tumour:v6", "staging", reason)
    t.at(
        "11-12 09:00:25",
        "ravi",
        "promote",
        stage="production",
        split={"health/tumour:v5": 80, "health/tumour:v6": 20},
        reason="A fifth of the cases for four weeks, to see whether the false alarms matter.",
    )
