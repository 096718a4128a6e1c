"""Sets a screen up as its user has it: from the settings file and from what is remembered."""

from imchat import settings
from imchat.errors import SetupError
from imchat.tui.app import ImchatApp
from imchat.tui.memory import Memory


def set_up(app: ImchatApp) -> None:
    """Raises SetupError, which names the file, for settings that are wrong."""
    path = settings.config_file()
    chosen = settings.screen_settings(path)
    try:
        app.set_up(chosen, Memory(settings.state_file()))
    except SetupError as error:
        raise SetupError(f"{path}: {error}") from None
