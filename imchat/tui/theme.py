"""Colours: calm ones, so that what is coloured is what matters.

`text-muted` is a colour and not a share of another, which is drawn white within a text.
"""

from textual.theme import Theme

DARK = Theme(
    name="imchat-dark",
    primary="#7aa2f7",
    secondary="#7dcfff",
    accent="#bb9af7",
    success="#9ece6a",
    warning="#e0af68",
    error="#f7768e",
    foreground="#c8d0e0",
    background="#16171f",
    surface="#1b1d27",
    panel="#242734",
    dark=True,
    variables={
        "footer-key-foreground": "#7aa2f7", "border-blurred": "#2f3344", "text-muted": "#8d96ab",
    },
)
LIGHT = Theme(
    name="imchat-light",
    primary="#2e5cc5",
    secondary="#0f6e84",
    accent="#7847bd",
    success="#33691e",
    warning="#8f5e15",
    error="#b3264c",
    foreground="#2b2f3b",
    background="#f4f5f8",
    surface="#eceef3",
    panel="#dfe2ea",
    dark=False,
    variables={
        "footer-key-foreground": "#2e5cc5", "border-blurred": "#c9cedb", "text-muted": "#5c6372",
    },
)

# For Content, where Textual's $text-muted comes out white: it is a share of a colour that
# only a style sheet can find.
MUTED = "$foreground 60%"
FAINT = "$foreground 40%"
URGENCY = {"": MUTED, "amber": "$text-warning", "red": "bold $text-error"}
"""Of a wait, by its level."""
