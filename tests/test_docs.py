"""What the pages say works: their examples are run, their commands exist."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from imchat import tokens
from imchat.settings import ScreenSettings, screen_settings

ROOT = Path(__file__).parent.parent
SECRET = "a secret of at least thirty-two bytes, as ours are"
UID, NAME = "bob@example.com", "Bob 王"


def example(language: str) -> str:
    """The first example of tokens.md in a language that makes a customer's token."""
    text = (ROOT / "docs" / "tokens.md").read_text(encoding="utf-8")
    blocks = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    makes_one = re.compile(r"customer_?token", re.IGNORECASE)
    found: str = next(block for block in blocks if makes_one.search(block))
    return found


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_the_python_example_makes_a_token() -> None:
    """A backend in Python."""
    code = f"{example('python')}\nprint(customer_token({SECRET!r}, {UID!r}, {NAME!r}))"
    who = tokens.verify(SECRET, run(sys.executable, "-c", code))
    assert (who.uid, who.role, who.name) == (UID, "customer", NAME)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_the_javascript_example_makes_a_token() -> None:
    """A backend in JavaScript."""
    code = f"{example('js')}\nconsole.log(customerToken({SECRET!r}, {UID!r}, {NAME!r}))"
    who = tokens.verify(SECRET, run("node", "-e", code))
    assert (who.uid, who.role, who.name) == (UID, "customer", NAME)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_the_shell_example_makes_a_token() -> None:
    """A script."""
    code = f"{example('sh')}\ncustomer_token '{SECRET}' {UID}"
    who = tokens.verify(SECRET, run("sh", "-c", code))
    assert (who.uid, who.role) == (UID, "customer")


def test_the_settings_of_the_screens_are_shown_as_they_come(tmp_path: Path) -> None:
    """Every one is there, and has the value that it has without a file."""
    text = (ROOT / "docs" / "screens.md").read_text(encoding="utf-8")
    shown = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)[0]
    path = tmp_path / "config.toml"
    path.write_text(shown, encoding="utf-8")
    assert screen_settings(path) == ScreenSettings()
    for name in ScreenSettings.__struct_fields__:
        assert re.search(rf"^(# )?{name} = |^\[screens\.{name}\]", shown, re.MULTILINE), name
