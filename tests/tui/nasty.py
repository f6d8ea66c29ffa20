"""A catalogue whose every text is hostile, made with the checks at the door switched off."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from modelshelf.domain.events import RequestApproved, RequestOpened, RequestRejected
from modelshelf.domain.inspection import Finding, Inspection, TensorSpec
from modelshelf.domain.intake import State
from modelshelf.domain.provenance import Code, Dataset, Details, Environment, Run
from tests.catalog.by_hand import tampered
from tests.tui.drops import line, put, quarantine
from tests.tui.healthy import hook
from tests.tui.scene import Scene, empty_scene

ALONE = (
    "x[/]",
    "[/foo]",
    "a[b]c[/b]",
    "[@click=app.bell()]x[/]",
    "x[/",
    "$name [$accent]y",
    "\x1b]52;c;cm0=\x07 \x1b[2J \x1b]0;title\x07",
    "\x9b31m C1 \x85 \x00 NUL",
    "\u202egnp.exe\u2066 bidi \u200f",
    "👩\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈 👍🏽",
    "a\u0300\u0301\u0302\u0303\u0304\u0305\u0306 zalgo",
    "line\nline\rline\tline\u2028line",
    "模型" * 40,
    "n" * 10_000,
    "\ufeffBOM\ue000private",
)
# Two in each version: a walk over fifteen versions would take long and find no more.
NASTY = tuple(f"{one} {other}" for one, other in zip(ALONE[::2], (*ALONE[1::2], ""), strict=True))


def hostile_details(number: int) -> Details:
    """Return details that hold one nasty text everywhere."""
    text = NASTY[number]
    return Details(
        metrics={text: 0.5, "auc": 0.1 * number, f"{text}2": float("1e300")},
        params={text: text, "other": text},
        tags={text: text, "team": text},
        description=text,
        card=f"---\n{text}\n---\n# {text}\n\n[link]({text})\n\n```\n{text}\n```\n|{text}|\n|-|\n",
        run=Run(text, text, 1.0),
        code=Code(text, "3f2a91c", dirty=True, entry=text),
        datasets=(Dataset(text, "trained_on", text, None, 1),),
        environment=Environment(text, text, {text: text}),
    )


def hostile_look(number: int) -> Inspection:
    """Return what looking into a hostile file may find."""
    text = NASTY[number]
    return Inspection(
        text[:40],
        framework=text,
        inputs=(TensorSpec(text, text, (text, None)),),
        metadata={text: text},
        verdict="warning",
        findings=(Finding(text, "warning", text, text),),
        mismatch=text,
    )


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Make the catalogue with the checks at the door switched off, as an older release may have."""
    scene = empty_scene(tmp_path_factory.mktemp("hostile"))

    def let_in(_kind: str, value: str, **_given: object) -> str:
        return value

    with (
        mock.patch("modelshelf.registry.registering.check_model_name", lambda name: name),
        mock.patch("modelshelf.registry.promotions.check_reason", lambda reason: reason),
        mock.patch("modelshelf.domain.text.accept", let_in),
        mock.patch("modelshelf.settings.accept", let_in),
        mock.patch("modelshelf.registry.models.accept", let_in),
    ):
        fill(scene)
    return scene


def fill(scene: Scene) -> None:
    """Register, describe, promote and roll back with nasty text."""
    from modelshelf.artifacts import ingest
    from modelshelf.registry.registering import Draft

    file = Path(scene.folder.parent) / "m"
    for number, text in enumerate(NASTY):
        with scene.acting(text[:300], timedelta(days=20 - number)) as registry:
            file.write_text(text, encoding="utf-8", errors="surrogatepass")
            content = ingest(file, registry._context.blobs)
            look, details = hostile_look(number), hostile_details(number)
            drafts = [Draft("churn", content, look, details, text)]
            drafts += [Draft(text[:150], content, look, details, text)]
            registry.versions.register_many(drafts)
            registry.models.describe("churn", owner=text, description=text)
            registry.promotions.promote(f"churn:v{number + 1}", "production", reason=text)
    with scene.acting("ana") as registry:
        registry.promotions.rollback("churn", "production", reason=ALONE[6])
    drop(scene)
    request(scene)
    tell(scene)


def request(scene: Scene) -> None:
    """Record requests with nasty reasons, of nasty people, with nasty answers."""
    for number, text in enumerate(NASTY):
        with scene.acting(text[:300], timedelta(hours=20 - number)) as registry:
            model = registry.models.get("churn")
            version = registry.versions.get(f"churn:v{number + 1}")
            about: dict[str, Any] = {"model_id": model.id, "model": "churn", "stage": "staging"}
            with registry._context.write("furnish") as transaction:
                opened = transaction.record(
                    RequestOpened(
                        **about,
                        version_id=version.id,
                        holders=((version.id, version.number, 100),),
                        reason=text,
                    ),
                    "churn",
                )
                asked = {**about, "request_id": opened.seq, "comment": text}
                answer = RequestRejected if number % 3 == 0 else RequestApproved
                transaction.record(answer(**asked), "churn")


def drop(scene: Scene) -> None:
    """Write nasty lines into the inbox, one of every state with every text."""
    states: tuple[State, ...] = ("waiting", "taken", "same", "refused", "ignored")
    for number, text in enumerate(NASTY):
        state, ago = states[number % len(states)], timedelta(minutes=number)
        reference = f"churn:v{number + 1}" if state in ("taken", "same") else ""
        put(scene, line(text, state, ago, reason=text, reference=reference, model=text))
        with mock.patch("tests.tui.drops.DANGEROUS", hostile_look(number)):
            quarantine(scene, f"kept {text}", model=text, rule=text, reason=text, owner=text)


def tell(scene: Scene) -> None:
    """Have a hook fail with nasty words, and edit what is kept of that by hand."""
    said = f"import sys; print({ALONE[3] + ALONE[6] + ALONE[8]!r}); sys.exit(1)"
    rules = hook("[/foo] [b]", said) + hook("x[/", "pass", on="*")
    (scene.folder / "modelshelf.toml").write_text(rules, "utf-8")
    with scene.acting("ana") as registry:
        registry.models.tag("churn", set={"told": "yes"})
        registry.promotions.promote("churn:v1", "staging", reason="told")
        registry.hooks.deliver()
        tampered(
            registry,
            "UPDATE delivery SET event = '[/' || char(133),"
            " said = '[/x' || char(27) || '[2J' || char(8238) || char(155)",
        )
