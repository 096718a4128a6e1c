"""The dashboard's tiers: cards that move, against a real server."""



from tests.support import Server
from tests.tui.dashboards import (
    asking,
    close,
    dashboard,
    online,
    stands,
)
from tests.tui.support import hides, screen_text, shows


async def test_an_agent_moves_from_tier_to_tier(server: Server) -> None:
    """A card stands under its load: one further with each chat given, one back when it ends."""
    async with dashboard(server) as (app, _), online(server, "ann"):
        await stands(app, "Ann", 0)
        async with asking(server, "bob") as bob, asking(server, "cat"):
            await stands(app, "Ann", 2)
            await shows(app, "●●○")
            await close(bob)
            await stands(app, "Ann", 1)


async def test_the_current_tier_is_the_lowest_with_a_free_slot(server: Server) -> None:
    """It is marked in its head and in the title, and follows what happens."""
    async with dashboard(server) as (app, _), online(server, "ann"):
        await shows(app, "▶ tier 0")
        async with asking(server, "bob"):
            await shows(app, "▶ tier 1")
            await shows(app, "current tier 1")
            async with online(server, "abe"):
                await shows(app, "▶ tier 0")
                assert screen_text(app).count("▶") == 1


async def test_a_card_that_moved_stands_out_for_a_moment(server: Server) -> None:
    """Up it is marked ▸ and down ◂, and after a moment it is like the others."""
    async with dashboard(server) as (app, _), online(server, "ann"):
        await stands(app, "Ann", 0)
        async with asking(server, "bob") as bob:
            await shows(app, "▸Ann")
            await hides(app, "▸Ann")
            await close(bob)
            await shows(app, "◂Ann")
            await hides(app, "◂Ann")


async def test_a_full_agent_stands_by_its_load_and_is_marked(server: Server) -> None:
    """With no free slot anywhere the board says so, and no tier is current."""
    async with (
        dashboard(server) as (app, _),
        online(server, "ann", capacity=1),
        asking(server, "bob"),
    ):
        await shows(app, "every agent is full")
        await shows(app, "tier 1 full")
        assert "■" in screen_text(app)
        assert "▶" not in screen_text(app)
        async with online(server, "abe"):
            await shows(app, "▶ tier 0")
            await stands(app, "Ann", 1)
