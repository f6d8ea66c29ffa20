"""`link`, `unlink` and `suggestions` at the command line: edges by hand, and edges found."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.doors.calls import Shell
from tests.sentences import is_harmless

BASE = "hf:org/base@main"
NASTY = "hf:org/ba[red]se"


@pytest.fixture
def person(shell: Shell, model: Path) -> Shell:
    """Return somebody in front of two versions, of which the second names its base in a tag."""
    shell.json("register", "churn", model)
    shell.json("register", "churn", model, "--force-new", "--tag", "base_model=org/base@main")
    return shell


def edges(person: Shell, thing: str) -> list[tuple[str, str]]:
    """Return the kinds of the edges around a thing, each with where it comes from."""
    graph = person.json("lineage", thing, "--hops", "1")["lineage"]
    return sorted((edge["kind"], edge["origin"]) for edge in graph["edges"])


class TestLink:
    def test_an_edge_is_added_and_how_to_take_it_back_is_said(self, person: Shell) -> None:
        """The edge goes to stdout and the sentence to stderr; the named undo takes it back."""
        done = person("link", "churn:1", "trained_on", "dataset:customers@4", "--reason", "seen")
        assert done.code == 0
        title, row = done.stdout.splitlines()
        assert title.split() == ["subject", "kind", "target"]
        assert row.split() == ["churn:1", "trained_on", "dataset:customers@4"]
        assert edges(person, "churn:1") == [("trained_on", "hand")]
        assert "seen" in person("log", "-n", "1").stdout
        undo = done.stderr.partition("modelshelf ")[2].split()
        assert person(*undo, "--yes").code == 0
        assert edges(person, "churn:1") == []

    def test_a_feature_view_is_named_once(self, person: Shell) -> None:
        """After "uses features" its kind does not stand again; alone it does."""
        person.json("link", "churn:1", "uses_features", "features:feast/customer@2")
        branch = person("lineage", "churn:1").stdout.splitlines()[-1]
        assert branch == "└─ uses features feast/customer 2 (by hand)"
        view = person("lineage", "features:feast/customer@2").stdout.splitlines()[0]
        assert view == "features feast/customer 2"

    def test_the_answer_in_json(self, person: Shell) -> None:
        """One object says what was done, to what, and in which entry."""
        answer = person.json("link", "churn:2", "derived_from", "churn:1")
        assert answer.pop("entry") == person.json("log", "-n", "1")["entries"][0]["seq"]
        assert answer == {
            "done": "linked", "subject": "churn:2", "kind": "derived_from", "target": "churn:1",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("words", "code", "said"),
        [
            (("churn:1", "derived_from", "churn:2"), 2, "was made from"),
            (("churn:1", "derived_from", "churn:1"), 2, "itself"),
            (("churn:1", "trained_on", "churn:2"), 2, "trained_on"),
            (("churn:1", "knows", "churn:2"), 2, "'knows' is not one of 'trained_on'"),
            (("churn:1",), 2, "Choose from: trained_on, evaluated_on,"),
            (("churn:9", "trained_on", "dataset:c"), 3, "churn:v9"),
            (("churn", "trained_on", "dataset:c"), 2, "a version is needed"),
            (("churn:1", "trained_on", ""), 2, "Give a thing"),
            (("churn:1", "trained_on", "dataset:\x1b[31mred"), 2, "control"),
            (("dataset:a", "derived_from", "dataset:b"), 2, "Link one of them to a version first"),
        ],
    )
    def test_what_cannot_be(
        self, person: Shell, words: tuple[str, ...], code: int, said: str
    ) -> None:
        """Each ends with its exit code and one harmless sentence, and adds nothing."""
        person.json("link", "churn:2", "derived_from", "churn:1")
        before = person.json("log", "-n", "1")
        done = person("link", *words)
        assert (done.code, done.stdout) == (code, "")
        assert said in done.stderr
        assert is_harmless(done.stderr.replace("\n", " "))
        assert "⏎" not in done.stderr
        assert person.json("log", "-n", "1") == before

    def test_an_edge_that_is_there_is_a_conflict(self, person: Shell) -> None:
        """Whether somebody added it or the version says it."""
        person.json("link", "churn:1", "trained_on", "dataset:c")
        assert person("link", "churn:1", "trained_on", "dataset:c").code == 4
        person.json("amend", "churn:1", "--dataset", "d")
        assert person("link", "churn:1", "trained_on", "dataset:d").code == 4


class TestUnlink:
    def test_an_edge_is_taken_away(self, person: Shell) -> None:
        """Then it is gone, and the named undo brings it back."""
        person.json("link", "churn:1", "trained_on", "dataset:c")
        done = person("unlink", "churn:1", "trained_on", "dataset:c", "--reason", "it was d")
        assert done.code == 0
        assert "dataset:c" in done.stdout
        assert edges(person, "churn:1") == []
        undo = done.stderr.partition("modelshelf ")[2].split()
        assert person(*undo, "--yes").code == 0
        assert edges(person, "churn:1") == [("trained_on", "hand")]

    def test_only_what_was_added_by_hand(self, person: Shell) -> None:
        """What a version says itself is amended, and the sentence says so."""
        person.json("amend", "churn:1", "--dataset", "told")
        done = person("unlink", "churn:1", "trained_on", "dataset:told", "--reason", "x")
        assert done.code == 5
        assert "modelshelf amend churn:v1" in done.stderr
        assert edges(person, "churn:1") == [("trained_on", "told")]

    @pytest.mark.parametrize(
        ("reason", "code"), [((), 2), (("--reason", " "), 2), (("--reason", "x"), 3)]
    )
    def test_a_reason_and_an_edge_are_needed(
        self, person: Shell, reason: tuple[str, ...], code: int
    ) -> None:
        """Without a reason nothing is looked for; with one, what is not there is not found."""
        done = person("unlink", "churn:1", "trained_on", "dataset:c", *reason)
        assert (done.code, done.stdout) == (code, "")


class TestSuggestions:
    def test_what_is_found_is_listed_with_the_next_command(self, person: Shell) -> None:
        """The table has evidence; the sentence below is a command that works as it stands."""
        done = person("suggestions")
        assert done.code == 0
        (row,) = [line for line in done.stdout.splitlines() if BASE in line]
        assert row.split()[:3] == ["churn:v2", "derived_from", BASE]
        assert "%" in row
        command = done.stderr.partition("modelshelf ")[2].partition(";")[0].split()
        assert command[:2] == ["suggestions", "churn:v2"]
        assert person(*command).code == 0

    def test_confirming_makes_it_a_link(self, person: Shell) -> None:
        """It is an edge by hand then, and suggested no more."""
        answer = person.json("suggestions", "churn:2", "--confirm", BASE, "--reason", "its card")
        assert (answer["done"], answer["kind"], answer["target"]) == (
            "linked", "derived_from", BASE,
        )  # fmt: skip
        assert ("derived_from", "hand") in edges(person, "churn:2")
        assert BASE not in person("suggestions", "churn:2").stdout
        assert person("suggestions", "churn:2", "--confirm", BASE).code == 3

    def test_rejecting_is_for_good(self, person: Shell) -> None:
        """It is suggested no more, also for somebody who asks for all; no edge is added."""
        done = person("suggestions", "churn:2", "--reject", BASE, "--reason", "a typo")
        assert done.code == 0
        assert "not suggested again" in done.stderr
        assert BASE not in person("suggestions").stdout
        assert ("derived_from", "hand") not in edges(person, "churn:2")
        assert "a typo" in person("log", "-n", "1").stdout

    def test_nothing_found_is_said_aside(self, person: Shell) -> None:
        """An empty list is no failure: stdout stays empty, and JSON has an empty list."""
        person.json("suggestions", "churn:2", "--reject", BASE)
        for each in person.json("suggestions", "churn:1")["suggestions"]:
            person.json("suggestions", "churn:1", "--reject", each["target"])
        done = person("suggestions", "churn:1")
        assert (done.code, done.stdout, done.stderr) == (0, "", "Nothing is suggested.\n")
        assert person.json("suggestions", "churn:1") == {"suggestions": []}

    def test_a_target_of_two_kinds_must_be_told_apart(self, person: Shell) -> None:
        """--as names a kind; one that is not suggested is not found."""
        assert person("suggestions", "churn:2", "--confirm", BASE, "--as", "trained_on").code == 3
        assert person("suggestions", "churn:2", "--confirm", BASE, "--as", "derived_from").code == 0

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            (("--confirm", BASE), 2),
            (("churn:2", "--confirm", BASE, "--reject", BASE), 2),
            (("churn:2", "--confirm", NASTY), 3),
            (("churn:2", "--reject", "\x1b[31m"), 3),
            (("churn:9",), 3),
            (("churn",), 2),
            (("-n", "0"), 2),
        ],
    )
    def test_what_cannot_be(self, person: Shell, words: tuple[str, ...], code: int) -> None:
        """Each ends with its exit code and a harmless sentence; nothing is linked or rejected."""
        done = person("suggestions", *words)
        assert (done.code, done.stdout) == (code, "")
        assert is_harmless(done.stderr.replace("\n", " "))
        assert BASE in person("suggestions", "churn:2").stdout

    def test_a_hostile_base_can_be_confirmed_as_it_is_shown(
        self, shell: Shell, model: Path
    ) -> None:
        """The command in the sentence is quoted for a shell, and means that base and no more."""
        shell.json("register", "odd", model, "--tag", "base_model=org/$(touch gone); '[b]x")
        said = shell("suggestions", "odd:1").stderr
        program, *words = shlex.split(said.partition("To make one a link: ")[2].rpartition(";")[0])
        assert (program, words[-1]) == ("modelshelf", "outside:org/$(touch gone); '[b]x")
        assert shell(*words).code == 0
        assert edges(shell, "odd:1") == [("derived_from", "hand")]

    def test_both_targets_of_a_version_are_told_apart(self, person: Shell, model: Path) -> None:
        """Each is confirmed by its own name; the other one stays suggested."""
        person.json("register", "copy", model, "--tag", "base_model=org/other")
        found = {e["target"] for e in person.json("suggestions", "copy:1")["suggestions"]}
        assert found >= {"hf:org/other"}
        person.json("suggestions", "copy:1", "--reject", "hf:org/other")
        left = {e["target"] for e in person.json("suggestions", "copy:1")["suggestions"]}
        assert left == found - {"hf:org/other"}
