"""What can be set: for a server, for the screens, and the TOML file behind both.

An option given on the command line wins over its IMCHAT_* variable, that over the
file, that over the default here. The file is what a person writes; what the screens
remember by themselves is in another, which nobody needs to read.
"""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from platformdirs import user_config_path, user_data_path, user_state_path

from imchat.errors import SetupError
from imchat.protocol import HELLO_TIMEOUT_S

DEFAULT_URL = "ws://127.0.0.1:8765/ws"
SCREENS = "screens"
"""The table of the file that is no command's."""


def default_data_dir() -> Path:
    """Where this user's server keeps its secret and its store."""
    return user_data_path("imchat", appauthor=False)


def config_file() -> Path:
    """Where the TOML file is looked for."""
    return user_config_path("imchat", appauthor=False) / "config.toml"


def replies_file() -> Path:
    """Where an agent's own canned replies are looked for."""
    return config_file().with_name("replies.toml")


def state_file() -> Path:
    """Where the screens remember what was chosen in them."""
    return user_state_path("imchat", appauthor=False) / "screens.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """How a server runs; `redis` None means the embedded Valkey in `data_dir`."""

    host: str = "127.0.0.1"
    port: int = 8765
    redis: str | None = None
    data_dir: Path = field(default_factory=default_data_dir)
    site: str = "main"
    capacity: int = 3
    history_days: int = 30
    grace_s: float = 30
    max_queue: int = 1_000
    rate: float = 20
    """Frames a second that a uid may send on a node; three seconds' worth at once."""
    trusted_proxy: tuple[str, ...] = ()
    """Addresses or networks of proxies that say truly, in X-Forwarded-For, whom they serve."""
    hello_timeout_s: float = HELLO_TIMEOUT_S
    workers: int = 1
    """Nodes of this server, each in a process of its own; several share the port."""
    log_format: Literal["console", "json"] = "console"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", self.site):
            raise SetupError(f"{self.site!r} is no name for a site; use letters, digits, . _ -")


class ScreenSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the screens look and behave: the file's table [screens]."""

    theme: str | None = None
    """The theme to start with; None is the one that was chosen last."""
    vim: bool = False
    """Whether j, k, gg and their like move, where nothing is being typed."""
    bell: bool = True
    notifications: bool = True
    """Both call one back to a terminal that does not have the focus."""
    amber_s: Annotated[int, Meta(ge=1)] = 60
    red_s: Annotated[int, Meta(ge=1)] = 180
    """From when on a wait is long, and too long."""
    keys: dict[str, str] = {}
    """Other keys for bindings, by their ids; several are divided by commas."""


def screen_settings(path: Path) -> ScreenSettings:
    """The file's table [screens]. Raises SetupError."""
    table = read_config(path).get(SCREENS, {})
    try:
        return msgspec.convert(table, ScreenSettings)
    except msgspec.ValidationError as error:
        raise SetupError(f"{path}: [{SCREENS}] {_in_words(str(error))}") from None


_KINDS = {
    "bool": "true or false", "int": "a whole number", "str": 'a text in "…"', "object": "a table",
}


def _in_words(wrong: str) -> str:
    """What msgspec says of a wrong value, for who wrote the file."""
    if unknown := re.fullmatch(r"Object contains unknown field `(.+)`", wrong):
        return f"has nothing named {unknown[1]!r}"
    expected = r"Expected `(\w+)(?: \| null)?`(.*?)(?:, got `\w+`)? - at `\$\.?(.+)`"
    found = re.fullmatch(expected, wrong)
    if found is None or found[1] not in _KINDS:
        return wrong
    return f"{found[3].replace('[...]', '.*')} must be {_KINDS[found[1]]}{found[2]}"


def read_config(path: Path) -> dict[str, Any]:
    """The tables of the TOML file; none when there is no file. Raises SetupError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SetupError(f"cannot read the settings in {path}: {error}") from None
