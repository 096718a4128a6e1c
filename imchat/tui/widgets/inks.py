"""The styles with which a widget draws its own rows or cells."""

from collections.abc import Callable

from rich.style import Style
from textual.widget import Widget


class Inks:
    """Gives the style of a component class, made once; `wear` is called when they are others.

    A widget's `notify_style_update` is to call `look_again`.
    """

    def __init__(self, widget: Widget, prefix: str, wear: Callable[[], object]) -> None:
        self._widget, self._prefix, self._wear = widget, prefix, wear
        self._known: dict[str, Style] = {}

    def __call__(self, component: str = "") -> Style:
        """The style of a component on the widget's own background, or of the widget itself."""
        if component not in self._known:
            self._known[component] = self._now(component)
        return self._known[component]

    def look_again(self) -> None:
        """The widget's style is another, with the theme or the focus."""
        if self._widget.is_mounted:
            # Those of the components are made anew behind the widget's own.
            self._widget.call_later(self._renew)

    def _renew(self) -> None:
        before, self._known = self._known, {name: self._now(name) for name in self._known}
        if self._known != before:
            self._wear()

    def _now(self, component: str) -> Style:
        if not component:
            return self._widget.rich_style
        return self._widget.get_component_rich_style(f"{self._prefix}--{component}")
