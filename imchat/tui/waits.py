"""How a wait is written, and from when on it is too long."""

AMBER_S = 60
RED_S = 180


def clock(seconds: int) -> str:
    """A time as m:ss, or as h:mm:ss from an hour on."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
