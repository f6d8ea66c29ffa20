"""Which registry is meant, who is acting: the nearest answer counts, a mistake is a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelshelf import settings
from modelshelf.domain.errors import Invalid, Unavailable
from modelshelf.domain.policy import DEFAULT_POLICY


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a home for somebody who has set nothing, and go there."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in (settings.REGISTRY_VARIABLE, settings.ACTOR_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_settings(text: str) -> None:
    """Write the person's own settings."""
    file = settings.config_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_the_nearest_answer_names_the_registry(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option, the variable, a folder above, the person's settings, the user data folder."""
    assert settings.find_registry() == settings.find_registry().absolute()
    assert settings.find_registry().parts[-2:] == ("modelshelf", "registry")
    write_settings('registry = "mine"')
    assert settings.find_registry() == home / "mine"
    inner = home / "project" / "deep" / "inner"
    inner.mkdir(parents=True)
    (home / "project" / settings.POLICY_FILE).touch()
    monkeypatch.chdir(inner)
    assert settings.find_registry() == home / "project"
    monkeypatch.setenv(settings.REGISTRY_VARIABLE, "named")
    assert settings.find_registry() == inner / "named"
    assert settings.find_registry("given") == inner / "given"
    assert settings.find_registry(Path("~/given")) == home / "given"


def test_the_nearest_answer_names_the_actor(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option, the variable, the person's settings, the user at the operating system."""
    monkeypatch.setenv("LOGNAME", "os-user")
    assert home.exists()
    assert settings.find_actor() == "os-user"
    write_settings('actor = "ana"')
    assert settings.find_actor() == "ana"
    monkeypatch.setenv(settings.ACTOR_VARIABLE, "ravi")
    assert settings.find_actor() == "ravi"
    assert settings.find_actor("kim") == "kim"


@pytest.mark.parametrize("actor", ["", "  ", "x\x1b[2J", "a" * 201, "\ud800"])
def test_a_name_that_cannot_be_recorded_is_refused(actor: str) -> None:
    """Nobody acts under nothing, or under control characters."""
    with pytest.raises(Invalid):
        settings.find_actor(actor)


def test_a_user_without_a_name_still_acts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may run under a number that no user has."""

    def nameless() -> str:
        raise OSError

    assert home.exists()
    monkeypatch.setattr("getpass.getuser", nameless)
    assert settings.find_actor() == "unknown"


@pytest.mark.parametrize("text", ["registry = 7", "registry = ''", "registry", "actor = [\n"])
def test_mistaken_settings_are_a_sentence(text: str, home: Path) -> None:
    """A value of the wrong kind, or no TOML, names the file or the setting."""
    assert home.exists()
    write_settings(text)
    with pytest.raises(Invalid):
        settings.find_registry()


def test_settings_that_cannot_be_read_are_a_sentence(home: Path) -> None:
    """A folder in the place of the file is said to be in the way; foreign bytes are no text."""
    settings.config_file().mkdir(parents=True)
    with pytest.raises(Unavailable):
        settings.personal()
    settings.config_file().rmdir()
    settings.config_file().write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Invalid):
        settings.personal()
    settings.config_file().write_bytes(b"#" * (settings.SETTINGS_MOST + 1))
    with pytest.raises(Invalid):
        settings.personal()
    assert home.exists()


def test_a_working_folder_that_is_gone_is_a_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody may have removed the folder one stands in."""

    def gone() -> str:
        raise FileNotFoundError(2, "No such file or directory")

    assert home.exists()
    monkeypatch.setattr("os.getcwd", gone)
    with pytest.raises(Unavailable):
        settings.find_registry("relative")


def test_a_folder_without_a_policy_has_the_default_one(tmp_path: Path) -> None:
    """No file, the default ladder; with a file, its text comes along."""
    assert settings.read_policy(tmp_path) == (DEFAULT_POLICY, "")
    text = '[stages.production]\nholders = "one"\n'
    (tmp_path / settings.POLICY_FILE).write_text(text, encoding="utf-8")
    policy, read = settings.read_policy(tmp_path)
    assert read == text
    assert policy.stage("production").holders == "one"
