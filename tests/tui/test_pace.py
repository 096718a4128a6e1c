"""Garbage is looked for while nobody touches the screen."""

import gc
from collections.abc import Iterator

import pytest

from imchat.ids import DEFAULT_DESK
from imchat.tui import pace
from imchat.tui.customer import CustomerApp
from tests.support import eventually
from tests.tui.staging import CUSTOMER, client, staged


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """In a process that hurried: an entry for each look at everything."""
    monkeypatch.setenv("TEXTUAL_FPS", "")
    monkeypatch.setenv("TEXTUAL_FPS", "60")
    before, seen = gc.get_threshold(), list[int]()

    def look(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and info["generation"] == 2:
            seen.append(1)

    pace.hurry()
    gc.callbacks.append(look)
    yield seen
    gc.callbacks.remove(look)
    gc.set_threshold(*before)
    gc.unfreeze()
    gc.enable()


@pytest.mark.parametrize(
    ("leisure_s", "every_s", "count"), [(0.0, 0.0, 2), (600.0, 0.0, 0), (0.0, 600.0, 0)]
)
def test_when_it_is_looked_for(
    monkeypatch: pytest.MonkeyPatch, looks: list[int], leisure_s: float, every_s: float, count: int
) -> None:
    """Not soon after somebody touched the screen, nor soon after the last time."""
    monkeypatch.setattr(pace, "AT_LEISURE_S", leisure_s)
    monkeypatch.setattr(pace, "LOOKS_EVERY_S", every_s)
    leisure = pace.Leisure()
    leisure.begin()
    leisure.tidy()
    leisure.tidy()
    assert len(looks) == count
    assert gc.isenabled()


async def test_it_is_not_looked_for_again_at_once(
    monkeypatch: pytest.MonkeyPatch, looks: list[int]
) -> None:
    """The next time is as far away as the first one was."""
    monkeypatch.setattr(pace, "AT_LEISURE_S", 0.0)
    monkeypatch.setattr(pace, "LOOKS_EVERY_S", 0.3)
    leisure = pace.Leisure()
    leisure.begin()

    def is_tidy() -> bool:
        leisure.tidy()
        return bool(looks)

    await eventually(is_tidy, "it is looked for")
    leisure.tidy()
    assert len(looks) == 1


def test_a_process_that_did_not_hurry_is_left_alone() -> None:
    """Such as one that has an app among other things."""
    before = gc.get_threshold(), gc.get_freeze_count()
    pace.Leisure().begin()
    assert (gc.get_threshold(), gc.get_freeze_count()) == before


async def test_an_app_tidies_up(monkeypatch: pytest.MonkeyPatch, looks: list[int]) -> None:
    """By itself, and it knows when it was touched."""
    monkeypatch.setattr(pace, "LOOKS_EVERY_S", 0.0)
    monkeypatch.setattr(pace, "AT_LEISURE_S", 0.0)
    app = CustomerApp(client(CUSTOMER), topic=None, desk=DEFAULT_DESK)
    async with staged(app) as (_, pilot):
        leisure = app.leisure
        await eventually(lambda: leisure.untouched_s > 0.2, "nobody touches it")
        before = leisure.untouched_s
        await pilot.press("x")
        assert leisure.untouched_s < before
        await eventually(lambda: looks, "garbage is looked for")
