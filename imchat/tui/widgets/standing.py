"""How a customer stands: in the queue, with somebody, or after it."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, ProgressBar, Static

WHOLE = 1_000


class Standing(Vertical):
    """Words, a bar while one waits, and buttons for what can be done when it is over."""

    DEFAULT_CSS = """
    Standing {
        height: auto; padding: 1 2; background: $surface;
        border-left: wide $primary;
        &.-waiting { border-left: wide $warning; }
        &.-over { border-left: wide $border-blurred; }
        &.-stale { opacity: 60%; }
        & > #said { width: 1fr; height: auto; text-align: center; }
        & > Horizontal {
            display: none; width: 1fr; height: 1; margin-top: 1; align-horizontal: center;
        }
        & ProgressBar {
            width: 1fr; max-width: 60;
            & Bar {
                width: 1fr;
                & > .bar--bar, & > .bar--complete {
                    color: $warning; background: $foreground 15%;
                }
            }
        }
        &.-waiting > #way { display: block; }
        &.-over > #choices { display: block; }
        & Button { margin: 0 1; width: auto; }
        & #rate { display: none; }
        &.-rateable #rate { display: block; }
    }
    """

    def compose(self) -> ComposeResult:
        """What is said above all."""
        yield Static(id="said")
        with Horizontal(id="way"):
            yield ProgressBar(total=WHOLE, show_percentage=False, show_eta=False)
        with Horizontal(id="choices"):
            yield Button("Rate it", id="rate", compact=True, action="app.rate")
            yield Button("Ask again", id="ask", compact=True, action="app.ask")

    def show(
        self,
        said: Content,
        *,
        waiting: bool = False,
        over: bool = False,
        rateable: bool = False,
        stale: bool = False,
        progress: float = 0.0,
    ) -> None:
        """Show how it stands; `progress` goes from 0 to 1 on the way through the queue."""
        self.query_one("#said", Static).update(said)
        self.set_class(waiting, "-waiting")
        self.set_class(over, "-over")
        self.set_class(rateable, "-rateable")
        self.set_class(stale, "-stale")
        self.query_one(ProgressBar).update(progress=round(progress * WHOLE))
