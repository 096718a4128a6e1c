"""The colours behind a widget and within it, worked out once for all widgets.

Textual 8.2 does so for each widget apart, in a cache that keeps a thousand of those that are long
gone, with all that they had drawn: a console kept 20 KiB of every note that was ever shown.
"""

from functools import lru_cache

from textual._styles_cache import StylesCache
from textual.color import Color
from textual.style import Style


@lru_cache(256)
def _inner_and_outer(base: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base + background), Style(background=base)


def _of(_: StylesCache, base: Color, background: Color) -> tuple[Style, Style]:
    return _inner_and_outer(base, background)


def install() -> None:
    """Have Textual do so."""
    StylesCache.get_inner_outer = _of  # type: ignore[assignment,method-assign]
