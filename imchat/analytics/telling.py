"""What reports and findings are both told with: times, of whom, the frame of a page."""

from datetime import UTC, datetime
from html import escape


def moment(at: int) -> str:
    """A time, ms, in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def title(what: str, agent: str | None, desk: str | None, since: int, until: int) -> str:
    """Of what it is, and of which time."""
    of = f" of agent {agent}" if agent else ""
    at = f" at desk {desk}" if desk else ""
    return f"{what}{of}{at} from {moment(since)} to {moment(until)} UTC"


def document(name: str, style: str, body: str) -> str:
    """One HTML page that needs nothing else; `body` is HTML already, the title is not."""
    head = escape(name)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{head}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{head}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )
