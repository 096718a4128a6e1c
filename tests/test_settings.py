"""The settings file's table of the screens."""

import re
from pathlib import Path

import pytest

from imchat.errors import SetupError
from imchat.settings import ScreenSettings, screen_settings


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_everything_is_as_it_comes(tmp_path: Path) -> None:
    """Nobody needs to write one."""
    assert screen_settings(tmp_path / "none.toml") == ScreenSettings()


def test_what_is_written_is_taken(tmp_path: Path) -> None:
    """Tables of commands stand beside it and are theirs."""
    path = written(
        tmp_path,
        '[agent]\nuid = "ann"\n[screens]\ntheme = "nord"\nvim = true\nbell = false\n'
        'amber_s = 30\n[screens.keys]\nquit = "f10"\n',
    )
    wanted = ScreenSettings(
        theme="nord", vim=True, bell=False, amber_s=30, keys={"quit": "f10"}
    )
    assert screen_settings(path) == wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("them = 'nord'", "has nothing named 'them'"),
        ("vim = 'yes'", "vim must be true or false"),
        ("amber_s = 0", "amber_s must be a whole number >= 1"),
        ("red_s = 1.5", "red_s must be a whole number"),
        ("theme = 7", 'theme must be a text in "…"'),
        ("keys = 'j'", "keys must be a table"),
        ("[screens.keys]\nquit = 7", 'keys.* must be a text in "…"'),
    ],
)
def test_what_is_wrong_is_named_with_its_file(tmp_path: Path, text: str, words: str) -> None:
    """A mistyped name or a value of the wrong kind is not passed over."""
    path = written(tmp_path, f"[screens]\n{text}\n")
    with pytest.raises(SetupError, match=re.escape(words)) as caught:
        screen_settings(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
