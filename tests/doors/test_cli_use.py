"""What people meet: options anywhere, answers apart from narration, plans and questions."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from modelshelf.cli.progress import Progress
from modelshelf.cli.screen import Screen
from modelshelf.cli.session import Session, moment
from modelshelf.cli.wording import duration, plural
from modelshelf.domain.errors import Invalid
from modelshelf.domain.text import size_text
from modelshelf.registry.sample import sample_folder
from tests.doors.calls import Shell

MakeModelFile = Callable[..., Path]


@pytest.fixture
def stocked(shell: Shell, make_model_file: MakeModelFile) -> Shell:
    """Register two versions; the first holds production."""
    for seed in (1, 2):
        file = make_model_file(f"churn-{seed}.safetensors", seed)
        shell.json("register", "churn", file, "--metric", f"auc=0.9{seed}")
    shell.json("promote", "churn:v1", "production", "--reason", "first", "--yes")
    return shell


def test_shared_options_stand_before_or_after_the_command(stocked: Shell, tmp_path: Path) -> None:
    """Both places mean the same, for every shared option."""
    assert stocked("--json", "list").stdout == stocked("list", "--json").stdout
    assert stocked("--as-of", "4", "list").stderr == stocked("list", "--as-of", "4").stderr
    elsewhere = Shell(tmp_path / "nowhere")
    assert elsewhere("list", "-R", stocked.registry).stdout == stocked("list").stdout
    tagged = stocked("tag", "churn", "a=b", "--actor", "ravi")
    assert tagged.code == 0
    assert stocked.json("log", "-n", "1")["entries"][0]["actor"] == "ravi"


def test_the_actor_of_log_is_a_filter(stocked: Shell) -> None:
    """After `log`, --actor asks whose entries; before it, who is asking."""
    assert stocked.json("log", "--actor", "nobody")["entries"] == []
    assert stocked.json("--actor", "nobody", "log")["entries"]


def test_the_answer_is_on_stdout_and_the_rest_on_stderr(
    shell: Shell, make_model_file: MakeModelFile
) -> None:
    """A script can assign the answer; -q leaves out what was said beside it."""
    file = make_model_file()
    done = shell("register", "churn", file)
    assert done.stdout == "churn:v1\n"
    assert done.stderr == "Registered churn:v1: safetensors, 94 B, scan clean.\n"
    again = shell("register", "churn", file)
    assert again.stdout == "churn:v1\n"
    assert again.stderr == "churn:v1 holds this content already; nothing was registered.\n"
    assert shell("register", "churn", file, "-q").stderr == ""
    assert shell("register", "churn", file, "--json").stderr == ""


def test_list_shows_models_and_versions_as_tables(stocked: Shell) -> None:
    """A heading and a line each, columns straight, newest version first."""
    models = stocked("list").stdout.splitlines()
    assert models[0].split() == ["model", "versions", "stages", "owner", "tags", "changed", "(UTC)"]
    assert models[1].startswith("churn         2  production v1  ")
    versions = stocked("list", "churn").stdout.splitlines()
    assert [line.split()[0] for line in versions] == ["version", "v2", "v1"]
    assert "auc=0.92" in versions[1]
    assert "2026-03-01 00:00" in versions[1]


def test_an_empty_registry_says_what_to_do(shell: Shell) -> None:
    """No table, an answer of nothing, and the first step on stderr."""
    done = shell("list")
    assert (done.code, done.stdout) == (0, "")
    assert "modelshelf register NAME FILE" in done.stderr


def test_looking_at_the_past_says_when(stocked: Shell) -> None:
    """The moment and its entry are named, and writing is refused."""
    done = stocked("list", "churn", "--as-of", "3")
    assert done.stderr.startswith("as of 2026-03-01T00:00:0")
    assert done.stderr.rstrip().endswith("(entry 3)")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["version", "v1"]
    refused = stocked("tag", "churn", "a=b", "--as-of", "3", "--json")
    assert (refused.code, refused.error["family"]) == (5, "refused")
    assert stocked("list", "--as-of", "2026-03-01").code in {0, 3}
    assert stocked("list", "--as-of", "soon").code == 2


@pytest.mark.parametrize("text", ["42", "#42", " 42 "])
def test_a_number_is_an_entry(text: str) -> None:
    """Digits alone are the sequence number of an entry."""
    assert moment(text) == 42


@pytest.mark.parametrize("text", ["", "x", "2026-13-01", "-1", "9" * 30, "1e3"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    """The sentence shows how a moment is written."""
    with pytest.raises(Invalid, match="2026-05-03"):
        moment(text)


def test_a_promotion_shows_its_plan_and_asks(stocked: Shell) -> None:
    """Yes goes on, no changes nothing, and the plan stands on stderr before the question."""
    words = ("promote", "churn:v2", "production", "--reason", "better")
    stocked.says = False
    denied = stocked(*words)
    assert (denied.code, denied.stdout) == (5, "")
    assert "then" in denied.stderr
    assert "nothing was changed" in denied.stderr
    stocked.says = True
    given = stocked(*words)
    assert given.code == 0
    assert given.stdout.splitlines()[1].split() == ["churn:v2", "100", "%"]
    assert stocked.asked == ["Give production of churn to churn:v2?"] * 2
    back = stocked("rollback", "churn", "--stage", "production", "--reason", "worse")
    assert back.code == 0
    assert stocked.asked[-1] == "Roll production of churn back?"


def test_a_question_nobody_can_answer_is_refused_with_a_hint(stocked: Shell) -> None:
    """Without a terminal and without --yes nothing is done."""
    stocked.json("promote", "churn:v2", "production", "--reason", "x", "--yes")
    stocked.json("yank", "churn:v1", "--reason", "x")
    for words in (
        ("promote", "churn:v2", "staging", "--reason", "x"),
        ("rollback", "churn", "--stage", "production", "--reason", "x"),
        ("gc", "--grace-days", "0"),
    ):
        done = stocked(*words, "--json")
        assert (done.code, done.error["family"]) == (5, "refused")
        assert "--yes" in done.error["hint"]


def test_a_dry_run_changes_nothing(stocked: Shell) -> None:
    """The plan is the answer, and no entry is written."""
    before = stocked.json("log")["entries"][0]["seq"]
    plan = stocked("promote", "churn:v2", "production", "--dry-run")
    assert plan.stdout.splitlines()[0].split() == ["promote", "churn:v2", "to", "production"]
    assert stocked("rollback", "churn", "--stage", "production", "--dry-run").code == 3
    assert stocked("gc", "--dry-run").code == 0
    assert stocked.json("log")["entries"][0]["seq"] == before


def test_a_yanked_version_resolves_with_a_warning(stocked: Shell) -> None:
    """The answer is there, the warning beside it, and in JSON within it."""
    stocked.json("yank", "churn:v2", "--reason", "leaked")
    done = stocked("resolve", "churn:v2")
    assert done.code == 0
    assert done.stderr.startswith("warning: ")
    assert "leaked" in done.stderr
    assert stocked.json("resolve", "churn:v2")["warnings"]


def test_a_sticky_key_gets_the_same_holder_every_time(stocked: Shell) -> None:
    """One holder for a key, with the weights of the split to choose from."""
    stocked.json("promote", "churn:v2", "production", "--weight", "50", "--reason", "x", "--yes")
    asked = [stocked.json("resolve", "churn@production", "--key", "user-42") for _ in range(3)]
    assert asked[0] == asked[1] == asked[2]
    assert len(asked[0]["holders"]) == 1


def test_verify_names_what_is_wrong(stocked: Shell) -> None:
    """Whole ends with 0; a changed byte ends with 6 and is named, here and in JSON."""
    assert stocked("verify", "--deep").code == 0
    blob = next(f for f in (stocked.registry / "blobs").rglob("*") if f.is_file())
    blob.chmod(0o600)
    blob.write_bytes(b"x" * blob.stat().st_size)
    assert stocked("verify").code == 0
    done = stocked("verify", "--deep")
    assert done.code == 6
    assert blob.name in done.stdout
    found = stocked("verify", "--deep", "--json")
    assert found.answer["verification"]["whole"] is False
    assert found.error["family"] == "corrupt"


def test_a_card_and_an_environment_are_recorded(
    shell: Shell, make_model_file: MakeModelFile, tmp_path: Path
) -> None:
    """A card is read from its file; `--environment current` is this very Python."""
    card = tmp_path / "card.md"
    card.write_text("# Churn\n\nWho leaves?\n", encoding="utf-8")
    words = ("--card", card, "--environment", "current", "--package", "mine=9")
    shell.json("register", "churn", make_model_file(), *words)
    made = shell.json("show", "churn:v1")["environment"]
    assert made["packages"]["mine"] == "9"
    assert made["packages"]["click"]
    assert shell("show", "churn:v1", "--card").stdout == "# Churn\n\nWho leaves?\n"


def test_a_value_given_twice_is_refused(shell: Shell, make_model_file: MakeModelFile) -> None:
    """Which of two values is meant cannot be known."""
    words = ("--metric", "auc=1", "--metric", "auc=2")
    done = shell("register", "churn", make_model_file(), *words, "--json")
    assert (done.code, done.error["what"]) == (2, "the metric auc is given twice")


def test_a_dropped_file_is_taken_in(shell: Shell, make_model_file: MakeModelFile) -> None:
    """`watch --once` says a line for each happening and ends."""
    folder = shell.registry / "inbox" / "churn"
    folder.mkdir()
    make_model_file().rename(folder / "model.safetensors")
    done = shell("watch", "--once")
    assert done.code == 0, done.stderr
    assert "taken    inbox/churn/model.safetensors → churn:v1" in done.stdout.splitlines()
    assert "churn:v1" in shell("inbox").stdout


def test_the_demo_is_a_registry_to_look_at(tmp_path: Path) -> None:
    """Without a terminal it is made and named; one that is there is opened as it was left."""
    place = tmp_path / "sample"
    shell = Shell(place)
    assert shell.json("demo", "--path", place, "--no-app") == {"registry": str(place)}
    assert shell.json("list")["models"]
    shell("register", "mine", sample_folder() / "models/health/tumour/v1/model.onnx")
    again = shell("demo", "--path", place, "--no-app")
    assert again.code == 0
    assert "as it was left" in again.stderr
    assert shell.json("show", "mine:v1")


def test_sizes_and_times_are_said_as_people_do() -> None:
    """One unit, one decimal, no scientific notation."""
    assert [size_text(n) for n in (0, 1, 999, 1_000, 999_949, 999_950, 12_345_678)] == [
        "0 B", "1 B", "999 B", "1.0 kB", "999.9 kB", "1.0 MB", "12.3 MB",
    ]  # fmt: skip
    assert [duration(s) for s in (0.4, 59, 61, 3_700)] == ["0 s", "59 s", "1 min 1 s", "1 h 1 min"]
    assert [plural(n, "entry", "entries") for n in (1, 2_000)] == ["1 entry", "2,000 entries"]


class Terminal(io.StringIO):
    """A terminal that remembers what was written."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


def test_progress_begins_after_a_second_and_leaves_no_trace() -> None:
    """Bytes, rate and time left on one line, which is blank again at the end."""
    now = [0.0]
    stream = Terminal()
    with Progress("storing", stream, clock=lambda: now[0]) as progress:
        progress(10, 4_000_000_000, "a.bin")
        assert stream.getvalue() == ""
        now[0] = 2.0
        progress(1_000_000_000, 4_000_000_000, "a\x1b[2J.bin")
        assert "storing a\\x1b[2J.bin  1.0 GB of 4.0 GB (25 %)  500.0 MB/s  6 s left" in (
            stream.getvalue()
        )
    assert "\x1b" not in stream.getvalue()
    assert stream.getvalue().endswith("\r")


def test_nobody_watching_means_no_progress(shell: Shell) -> None:
    """In a pipe there is no line that is written over."""
    progress = Session(registry=str(shell.registry)).progress("storing")
    with progress:
        progress(1, 2, "x")
    assert Screen().width is None
