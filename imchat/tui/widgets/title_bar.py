"""The line on top: what this is, how one stands, and whether the server is there."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

NAMED = 20
"""Cells that are left for what this is, however long the link is."""


class TitleBar(Widget):
    """`standing` on the left; `link` on the right says what is wrong, if anything is."""

    DEFAULT_CSS = """
    TitleBar { height: 1; padding: 0 1; background: $panel; }
    """

    standing = reactive(Content(""))
    link = reactive("")

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def render(self) -> Content:
        """One line, the link at its right end."""
        width = self.content_size.width
        link = Content.styled(f" {self.link} ", "$text-warning bold") if self.link else Content("")
        link = link.truncate(max(0, width - NAMED), ellipsis=True)
        left = Content.assemble(
            Content.styled("imchat", "bold $primary"), f" {self._title}  ", self.standing
        ).truncate(max(0, width - link.cell_length), ellipsis=True)
        return Content.assemble(left, " " * (width - left.cell_length - link.cell_length), link)
