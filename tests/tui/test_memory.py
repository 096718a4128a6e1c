"""What screens remember."""

import stat
from pathlib import Path

import pytest

from imchat.tui.memory import Memory


def test_what_was_chosen_is_known_at_the_next_start(tmp_path: Path) -> None:
    """Strings with anything in them, truths and numbers."""
    path = tmp_path / "state" / "screens.toml"
    chosen: dict[str, str | bool | int] = {
        "theme": 'a "quoted" \\ 名\n', "panel": False, "width": 31
    }
    memory = Memory(path)
    for name, value in chosen.items():
        memory[name] = value
    again = Memory(path)
    assert {name: again[name] for name in chosen} == chosen
    assert [entry.name for entry in path.parent.iterdir()] == ["screens.toml"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_screens_do_not_forget_what_the_other_remembers(tmp_path: Path) -> None:
    """Each writes what it was told, and keeps the rest."""
    path = tmp_path / "screens.toml"
    one, other = Memory(path), Memory(path)
    one["theme"] = "nord"
    other["panel"] = True
    again = Memory(path)
    assert (again["theme"], again["panel"]) == ("nord", True)


@pytest.mark.parametrize("content", [b"theme = ", b"\xff\xfe", b"theme = [1]\n"])
def test_a_broken_file_is_as_good_as_none(tmp_path: Path, content: bytes) -> None:
    """Nothing that a person wrote is in it; the next choice makes it whole."""
    path = tmp_path / "screens.toml"
    path.write_bytes(content)
    memory = Memory(path)
    assert memory["theme"] is None
    memory["theme"] = "nord"
    assert Memory(path)["theme"] == "nord"


def test_where_nothing_can_be_written_the_choice_holds_until_the_end(tmp_path: Path) -> None:
    """A screen does not fail for that."""
    (tmp_path / "file").touch()
    memory = Memory(tmp_path / "file" / "screens.toml")
    memory["theme"] = "nord"
    assert memory["theme"] == "nord"
