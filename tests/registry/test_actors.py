"""Actors: where the policy has a say, nobody acts under a name that is not theirs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from modelshelf import settings
from modelshelf.domain.errors import Invalid, Refused
from modelshelf.registry import create_registry, open_registry
from modelshelf.registry.actors import system_user
from tests.furnished import model_file, ticking
from tests.sentences import check_sentence

pytestmark = pytest.mark.skipif(os.name == "nt", reason="accounts of POSIX")

NOBODY = "[actors]\nnamed = false\n"
MakeShelf = Callable[[str], Path]


@pytest.fixture
def make_shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeShelf:
    """Return a function that makes a registry of one model under a policy; nothing else is set."""
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.delenv(settings.ACTOR_VARIABLE, raising=False)

    def make(policy: str) -> Path:
        with create_registry(tmp_path / "r", actor="ana", clock=ticking()) as registry:
            registry.versions.register("churn", model_file(tmp_path, 1))
        (tmp_path / "r" / "modelshelf.toml").write_text(policy, "utf-8")
        return tmp_path / "r"

    return make


def tag(root: Path, actor: str | None = None) -> str:
    """Change something; return under which name."""
    with open_registry(root, actor=actor, clock=ticking()) as registry:
        registry.versions.tag("churn:1", set={"seen": "yes"})
        return registry.audit.entries(limit=1)[0].actor


def entries(root: Path) -> int:
    """Return how long the log is."""
    with open_registry(root) as registry:
        return registry.audit.head()[0]


def test_without_a_word_in_the_policy_everybody_is_who_they_say(
    make_shelf: MakeShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A registry of one person, and one of people who trust each other, need no rule."""
    root = make_shelf("")
    assert tag(root, "kim") == "kim"
    monkeypatch.setenv(settings.ACTOR_VARIABLE, "ravi")
    assert tag(root) == "ravi"


def test_a_name_that_is_given_is_refused_at_once(make_shelf: MakeShelf) -> None:
    """Before anything is opened or read, with a sentence that says what to do."""
    root, me = make_shelf(NOBODY), system_user()
    with pytest.raises(Refused) as found:
        open_registry(root, actor="ana")
    assert str(found.value) == (
        f"{me} may not act as ana: the policy lets nobody act under another name than the"
        " system's. Leave out --actor."
    )
    assert (found.value.observed, found.value.required) == ("ana", me)
    check_sentence(found.value)
    assert tag(root, me) == me
    assert tag(root) == me


def test_a_name_of_the_environment_is_refused_when_something_is_written(
    make_shelf: MakeShelf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Reading goes on; nothing is stored, not even bytes."""
    root = make_shelf(NOBODY)
    before = entries(root)
    monkeypatch.setenv(settings.ACTOR_VARIABLE, "ana")
    with open_registry(root, clock=ticking()) as registry:
        assert registry.versions.get("churn:1").number == 1
        assert registry.promotions.resolve("churn:1").holders
        with pytest.raises(Refused, match=r"may not act as ana.*Unset MODELSHELF_ACTOR"):
            registry.versions.register("churn", model_file(tmp_path, 2))
        (warning,) = registry.promotions.resolve("churn:1", consumer="api").warnings
        assert "may not act as ana" in warning
        assert registry.consumers.list() == ()
    assert len([f for f in (root / "blobs").rglob("*") if f.is_file() and len(f.name) > 30]) == 1
    monkeypatch.delenv(settings.ACTOR_VARIABLE)
    assert entries(root) == before


def test_a_name_of_ones_own_settings_is_held_to_it_too(make_shelf: MakeShelf) -> None:
    """The hint names the file."""
    root = make_shelf(NOBODY)
    file = settings.config_file()
    file.parent.mkdir(parents=True)
    file.write_text('actor = "ana"\n', "utf-8")
    with pytest.raises(Refused, match=r"Take actor out of .*config\.toml"):
        tag(root)
    file.write_text("actor = 7\n", "utf-8")
    with pytest.raises(Invalid, match="the actor is not text"):
        tag(root)


def test_some_accounts_may_say_whom_they_act_for(make_shelf: MakeShelf) -> None:
    """The names in the policy are those of accounts, such as that of a build server."""
    root = make_shelf(f'[actors]\nnamed = ["ci", "{system_user()}"]\n')
    assert tag(root, "ana") == "ana"
    (root / "modelshelf.toml").write_text('[actors]\nnamed = ["ci", "cd"]\n', "utf-8")
    with pytest.raises(Refused, match="lets only ci, cd act under another name"):
        tag(root, "ana")
    (root / "modelshelf.toml").write_text("[actors]\nnamed = []\n", "utf-8")
    with pytest.raises(Refused, match="lets nobody act"):
        tag(root, "ana")


def test_the_system_says_who_somebody_is_and_not_the_environment(
    make_shelf: MakeShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOGNAME and USER are whatever one likes."""
    import pwd

    root, me = make_shelf(NOBODY), system_user()
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "ana")
    assert system_user() == me == pwd.getpwuid(os.getuid()).pw_name
    assert tag(root) == me

    def unknown(_number: int) -> object:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert tag(root) == f"uid-{os.getuid()}"


def test_roles_go_by_the_name_that_is_allowed(
    make_shelf: MakeShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With both, nobody gets a role by calling themselves otherwise."""
    root = make_shelf(NOBODY + '[roles]\nviewer = ["ana"]\nadmin = ["ana"]\n')
    with open_registry(root) as registry, pytest.raises(Refused, match="takes the role viewer"):
        registry.versions.get("churn:1")
    monkeypatch.setenv(settings.ACTOR_VARIABLE, "ana")
    with open_registry(root) as registry, pytest.raises(Refused, match="may not act as ana"):
        registry.versions.get("churn:1")


@pytest.mark.parametrize("actor", ["", " ", "x\x1b[2J", "a\u202eb", "\ud800", "x" * 10_000])
def test_hostile_names_are_mistakes(make_shelf: MakeShelf, actor: str) -> None:
    """Or names that nobody may act under; in any case they are not shown as they are."""
    with pytest.raises((Invalid, Refused)) as found:
        open_registry(make_shelf(NOBODY), actor=actor)
    check_sentence(found.value)


def test_a_real_process_is_held_to_its_account(make_shelf: MakeShelf, tmp_path: Path) -> None:
    """At the command line, with what a shell hands on."""
    root = make_shelf(NOBODY)
    line = [sys.executable, "-m", "modelshelf", "-R", str(root)]

    def run(*words: str, **variables: str) -> tuple[int, str]:
        home = {"HOME": str(tmp_path / "home"), "PATH": os.environ.get("PATH", "")}
        done = subprocess.run(
            [*line, *words], env=home | variables, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stderr

    assert run("list", MODELSHELF_ACTOR="ana")[0] == 0
    code, said = run("tag", "churn:v1", "a=b", MODELSHELF_ACTOR="ana")
    assert (code, "may not act as ana" in said) == (5, True)
    code, said = run("--actor", "ana", "list")
    assert (code, "Leave out --actor" in said) == (5, True)
    assert run("tag", "churn:v1", "a=b", LOGNAME="ana")[0] == 0
    with open_registry(root) as registry:
        assert registry.audit.entries(limit=1)[0].actor == system_user()
