"""Textual's list of options, where there may be no room for it."""

from textual.widgets import OptionList


class Options(OptionList):
    """Stays where it is when a page is asked for and not a row is seen; that was an error."""

    def action_page_up(self) -> None:
        """Mark one a page above."""
        if self.scrollable_content_region:
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        """Mark one a page below."""
        if self.scrollable_content_region:
            super().action_page_down()  # type: ignore[no-untyped-call]
