"""The links in what somebody wrote. Pure."""

import re
from urllib.parse import urlsplit

# Whatever is not to be seen ends a link, and so do quotes and the full-width marks that follow
# one in Chinese without a space.
_LINK = re.compile(
    "https?://[^\\s<>\"'`\u00ad\u200b-\u200f\u2060-\u2064\ufeff、。，；：！？（）「」『』【】《》“”‘’\ufffd]+",
    re.IGNORECASE,
)
_CLOSES = {")": "(", "]": "[", "}": "{"}


def links_in(text: str) -> list[tuple[int, int]]:
    """Where the http and https links of a text begin and end; no other scheme is one."""
    if "://" not in text:
        return []
    found = []
    for match in _LINK.finditer(text):
        url = _without_what_follows(match[0])
        if _leads_somewhere(url):
            found.append((match.start(), match.start() + len(url)))
    return found


def host_in_ascii(url: str) -> str | None:
    """The host as the network knows it, where letters could be taken for others; else None."""
    host = urlsplit(url).hostname or ""
    if host.isascii():
        return None
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return ascii(host).strip("'")


def _without_what_follows(url: str) -> str:
    while url[-1] in ".,;:!?*_" or (
        url[-1] in _CLOSES and url.count(url[-1]) > url.count(_CLOSES[url[-1]])
    ):
        url = url[:-1]
    return url


def _leads_somewhere(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False
