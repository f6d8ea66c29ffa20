"""Whatever is typed or lies in the registry: a sentence or harmless output, never more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelshelf.cli.root import SECTIONS
from tests.doors.calls import Call, Shell
from tests.doors.story import READS

BAD = {
    "escape": "\x1b]0;owned\x07x",
    "c1": "\x9b31mred",
    "newline": "x\ny\r\tz",
    "bidi": "churn\u202egnp.exe",
    "markup": "[/b][@click=app.bell()]{0}%s$(id)`id`",
    "sql": "'; DROP TABLE model; --",
    "surrogates": "\udcff\ud800",
    "long": "a" * 10_000,
    "marks": "e\u0301\u0302" * 200,
    "nan": "nan",
    "climb": "../../../../etc/passwd",
    "option": "--",
    "nothing": "",
    "digits": "9" * 400,
}

# Every place of every command where text can stand; {} is the hostile one.
PLACES = [
    "list {}", "list --match {}", "list --stage {}", "list churn --after {}", "list --after {}",
    "list -n {}", "show {}", "show churn:{}", "show churn@{}", "show sha256:{}", "search {}",
    "search metrics.{}>=1", "search metrics.auc>={}", "search x --sort {}", "search x --after {}",
    "compare {} churn:v1", "compare churn:v1 {}", "lineage {}", "lineage churn:v1 --hops {}",
    "compare churn:v1 churn:v1 --baseline {}", "compare churn:v1 churn:v1 --only {}",
    "compare churn:v1 churn:v1 --probe {}", "compare churn:v1 churn:v1 --repository OUT{}",
    "lineage dataset:{}", "lineage hf:{}", "lineage churn:v1 --to {}",
    "lineage churn:v1 --common {}", "lineage churn:v1 --format {}", "impact {}",
    "impact churn:v1 --stage {}", "licences {}", "leaks {}", "suggestions {}",
    "suggestions churn:v1 --confirm {}", "suggestions churn:v1 --reject {}",
    "suggestions churn:v1 --reject hf:a --as {}", "link {} trained_on dataset:a",
    "link churn:v1 {} dataset:a", "link churn:v1 trained_on {}",
    "link churn:v1 trained_on dataset:{}", "link churn:v1 trained_on dataset:b --reason {}",
    "unlink {} trained_on dataset:a --reason x", "unlink churn:v1 trained_on {} --reason x",
    "reproduce {}", "reproduce churn:v1 --run --tolerance {}",
    "reproduce churn:v1 --run --python {}", "reproduce churn:v1 --run --timeout {}",
    "reproduce churn:v1 --run --keep OUT{}", "card {}", "card churn:v1 --set {}",
    "card churn:v1 --diff --since {}", "card churn:v1 --diff --with {}", "probe {} --probe x",
    "probe churn:v1 --probe {}", "register churn FILE --features {}",
    "register churn FILE --command {}", "register churn FILE --lock {}",
    "register churn FILE --git OUT{}", "register churn FILE --direction auc={}",
    "log {}", "log --model {}", "log --event {}", "log --actor {}", "log --since {}",
    "log --until {}", "log --after {}", "register {} FILE", "register churn {}",
    "register churn FILE --metric auc={}", "register churn FILE --metric {}=1",
    "register churn FILE --param lr={}", "register churn FILE --param {}=1",
    "register churn FILE --tag team={}", "register churn FILE --tag {}=x",
    "register churn FILE --description {}", "register churn FILE --card {}",
    "register churn FILE --run {}", "register churn FILE --run a --run-url {}",
    "register churn FILE --code-repository {}", "register churn FILE --code-commit {}",
    "register churn FILE --entry {}", "register churn FILE --dataset {}",
    "register churn FILE --dataset a@{}", "register churn FILE --dataset a=sha256:{}",
    "register churn FILE --evaluated-on {}", "register churn FILE --package {}=1",
    "register churn FILE --package a={}", "register churn FILE --base {}",
    "register churn FILE --environment {}", "amend {} --metric a=1", "amend churn:v1 --tag a={}",
    "describe {} --owner x", "describe churn --owner {}", "describe churn --description {}",
    "rename {} x", "rename nobody {}", "tag {} a=b", "tag churn a={}", "tag churn:v1 {}=b",
    "tag churn --unset {}", "alias {} champion", "alias churn:v1 {}", "alias churn {} --remove",
    "alias churn:v1 a --reason {}", "promote {} production --yes --reason x",
    "promote churn:v1 {} --yes --reason x", "promote churn:v1 staging --yes --reason {}",
    "promote churn:v1 staging --weight {}", "promote churn:v1 staging --split {}=50 --yes",
    "promote churn:v1 staging --split churn:v1={} --yes", "rollback {} --stage production --yes",
    "promote churn:v1 production --bypass --yes --reason {}", "request open {} production",
    "request open churn:v1 {} --reason x", "request open churn:v1 production --reason {}",
    "request open churn:v1 staging --split {}=100 --reason x", "request show {}",
    "request list --model {}", "request list --waiting-for {}", "request list --state {}",
    "request approve {}", "request approve 4 --comment {}", "request reject 4 --comment {}",
    "request withdraw 4 --reason {}", "request apply {} --yes", "request {}",
    "evidence {} production", "evidence churn:v1 {}",
    "rollback churn --stage {} --yes", "rollback churn --stage staging --to {} --yes",
    "rollback churn --stage production --reason {} --yes", "archive {} --reason x",
    "archive churn:v1 --reason {}", "yank {} --reason x", "yank churn:v1 --reason {}",
    "retire {} --reason x", "retire churn --reason {}", "restore {} --reason x",
    "restore churn:v1 --reason {}", "resolve {}", "resolve churn:v1 --key {}", "checkout {} OUT",
    "checkout churn:v1 OUT{}", "gc --grace-days {}", "backup COPY{}", "verify {}", "doctor {}",
    "rebuild {}", "watch --once {}", "inbox {}", "inbox --state {}",
    "inbox -n {}", "inbox show {}", "inbox retry {}", "inbox point {} churn", "inbox point 1 {}",
    "inbox release {} --reason x", "inbox release quarantine:1 --reason {}",
    "inbox release quarantine:1 --reason x --model {}", "inbox discard {} --reason x",
    "inbox discard quarantine:{} --reason x", "scan {}", "scan churn:v1 {}",
    "vouch {} --reason x", "vouch churn:v1 --reason {}", "service print {}",
    "show churn:v1 --tensors {}", "completion {}", "demo --no-app {}",
    "check {} production", "check churn:v1 {}", "check churn:v1 production --split {}=100",
    "check churn:v1 production --weight {}", "check churn:v1 production --output {}",
    "check churn:v1 production --output a --entry {}", "check --all {}", "check --all --models {}",
    "ramp {} 50 --reason x", "ramp churn:v1 {} --reason x", "ramp churn:v1 50 --reason {}",
    "ramp churn:v1 50 --stage {} --reason x", "ramp {} --history", "undo {} --yes",
    "undo 4 --reason {} --yes", "rollback --as-of {} --reason x --yes",
    "rollback --as-of 3 --models {} --reason x --yes", "rollback --as-of 3 --reason {} --yes",
    "resolve churn:v1 --as {}", "checkout churn:v1 OUT --as {}", "consumers {}",
    "consumers --stale {}", "consumers unused --models {}", "consumers unused --older-than {}",
    "consumers forget {}", "policy {}", "policy check {}", "policy show {}", "policy explain {}",
    "checkpoint --sign --key {}", "checkpoint --make-key OUT{}", "export --since {}",
    "export --until {}", "export --format {}", "export -o OUT{}", "verify --since {}",
    "verify --witness OUT{}", "verify --public-key {}", "hooks {}", "hooks log --hook {}",
    "hooks log --state {}", "hooks log -n {}", "hooks replay {}", "hooks test {}",
    "hooks replay --hook {} --since 1", "hooks replay --hook x --since {}",
    "log --reference {}", "init INIT{}", "{}", "{} list", "--as-of {} list",
    "--actor {} tag churn a=b", "-R REGISTRY{} list", "-R REGISTRY{} show churn",
]  # fmt: skip


def harmless(done: Call) -> None:
    """Check that a call ended as documented and wrote nothing that a terminal obeys."""
    assert done.code in {0, 2, 3, 4, 5, 6, 7} or (done.code == 1 and done.stdout), done.stderr
    for text in (done.stdout, done.stderr):
        bad = [line for line in text.split("\n") if not line.isprintable()]
        assert bad == []
        assert "Traceback" not in text
    if done.code > 1:
        assert done.stderr.startswith("modelshelf: ") or "\nmodelshelf: " in done.stderr


@pytest.fixture
def stocked(shell: Shell, model: Path) -> Shell:
    """Register one version to work with."""
    shell.json("register", "churn", model)
    return shell


@pytest.mark.parametrize("kind", BAD)
def test_hostile_words_do_no_harm(kind: str, stocked: Shell, tmp_path: Path, model: Path) -> None:
    """Every place of every command takes every kind of hostile text."""
    places = {
        "FILE": str(model), "OUT": str(tmp_path / "out"), "COPY": str(tmp_path / "copy"),
        "INIT": str(tmp_path / "new"), "REGISTRY": str(tmp_path / "none"),
    }  # fmt: skip
    for number, place in enumerate(PLACES):
        words = [_filled(word, BAD[kind], places, number) for word in place.split()]
        harmless(stocked(*words))
    assert stocked.json("verify", "--deep")["verification"]["whole"]


def _filled(word: str, bad: str, places: dict[str, str], number: int) -> str:
    for name, path in places.items():
        if word.startswith(name):
            # Each call has a place of its own, and no way out of it.
            word = word.replace(name, path if name == "FILE" else f"{path}{number}", 1)
            bad = bad.replace("/", "")
    return word.replace("{}", bad)


def test_every_command_is_attacked() -> None:
    """No command is without a hostile word."""
    words = {word for place in PLACES for word in place.split()}
    assert {name for section in SECTIONS.values() for name in section} <= words


ODD = "\u202eبata\u200b[/x] 模型 😀\ufeff"


@pytest.fixture
def odd(shell: Shell, tmp_path: Path, model: Path) -> Shell:
    """Fill a registry with everything odd that it accepts."""
    card = tmp_path / "card.md"
    card.write_text(f"# \x1b]0;owned\x07 {ODD}\n\ttab\n", encoding="utf-8")
    name = os.fsdecode(b"mod\xff.safetensors") if os.name == "posix" else "model.safetensors"
    file = tmp_path / name
    file.write_bytes(model.read_bytes())
    tags = ("--tag", f"team={ODD}", "--param", f"p={ODD}\nx", "--description", f"{ODD}\n\tb")
    made = (
        "--run",
        ODD,
        "--code-repository",
        ODD,
        "--dataset",
        f"{ODD}@{ODD}",
        "--package",
        f"{ODD}=1",
    )
    shell("register", "churn", model, *tags, *made)
    shell("register", "churn", model, *tags, *made, "--card", card, "--force-new")
    shell("register", "churn", file, "--base", "churn:v1", "--force-new")
    shell("describe", "churn", "--owner", ODD, "--description", f"{ODD}\n{ODD}")
    shell("promote", "churn:v1", "production", "--reason", f"{ODD}\n{ODD}", "--yes")
    shell("yank", "churn:v1", "--reason", ODD)
    shell("tag", "churn", f"a={ODD}")
    return shell


def test_odd_content_is_shown_harmlessly(odd: Shell) -> None:
    """Everything that looks at the registry prints lines of printable characters."""
    assert len(odd.json("list", "churn")["versions"]) >= 1
    for name, words in READS:
        done = odd(*words)
        harmless(done)
        assert name in {"show-card", "log-filter"} or done.stdout or done.stderr
    shown = odd("show", "churn:v1").stdout
    assert "\\u202e" in shown


def test_a_dropped_file_with_a_hostile_name_does_no_harm(shell: Shell, model: Path) -> None:
    """What lies in a drop folder is named harmlessly, taken or refused."""
    inbox = shell.registry / "inbox"
    for folder, name in (("x\x1b[2J", "a.safetensors"), ("churn", "b\n\x1b]0;x\x07.safetensors")):
        (inbox / folder).mkdir(parents=True)
        (inbox / folder / name).write_bytes(model.read_bytes())
    for words in (("watch", "--once"), ("inbox",), ("list",), ("log",)):
        done = shell(*words)
        harmless(done)
