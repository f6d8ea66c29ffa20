"""`card` at the command line: shown, made, edited with real editors, compared, judged."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest
import yaml

from modelshelf.registry import Registry
from tests.doors.calls import Call, Shell
from tests.sentences import is_harmless

CARD = "# Churn\n\n## Intended use\n\nRanking.\n"


@pytest.fixture
def person(shell: Shell, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Return somebody in front of churn:v1, whose temporary files can be looked at."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    assert shell("register", "churn", model, "--metric", "auc=0.9").code == 0
    return shell


def editor(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """Let the person's editor be a few lines of Python; `path` is the file it is given."""
    script = folder / "the editor.py"
    script.write_text(f"import os, sys\npath = sys.argv[-1]\n{code}\n", "utf-8")
    words = [sys.executable, str(script), "--wait"]
    monkeypatch.setenv("EDITOR", shlex.join(words))


def left(tmp_path: Path) -> list[Path]:
    """Return the files that editing has left."""
    return sorted(p for p in (tmp_path / "temporary").rglob("*") if p.is_file())


def edit(person: Shell) -> Call:
    """Edit the card of churn:v1."""
    return person("card", "churn:1", "--edit")


def test_a_card_is_shown_and_one_is_made_where_there_is_none(person: Shell) -> None:
    """Without a card the made one comes, which is said aside; --render makes one in any case."""
    shown = person("card", "churn:1")
    assert shown.code == 0
    assert shown.stdout.startswith("---\n")
    assert "has no card" in shown.stderr
    assert "- auc" in shown.stdout
    assert person("amend", "churn:1", "--description", "who leaves").code == 0
    person.json("card", "churn:1", "--render")
    assert person("card", "churn:1", "-q").stderr == ""


def test_a_card_is_set_from_a_file_and_shown_as_it_was_written(
    person: Shell, tmp_path: Path
) -> None:
    """What was set is what is shown; --json tells whether it was made."""
    file = tmp_path / "card.md"
    file.write_bytes(b"\xef\xbb\xbf" + CARD.encode())
    done = person("card", "churn:1", "--set", file)
    assert (done.code, done.stdout) == (0, "churn:v1\n")
    assert person("card", "churn:1").stdout == CARD
    assert person.json("card", "churn:1") == {
        "reference": "churn:v1", "card": CARD, "rendered": False,
    }  # fmt: skip
    assert person.json("card", "churn:1", "--render")["rendered"]
    assert person("card", "churn:1", "--set", tmp_path / "nothing").code == 7
    file.write_bytes(b"\xff")
    assert person("card", "churn:1", "--set", file).code == 2


def test_setting_the_same_card_again_records_nothing(person: Shell, tmp_path: Path) -> None:
    """The second time is said to have changed nothing, and the history has one text."""
    file = tmp_path / "card.md"
    file.write_text(CARD, "utf-8")
    assert person.json("card", "churn:1", "--set", file)["changed"]
    again = person("card", "churn:1", "--set", file)
    assert (again.code, again.stdout) == (0, "")
    assert "nothing is recorded" in again.stderr
    assert not person.json("card", "churn:1", "--set", file)["changed"]
    (only,) = person.json("card", "churn:1", "--history")["history"]
    assert person("card", "churn:1", "--set", file, "--as-of", str(only["seq"])).code == 5


def test_history_diff_and_score_are_shown(person: Shell, tmp_path: Path) -> None:
    """One line a text, the last change, and what is missing; the score ends with 0."""
    assert "never had a card" in person("card", "churn:1", "--history").stderr
    assert "Nothing differs" in person("card", "churn:1", "--diff").stderr
    file = tmp_path / "card.md"
    for text in (CARD, CARD + "\n## Limits\n\nNone known.\n"):
        file.write_text(text, "utf-8")
        person("card", "churn:1", "--set", file)
    lines = person("card", "churn:1", "--history").stdout.splitlines()
    assert len(lines) == 3
    assert "Churn" in lines[1]
    entries = person.json("card", "churn:1", "--history")["history"]
    assert [e["text"] for e in entries][1] == CARD
    diff = person("card", "churn:1", "--diff").stdout
    assert "+## Limits" in diff
    assert person("card", "churn:1", "--diff", "--since", str(entries[1]["seq"])).stdout == diff
    assert "+## Limits" not in person("card", "churn:1", "--diff", "--with", "churn:1").stdout
    scored = person("card", "churn:1", "--score")
    assert scored.code == 0
    assert "25 % complete: 3 of 12." in scored.stdout
    told = person.json("card", "churn:1", "--score")
    assert told["percent"] == 25
    assert {i["name"] for i in told["items"] if i["where"] == "card"} == {
        "intended use", "limitations",
    }  # fmt: skip


def test_options_that_do_not_go_together_are_told(person: Shell) -> None:
    """Two acts at once, and a comparison that nobody asked for."""
    assert person("card", "churn:1", "--edit", "--score").code == 2
    assert person("card", "churn:1", "--since", "3").code == 2
    assert person("card", "churn:1", "--diff", "--since", "3", "--with", "churn:1").code == 2
    assert person("card", "churn:9").code == 3


def test_an_edited_card_is_recorded_and_nothing_is_left(
    person: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The editor gets the made card in a private .md file; what it leaves is the card."""
    note = tmp_path / "note"
    look = f"open({str(note)!r}, 'w').write(oct(os.stat(path).st_mode & 0o777) + open(path).read())"
    monkeypatch.setenv("EDITOR", "no-such-editor")
    editor(
        monkeypatch, tmp_path, f"{look}\nassert path.endswith('.md')\nopen(path, 'a').write('# Me')"
    )
    done = edit(person)
    assert (done.code, done.stdout) == (0, "churn:v1\n"), done.stderr
    seen = note.read_text("utf-8")
    if os.name != "nt":
        assert seen.startswith("0o600")
    assert yaml.safe_load(seen.split("---\n")[1])["metrics"] == ["auc"]
    assert person("card", "churn:1").stdout.endswith("# Me\n")
    assert left(tmp_path) == []
    editor(monkeypatch, tmp_path, "open(path, 'w').write('# Mine')")
    monkeypatch.setenv("VISUAL", os.environ["EDITOR"])
    monkeypatch.setenv("EDITOR", "false")
    assert edit(person).code == 0
    assert person("card", "churn:1").stdout == "# Mine\n"


@pytest.mark.parametrize("code", ["pass", "open(path, 'w').write(' \\n')", "open(path, 'w')"])
def test_a_text_that_is_unchanged_or_empty_is_not_recorded(
    person: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """It is said, nothing is left, and no entry is made."""
    editor(monkeypatch, tmp_path, code)
    before = person.json("log", "-n", "1")
    done = edit(person)
    assert (done.code, done.stdout) == (0, "")
    assert "nothing is recorded" in done.stderr
    assert person.json("log", "-n", "1") == before
    assert left(tmp_path) == []


def test_an_editor_that_fails_loses_nothing(
    person: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where something was written, the sentence says where it is; else nothing is left."""
    editor(monkeypatch, tmp_path, "sys.exit(3)")
    done = edit(person)
    assert done.code == 5
    assert "exit 3" in done.stderr
    assert left(tmp_path) == []
    editor(monkeypatch, tmp_path, "open(path, 'w').write('# Work'); sys.exit(3)")
    done = edit(person)
    assert done.code == 5
    assert str(left(tmp_path)[0]) in done.stderr
    assert left(tmp_path)[0].read_text("utf-8") == "# Work"


def test_no_editor_and_one_that_is_not_there_are_sentences(
    person: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither named, words that cannot be split, a program that is missing."""
    assert "--set FILE" in edit(person).stderr
    monkeypatch.setenv("EDITOR", "vi 'unfinished")
    assert edit(person).code == 2
    monkeypatch.setenv("EDITOR", "no-such-editor --wait")
    done = edit(person)
    assert done.code == 7
    assert "no-such-editor" in done.stderr
    assert left(tmp_path) == []


def test_the_editor_is_no_shell_line(
    person: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a shell would obey is an argument."""
    mark = tmp_path / "obeyed"
    editor(monkeypatch, tmp_path, "open(path, 'w').write(repr(sys.argv[1:-1]))")
    monkeypatch.setenv("EDITOR", os.environ["EDITOR"] + f" ; touch {shlex.quote(str(mark))} $HOME")
    assert edit(person).code == 0
    assert not mark.exists()
    assert "$HOME" in person("card", "churn:1").stdout


@pytest.mark.parametrize(
    ("code", "says", "exit_code"),
    [
        ("open(path, 'wb').write(b'\\xff\\xfe')", "not UTF-8", 2),
        ("open(path, 'w').write('a\\x00b')", "cannot be kept", 2),
        ("open(path, 'w').write('x' * 1_000_001)", "too long", 2),
        ("os.remove(path)", "cannot be read", 7),
    ],
)
def test_a_text_that_cannot_be_recorded_is_kept(
    person: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    says: str,
    exit_code: int,
) -> None:
    """Nobody loses what they wrote because of one letter."""
    editor(monkeypatch, tmp_path, code)
    done = edit(person)
    assert done.code == exit_code
    assert says in done.stderr
    for file in left(tmp_path):
        assert str(file) in done.stderr
    assert len(left(tmp_path)) == (0 if "remove" in code else 1)


def test_a_card_that_somebody_else_wrote_meanwhile_is_a_conflict(
    person: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their text stays, mine is kept in its file; a change of something else is none."""
    meanwhile = (
        "from modelshelf.registry import open_registry\n"
        f"with open_registry({str(person.registry)!r}, actor='li') as other:\n"
        "    other.versions.amend('churn:1', {changed})\n"
        "open(path, 'a').write('mine')"
    )
    editor(monkeypatch, tmp_path, meanwhile.format(changed="metrics={'f1': 0.5}"))
    assert edit(person).code == 0
    editor(monkeypatch, tmp_path, meanwhile.format(changed="card='# Theirs\\n'"))
    done = edit(person)
    assert done.code == 4
    assert "li wrote entry" in done.stderr
    assert str(left(tmp_path)[0]) in done.stderr
    assert left(tmp_path)[0].read_text("utf-8").endswith("minemine")
    assert person("card", "churn:1").stdout == "# Theirs\n"


def test_the_past_is_shown_and_not_edited(
    person: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--as-of shows the card of then; no editor opens for it."""
    file = tmp_path / "card.md"
    file.write_text(CARD, "utf-8")
    person("card", "churn:1", "--set", file)
    seq = str(person.json("card", "churn:1", "--history")["history"][0]["seq"])
    file.write_text("# New\n", "utf-8")
    person("card", "churn:1", "--set", file)
    assert person("card", "churn:1", "--as-of", seq).stdout == CARD
    editor(monkeypatch, tmp_path, "open(path, 'w').write('x')")
    assert person("card", "churn:1", "--edit", "--as-of", seq).code == 5
    assert person("card", "churn:1", "--set", file, "--as-of", seq).code == 5
    assert left(tmp_path) == []


def test_a_hostile_card_drives_no_terminal(person: Shell, registry: Registry) -> None:
    """Shown, compared and listed, whatever was recorded stays text."""
    registry.versions.amend("churn:1", card="# \u202egnp \u2066\n")
    registry.versions.amend("churn:1", card="# \u200b\ufeff [x](y)\n")
    for words in ((), ("--history",), ("--diff",), ("--score",), ("--render",)):
        done = person("card", "churn:1", *words)
        assert done.code == 0
        assert all(is_harmless(line) for line in done.stdout.split("\n"))
