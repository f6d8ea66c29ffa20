"""What docs/cards.md shows is what happens: commands and Python run, lists are whole."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

from modelshelf.registry import Registry, open_registry
from tests.contracts.tree import ROOT
from tests.doors.calls import Shell
from tests.doors.story import write_model

PAGE = (ROOT / "docs" / "cards.md").read_text("utf-8")
COMMANDS = re.findall(r"^    (modelshelf card .+?)(?: +# .*)?$", PAGE, re.MULTILINE)
SINCE = 41


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a registry in which entry 41 set a card of churn:v3, which has another one now."""
    folder = tmp_path_factory.mktemp("cards")
    with open_registry(folder / "r", actor="ana", create=True) as registry:
        for seed in (1, 2, 3):
            write_model(folder / "model.safetensors", seed)
            registry.versions.register("churn", folder / "model.safetensors", card=f"# v{seed}\n")
        while registry.audit.head()[0] < SINCE - 1:
            registry.versions.tag("churn:v3", set={"n": str(registry.audit.head()[0])})
        for text in ("# Churn\n", "# Churn\n\n## Limits\n\nNone known.\n"):
            registry.versions.amend("churn:v3", card=text)
    return folder / "r"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_page_works(
    command: str, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it stands, and with JSON; the editor changes nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VISUAL", "true")
    Path("card.md").write_text("# Churn\n\n## Limits\n\nNone known.\n", "utf-8")
    shell, words = Shell(shelf), shlex.split(command)[1:]
    done = shell(*words, home=tmp_path)
    assert (done.code, bool(done.stdout or done.stderr)) == (0, True)
    assert shell(*words, "--json", home=tmp_path).answer


def test_the_page_shows_every_option() -> None:
    """The block of commands holds each option once, so that the test above runs them all."""
    shown = [word for command in COMMANDS for word in command.split() if word.startswith("--")]
    assert set(shown) == {
        "--render", "--edit", "--set", "--history", "--diff", "--since", "--with", "--score",
    }  # fmt: skip


def test_the_python_of_the_page_runs(shelf: Path) -> None:
    """Every line of it is a call that works."""
    (block,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    with open_registry(shelf, actor="ana") as registry:
        examples = "".join(f">>> _ = {line}\n" for line in block.splitlines())
        names = {"registry": registry, "text": "# Churn\n\n## Limits\n\nNone known.\n"}
        test = doctest.DocTestParser().get_doctest(examples, names, "cards.md", "cards.md", 0)
        assert doctest.DocTestRunner().run(test) == (0, 4)


def test_the_tables_tell_every_section_and_item(shelf: Path) -> None:
    """The sections of a made card in their order, and everything that the score asks for."""
    with open_registry(shelf) as registry:
        check(registry)


def check(registry: Registry) -> None:
    """Compare the page with a made card and with a score."""
    made = registry.cards.render("churn:v3")
    told = re.findall(r"^\| ([a-z ]+) \| ", PAGE, re.MULTILINE)
    titles = [title.lower() for title in re.findall(r"^## (.+)$", made, re.MULTILINE)]
    assert [title for title in told if title != "section"][: len(titles)] == titles
    asked = PAGE.partition("asks for twelve things: ")[2].partition(".")[0].replace("\n", " ")
    assert asked.split(", ") == [item.name for item in registry.cards.score("churn:v3").items]
