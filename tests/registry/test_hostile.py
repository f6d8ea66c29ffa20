"""Text and numbers that nobody means well with, through every method of the registry.

Each is refused with a sentence, or stored and shown harmlessly; nothing ends in a traceback, and
the log stays whole.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.models import Page
from modelshelf.domain.plain import canonical, plain
from modelshelf.domain.provenance import Code, Dataset, Environment, Run
from modelshelf.domain.provenance.measured import FeatureView, MetricSource
from modelshelf.registry import Registry, create_registry, open_registry
from tests.furnished import furnish, model_file, ticking
from tests.sentences import check_sentence, is_harmless

TEXTS = {
    "colour": "\x1b[31mred\x1b[0m",
    "clipboard": "\x1b]52;c;cm0gLXJmIC8=\x07",
    "c1": "\x9b31m",
    "nul": "a\x00b",
    "newline": "a\nmodelshelf: all is well",
    "return": "a\rb",
    "bidi": "\u202egpj.exe",
    "isolate": "\u2066a\u2069",
    "zero width": "a\u200b\u200d\ufeffb",
    "markup": "[bold red]x[/] [/unclosed] [@click=quit]y[/]",
    "sql": "x'; DROP TABLE audit; --",
    "path": "../../../../etc/passwd",
    "shell": "$(rm -rf ~); `id` | cat",
    "template": "{{7*7}} ${7*7} %s %n {0.__class__}",
    "html": "<script>alert(1)</script>",
    "surrogate": "\ud800",
    "byte": "\udcff",
    "private": "\ue000\U000f0000",
    "unassigned": "\U000e0080\uffff",
    "marks": "e" + "\u0301" * 500,
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈",
    "long": "x" * 10_000,
    "very long": "y" * 1_200_000,
    "empty": "",
    "space": " \u3000 ",
    "sha": "sha256:" + "z" * 64,
    "reference": "risk/churn:v1@x:latest",
    "device": "CON",
    "glob": "*[a-",
    "json": '{"a": 1}',
    "number": "9" * 5_000,
}
NUMBERS = {
    "nan": math.nan,
    "inf": math.inf,
    "-inf": -math.inf,
    "huge": 10**30,
    "-huge": -(10**30),
    "long": 2**63,
    "-1": -1,
    "0": 0,
    "1e300": 1e300,
    "true": True,
}
Use = Callable[[Registry, Any, Path], Any]
WITH_TEXT: dict[str, Use] = {
    "models.list pattern": lambda r, t, _f: r.models.list(pattern=t),
    "models.list after": lambda r, t, _f: r.models.list(after=t),
    "models.get": lambda r, t, _f: r.models.get(t),
    "models.names": lambda r, t, _f: r.models.names(t),
    "models.describe name": lambda r, t, _f: r.models.describe(t, owner="eve"),
    "models.describe description": lambda r, t, _f: r.models.describe("risk/churn", description=t),
    "models.describe owner": lambda r, t, _f: r.models.describe("risk/churn", owner=t),
    "models.tag name": lambda r, t, _f: r.models.tag(t, set={"a": "b"}),
    "models.tag key": lambda r, t, _f: r.models.tag("risk/churn", set={t: "b"}),
    "models.tag value": lambda r, t, _f: r.models.tag("risk/churn", set={"a": t}),
    "models.tag unset": lambda r, t, _f: r.models.tag("risk/churn", unset=[t]),
    "models.rename": lambda r, t, _f: r.models.rename("risk/churn", t),
    "models.rename from": lambda r, t, _f: r.models.rename(t, "other"),
    "models.retire": lambda r, t, _f: r.models.retire("text/encoder-small", reason=t),
    "models.restore": lambda r, t, _f: r.models.restore("text/encoder-small", reason=t),
    "register model": lambda r, t, f: r.versions.register(t, f),
    "register path": lambda r, t, _f: r.versions.register("new", t),
    "register source": lambda r, t, f: r.versions.register("new", f, source=t, force_new=True),
    "register base": lambda r, t, f: r.versions.register("new", f, base=t),
    "amend reference": lambda r, t, _f: r.versions.amend(t, metrics={"a": 1.0}),
    "amend metric": lambda r, t, _f: r.versions.amend("risk/churn:1", metrics={t: 1.0}),
    "amend param": lambda r, t, _f: r.versions.amend("risk/churn:1", params={t: 1}),
    "amend param value": lambda r, t, _f: r.versions.amend("risk/churn:1", params={"p": t}),
    "amend tag value": lambda r, t, _f: r.versions.amend("risk/churn:1", tags={"p": t}),
    "amend description": lambda r, t, _f: r.versions.amend("risk/churn:1", description=t),
    "amend card": lambda r, t, _f: r.versions.amend("risk/churn:1", card=t),
    "amend base": lambda r, t, _f: r.versions.amend("risk/churn:3", base=t),
    "amend run": lambda r, t, _f: r.versions.amend("risk/churn:1", run=Run(t, t)),
    "amend code": lambda r, t, _f: r.versions.amend("risk/churn:1", code=Code(t, None, None, t)),
    "amend commit": lambda r, t, _f: r.versions.amend("risk/churn:1", code=Code(commit=t)),
    "amend dataset": lambda r, t, _f: r.versions.amend(
        "risk/churn:1", datasets=[Dataset(t, version=t)]
    ),
    "amend digest": lambda r, t, _f: r.versions.amend(
        "risk/churn:1", datasets=[Dataset("d", digest=t)]
    ),
    "amend packages": lambda r, t, _f: r.versions.amend(
        "risk/churn:1", environment=Environment(t, t, {t: t})
    ),
    "tag unset": lambda r, t, _f: r.versions.tag("risk/churn:1", unset=[t]),
    "alias": lambda r, t, _f: r.versions.alias("risk/churn:1", t),
    "alias reason": lambda r, t, _f: r.versions.alias("risk/churn:1", "a", reason=t),
    "unalias": lambda r, t, _f: r.versions.unalias("risk/churn", t),
    "unalias model": lambda r, t, _f: r.versions.unalias(t, "champion"),
    "aliases": lambda r, t, _f: r.versions.aliases(t),
    "get": lambda r, t, _f: r.versions.get(t),
    "get label": lambda r, t, _f: r.versions.get(f"risk/churn@{t}"),
    "detail": lambda r, t, _f: r.versions.detail(t),
    "versions.list": lambda r, t, _f: r.versions.list(t),
    "compare": lambda r, t, _f: r.comparisons.compare(["risk/churn:1", t]),
    "search": lambda r, t, _f: r.versions.search(t),
    "search sort": lambda r, t, _f: r.versions.search("", sort=t),
    "search after": lambda r, t, _f: r.versions.search("", after=t),
    "yank": lambda r, t, _f: r.versions.yank("text/encoder-small:1", reason=t),
    "archive": lambda r, t, _f: r.versions.archive("risk/churn:3", reason=t),
    "restore": lambda r, t, _f: r.versions.restore("risk/churn:3", reason=t),
    "checkout": lambda r, t, f: r.versions.checkout("risk/churn:1", f.parent / "out" / t),
    "checkout reference": lambda r, t, f: r.versions.checkout(t, f.parent / "out"),
    "plan": lambda r, t, _f: r.promotions.plan("risk/churn:2", t),
    "promote": lambda r, t, _f: r.promotions.promote(t, "staging", reason="r"),
    "promote reason": lambda r, t, _f: r.promotions.promote("risk/churn:2", "staging", reason=t),
    "promote split": lambda r, t, _f: r.promotions.promote(
        "risk/churn:2", "production", split={"risk/churn:2": 50, t: 50}, reason="r"
    ),
    "rollback": lambda r, t, _f: r.promotions.rollback("risk/churn", "production", reason=t),
    "rollback model": lambda r, t, _f: r.promotions.rollback(t, "production", reason="r"),
    "rollback stage": lambda r, t, _f: r.promotions.rollback("risk/churn", t, reason="r"),
    "history": lambda r, t, _f: r.promotions.history(t),
    "history stage": lambda r, t, _f: r.promotions.history("risk/churn", t),
    "serving": lambda r, t, _f: r.promotions.serving(t),
    "resolve": lambda r, t, _f: r.promotions.resolve(t),
    "resolve key": lambda r, t, _f: r.promotions.resolve("risk/churn@production", key=t),
    "lineage": lambda r, t, _f: r.lineage.of(t),
    "lineage of a data set": lambda r, t, _f: r.lineage.of(f"dataset:{t}"),
    "lineage events": lambda r, t, _f: r.lineage.events(t),
    "impact": lambda r, t, _f: r.lineage.impact(t),
    "impact stage": lambda r, t, _f: r.lineage.impact("risk/churn:1", stage=t),
    "way": lambda r, t, _f: r.lineage.path("risk/churn:1", t),
    "common": lambda r, t, _f: r.lineage.common(t, "risk/churn:1"),
    "obligations": lambda r, t, _f: r.lineage.obligations(t),
    "leaks": lambda r, t, _f: r.lineage.leaks(t),
    "suggestions": lambda r, t, _f: r.lineage.suggestions(t),
    "link": lambda r, t, _f: r.lineage.link(t, "derived_from", "risk/churn:1"),
    "link kind": lambda r, t, _f: r.lineage.link("risk/churn:1", t, "dataset:d"),
    "link data set": lambda r, t, _f: r.lineage.link("risk/churn:1", "trained_on", f"dataset:{t}"),
    "link run": lambda r, t, _f: r.lineage.link("risk/churn:1", "produced_by", f"run:{t}"),
    "link code": lambda r, t, _f: r.lineage.link("risk/churn:1", "built_from", f"code:{t}"),
    "link features": lambda r, t, _f: r.lineage.link(
        "risk/churn:1", "uses_features", f"features:{t}@{t}"
    ),
    "link outside": lambda r, t, _f: r.lineage.link("risk/churn:1", "derived_from", f"hf:{t}"),
    "link consumer": lambda r, t, _f: r.lineage.link(
        "risk/churn:1", "consumed_by", f"consumer:{t}"
    ),
    "link reason": lambda r, t, _f: r.lineage.link(
        "risk/churn:1", "trained_on", "dataset:d", reason=t
    ),
    "unlink": lambda r, t, _f: r.lineage.unlink("risk/churn:2", "derived_from", t, reason=t),
    "unlink reason": lambda r, t, _f: r.lineage.unlink(
        "risk/churn:2", "derived_from", "hf:a/b@c", reason=t
    ),
    "reject": lambda r, t, _f: r.lineage.reject("risk/churn:1", "produced_by", t, reason=t),
    "amend bases": lambda r, t, _f: r.versions.amend("risk/churn:3", bases=[t, f"hf:{t}"]),
    "amend features": lambda r, t, _f: r.versions.amend(
        "risk/churn:1", features=[FeatureView(t, t, t)]
    ),
    "amend source": lambda r, t, _f: r.versions.amend(
        "risk/churn:1", metric_sources={t: MetricSource(t, t, None, t)}
    ),
    "amend source data": lambda r, t, _f: r.versions.amend(
        "risk/churn:1", metric_sources={"auc": MetricSource(t, t, None, t)}
    ),
    "amend direction": lambda r, t, _f: r.versions.amend(
        "risk/churn:1", metric_sources={"auc": MetricSource(direction=t)}
    ),
    "amend command": lambda r, t, _f: r.versions.amend(
        "risk/churn:1", code=Code(command=(t, "{out}"), directory=t)
    ),
    "amend patch": lambda r, t, _f: r.versions.amend("risk/churn:1", code=Code(patch=t)),
    "amend data": lambda r, t, _f: r.versions.amend(
        "risk/churn:1", datasets=[Dataset("d", uri=t, split=t, license=t, path=t)]
    ),
    "tracker": lambda r, t, _f: r.versions.amend("risk/churn:1", run=Run("r", tracker=t)),
    "machine": lambda r, t, _f: r.versions.amend(
        "risk/churn:1", environment=Environment(gpu=t, container=t)
    ),
    "recipe": lambda r, t, _f: r.reproductions.recipe(t),
    "attempts": lambda r, t, _f: r.reproductions.list(t),
    "kept": lambda r, t, _f: r.reproductions.kept(t),
    "card render": lambda r, t, _f: r.cards.render(t),
    "card history": lambda r, t, _f: r.cards.history(t),
    "card diff": lambda r, t, _f: r.cards.diff("risk/churn:1", other=t),
    "card score": lambda r, t, _f: r.cards.score(t),
    "past lineage": lambda r, t, _f: r.at(10).lineage.of(t),
    "audit model": lambda r, t, _f: r.audit.entries(model=t),
    "audit event": lambda r, t, _f: r.audit.entries(event=t),
    "audit actor": lambda r, t, _f: r.audit.entries(actor=t),
    "backup": lambda r, t, f: r.upkeep.backup(f.parent / "backups" / t),
    "past name": lambda r, t, _f: r.at(10).models.get(t),
    "past reference": lambda r, t, _f: r.at(10).versions.get(t),
}
WITH_NUMBER: dict[str, Use] = {
    "metric": lambda r, n, _f: r.versions.amend("risk/churn:1", metrics={"m": n}),
    "param": lambda r, n, _f: r.versions.amend("risk/churn:1", params={"p": n}),
    "seconds": lambda r, n, _f: r.versions.amend("risk/churn:1", run=Run("r", None, n)),
    "rows": lambda r, n, _f: r.versions.amend("risk/churn:1", datasets=[Dataset("d", rows=n)]),
    "weight": lambda r, n, _f: r.promotions.promote(
        "risk/churn:2", "production", weight=n, reason="r"
    ),
    "split": lambda r, n, _f: r.promotions.promote(
        "risk/churn:2", "production", split={"risk/churn:2": n}, reason="r"
    ),
    "rollback to": lambda r, n, _f: r.promotions.rollback(
        "risk/churn", "production", to=n, reason="r"
    ),
    "history limit": lambda r, n, _f: r.promotions.history("risk/churn", limit=n),
    "serving limit": lambda r, n, _f: r.promotions.serving(limit=n),
    "models.list limit": lambda r, n, _f: r.models.list(limit=n),
    "names limit": lambda r, n, _f: r.models.names(limit=n),
    "versions.list limit": lambda r, n, _f: r.versions.list("risk/churn", limit=n),
    "versions.list after": lambda r, n, _f: r.versions.list("risk/churn", after=n),
    "search limit": lambda r, n, _f: r.versions.search("", limit=n),
    "by_ids": lambda r, n, _f: r.versions.by_ids([n]),
    "entries limit": lambda r, n, _f: r.audit.entries(limit=n),
    "entries after": lambda r, n, _f: r.audit.entries(after=n),
    "past entries after": lambda r, n, _f: r.at(9).audit.entries(after=n),
    "audit.get": lambda r, n, _f: r.audit.get(n),
    "at": lambda r, n, _f: r.at(n),
    "hops": lambda r, n, _f: r.lineage.of("risk/churn:1", hops=n),
    "hops of events": lambda r, n, _f: r.lineage.events("risk/churn:1", hops=n),
    "suggestions limit": lambda r, n, _f: r.lineage.suggestions(limit=n),
    "card since": lambda r, n, _f: r.cards.diff("risk/churn:1", since=n),
    "grace": lambda r, n, _f: r.upkeep.gc_plan(n),
    "ledger limit": lambda r, n, _f: r.intake.ledger(limit=n),
}
MOMENTS = (
    datetime.min,  # noqa: DTZ901 - on purpose
    datetime.max.replace(tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 1),  # noqa: DTZ001 - on purpose
)


def used(use: Callable[[], Any]) -> Any:  # noqa: ANN401 - what the method returns
    """Return what a use gives; a refusal must be a sentence that can be shown and carried."""
    try:
        return use()
    except ModelshelfError as error:
        check_sentence(error)
    return None


def check_harmless(registry: Registry, answer: object) -> None:
    """Check that what came back can be written as JSON, and that the log says it harmlessly."""
    if not isinstance(answer, Page | Path | Registry) and answer is not None:
        canonical(plain(answer)).encode()
    for entry in registry.audit.entries(limit=3):
        assert is_harmless(entry.sentence)
        assert len(entry.sentence) <= 3_000


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a registry with a story in it once, and return its folder."""
    folder = tmp_path_factory.mktemp("story")
    with create_registry(folder / "registry", actor="ana", clock=ticking()) as made:
        furnish(made, folder / "files")
    return made.path


@pytest.fixture
def furnished_registry(story: Path, tmp_path: Path) -> Iterator[Registry]:
    """Open a copy of it."""
    shutil.copytree(story, tmp_path / "registry")
    with open_registry(tmp_path / "registry", actor="ana", clock=ticking()) as opened:
        yield opened


@pytest.mark.parametrize("name", WITH_TEXT)
def test_hostile_text_is_refused_or_harmless(
    furnished_registry: Registry, tmp_path: Path, name: str
) -> None:
    """Each text, given where this method takes text, is refused in words or kept as data."""
    file = model_file(tmp_path, 99)
    registry = furnished_registry
    for text in TEXTS.values():
        answer = used(lambda text=text: WITH_TEXT[name](registry, text, file))  # type: ignore[misc]
        check_harmless(registry, answer)
    assert registry.audit.verify().problems == ()
    assert registry.models.list(retired=True)


@pytest.mark.parametrize("name", WITH_NUMBER)
def test_hostile_numbers_are_refused_or_harmless(
    furnished_registry: Registry, tmp_path: Path, name: str
) -> None:
    """Each number, given where this method takes one, is refused in words or means something."""
    file = model_file(tmp_path, 99)
    registry = furnished_registry
    for number in NUMBERS.values():
        answer = used(lambda n=number: WITH_NUMBER[name](registry, n, file))  # type: ignore[misc]
        check_harmless(registry, answer)
    assert registry.audit.verify().problems == ()


def test_hostile_moments_are_refused_or_harmless(furnished_registry: Registry) -> None:
    """The ends of the calendar and moments without a zone are questions like others."""
    for moment in MOMENTS:
        check_harmless(furnished_registry, used(lambda m=moment: furnished_registry.at(m)))  # type: ignore[misc]
        entries = furnished_registry.audit.entries(since=moment, limit=100)
        more = furnished_registry.audit.entries(until=moment, limit=100)
        assert len(entries) + len(more) in (22, 23), "an entry of that very moment is in both"


@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
def test_a_hostile_file_name_is_refused_or_harmless(
    registry: Registry, tmp_path: Path, text: str
) -> None:
    """A file may be called anything a system allows; its name is never obeyed."""
    source = model_file(tmp_path, 1)
    try:
        file = source.rename(source.with_name(text.replace("/", "_") + ".safetensors"))
    except (OSError, ValueError):
        return  # no system lets a file be called so
    answer = used(lambda: registry.versions.register("churn", file))
    check_harmless(registry, answer)
    assert registry.audit.verify(deep=True).problems == ()
    if answer is not None:
        registry.versions.checkout("churn:1", tmp_path / "out")


@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
def test_hostile_text_inside_a_file_is_harmless(
    registry: Registry, tmp_path: Path, text: str
) -> None:
    """What a model file says about itself is data, whatever it says."""
    import json
    import struct

    metadata = {"note": text[:5_000], text[:50]: "x"}
    head = json.dumps(
        {"__metadata__": metadata, "w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}
    )
    file = tmp_path / "m.safetensors"
    file.write_bytes(struct.pack("<Q", len(head)) + head.encode() + bytes(16))
    answer = used(lambda: registry.versions.register("churn", file))
    check_harmless(registry, answer)
    if answer is not None:
        check_harmless(registry, registry.versions.detail("churn:1"))
    assert registry.audit.verify().problems == ()
