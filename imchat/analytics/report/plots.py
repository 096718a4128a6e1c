"""Plots as SVG for a page: nothing but shapes and text. Names in them are escaped."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10

WIDTH, HEIGHT = 860, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 12, 30
LABELS = 15
"""So many labels of the times have room, or a few more."""

Said = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Series:
    """A value for each place, None where there is none; `kind` is its class on the page."""

    name: str
    kind: str
    values: Sequence[float | None]


def bars(labels: Sequence[str], series: Sequence[Series], said: Said) -> str:
    """The series on top of each other, at each place."""
    tops = [sum(value or 0 for value in at) for at in zip(*(s.values for s in series), strict=True)]
    scale = _Scale(max(tops, default=0), len(labels))
    parts = []
    for number, label in enumerate(labels):
        below = 0.0
        for one in series:
            value = one.values[number] or 0
            x, width = scale.x(number) + scale.step * 0.1, scale.step * 0.8
            y, height = scale.y(below + value), scale.y(below) - scale.y(below + value)
            if value:
                parts.append(
                    f'<rect class="{one.kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}"'
                    f' height="{height:.1f}">{_hint(label, one.name, said(value))}</rect>'
                )
            below += value
    return _plot(scale, labels, series, said, parts)


def lines(
    labels: Sequence[str],
    series: Sequence[Series],
    said: Said,
    *,
    top: float | None = None,
    ticks: Sequence[float] = (),
) -> str:
    """A line each, broken where there is no value; of `ticks` one is taken that is few times in."""
    found = [value for one in series for value in one.values if value is not None]
    highest = top or max(found, default=0)
    tick = next((tick for tick in ticks if tick * 5 >= highest), None)
    scale = _Scale(highest, len(labels), tick)
    parts = []
    for one in series:
        for stretch in _stretches(one.values):
            points = " ".join(f"{scale.middle(n):.1f},{scale.y(value):.1f}" for n, value in stretch)
            parts.append(f'<polyline class="{one.kind}" points="{points}"/>')
            parts += [
                f'<circle class="{one.kind}" cx="{scale.middle(n):.1f}" cy="{scale.y(value):.1f}"'
                f' r="2.5">{_hint(labels[n], one.name, said(value))}</circle>'
                for n, value in stretch
            ]
    return _plot(scale, labels, series, said, parts)


def bar(share: float) -> str:
    """A short bar beside a number in a table."""
    return (
        '<svg class="small" viewBox="0 0 100 6" preserveAspectRatio="none">'
        f'<rect class="one" width="{100 * min(1, max(0, share)):.1f}" height="6"/></svg>'
    )


class _Scale:
    """From values and places to pixels."""

    def __init__(self, highest: float, places: int, tick: float | None = None) -> None:
        self.tick = tick or _tick(highest)
        self.top = max(self.tick, -(-highest // self.tick) * self.tick)
        self.step = (WIDTH - LEFT - RIGHT) / max(1, places)

    def x(self, place: int) -> float:
        return LEFT + place * self.step

    def middle(self, place: int) -> float:
        return self.x(place) + self.step / 2

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(1, value / self.top)

    def ticks(self) -> Iterator[float]:
        for number in range(round(self.top / self.tick) + 1):
            yield number * self.tick


def _tick(highest: float) -> float:
    """A round number of which a few make the highest."""
    if highest < 1e-9:
        return 1
    size = 10.0 ** floor(log10(highest / 4))
    return next(size * times for times in (1, 2, 5, 10) if size * times * 5 >= highest)


def _stretches(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    stretch: list[tuple[int, float]] = []
    for number, value in enumerate(values):
        if value is not None:
            stretch.append((number, value))
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _hint(label: str, name: str, value: str) -> str:
    return f"<title>{escape(f'{label}: {name} {value}')}</title>"


def _plot(
    scale: _Scale, labels: Sequence[str], series: Sequence[Series], said: Said, parts: list[str]
) -> str:
    grid = [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{scale.y(value):.1f}"'
        f' y2="{scale.y(value):.1f}"/><text class="left" x="{LEFT - 8}"'
        f' y="{scale.y(value) + 4:.1f}">{escape(said(value))}</text>'
        for value in scale.ticks()
    ]
    every = -(-len(labels) // LABELS)
    names = [
        f'<text class="below" x="{scale.middle(n):.1f}" y="{HEIGHT - 10}">{escape(label)}</text>'
        for n, label in enumerate(labels)
        if n % every == 0
    ]
    key = "".join(f'<span><i class="{s.kind}"></i>{escape(s.name)}</span>' for s in series)
    return (
        f'<figure><figcaption>{key}</figcaption><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        f'<g class="grid">{"".join(grid)}{"".join(names)}</g>{"".join(parts)}</svg></figure>'
    )
