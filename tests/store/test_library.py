"""The function library: complete, loaded again when lost, side by side with another version."""

import inspect
import re
from importlib.resources import files
from pathlib import Path

import pytest
from redis.asyncio import Redis

import imchat.store.counted
import imchat.store.erasing
import imchat.store.remembering
import imchat.store.store
from imchat.errors import SetupError, Unavailable
from imchat.ids import Uid
from imchat.store.embedded import EmbeddedStore
from imchat.store.library import PARTS, source
from imchat.store.store import Store
from tests.store.people import People


def registered() -> set[str]:
    """The names of the functions in the Lua files."""
    lua = files("imchat.store") / "lua"
    text = "\n".join((lua / f"{part}.lua").read_text(encoding="utf-8") for part in PARTS)
    return set(re.findall(r'call\.register\("(\w+)"', text))


def test_every_lua_file_is_a_part() -> None:
    """No file is forgotten when the parts are joined."""
    lua = Path(str(files("imchat.store") / "lua"))
    assert {path.stem for path in lua.glob("*.lua")} == set(PARTS)


def test_the_functions_are_the_methods_of_the_store() -> None:
    """Every function is called by the store, and it calls no other."""
    store = imchat.store
    parts = (store.store, store.counted, store.erasing, store.remembering)
    text = "\n".join(inspect.getsource(part) for part in parts)
    assert set(re.findall(r'library\.call\(\s*"(\w+)"', text)) == registered()


def test_the_page_says_of_each_why_it_may_be_repeated() -> None:
    """Who adds a function must have thought of a reply that is lost."""
    page = Path(__file__).parent.parent.parent / "docs" / "architecture.md"
    text = page.read_text(encoding="utf-8")
    table = text.partition("why repeating it is harmless |")[2].partition("\n\n")[0]
    cells = [row.split("|")[1] for row in table.splitlines()[2:]]
    assert {name for cell in cells for name in re.findall(r"`(\w+)`", cell)} == registered()


async def test_the_store_has_them_under_a_versioned_name(people: People) -> None:
    """FUNCTION LIST shows this version's library with each function."""
    name, _ = source()
    listed = await people.redis.function_list(library=name)
    text = repr(listed)
    assert all(f"{name}_{function}" in text for function in registered())


async def test_a_library_that_was_lost_is_loaded_again(people: People) -> None:
    """FUNCTION FLUSH costs nothing but a round trip."""
    await people.agent("ann")
    await people.redis.function_flush()
    assert (await people.assigned("bob")).agent == "ann"


async def test_another_version_stands_beside_it(people: People) -> None:
    """Loading another release's library changes nothing for this one."""
    name, code = source()
    other = code.replace(name, f"{name[:-4]}ffff")
    await people.redis.function_load(other)
    await people.agent("ann")
    assert (await people.assigned("bob")).agent == "ann"
    await people.redis.function_delete(f"{name[:-4]}ffff")


async def test_a_store_that_is_away_is_unavailable() -> None:
    """Nothing listens there: the call says so instead of hanging."""
    async with Store("unix:///nowhere/valkey.sock", site="x") as store:
        with pytest.raises(Unavailable):
            await store.site()


def test_a_url_that_is_none_is_said() -> None:
    """The text names it."""
    with pytest.raises(SetupError, match="nonsense"):
        Store("nonsense")


async def test_a_reply_that_was_lost_costs_nothing(people: People) -> None:
    """Each call may be made again: the second finds what the first did."""
    await people.agent("ann")
    first = await people.asks("bob")
    again = await people.asks("bob")
    assert first.chat.id == again.chat.id
    closed = await people.close("bob")
    repeated = await people.store.close(
        closed.chat.id, uid=Uid("bob"), role="customer", connection="bob@node-1"
    )
    assert repeated.chat == closed.chat
    await people.disconnect("bob")
    await people.disconnect("bob")
    assert await people.store.audit() == []


async def test_a_store_that_may_forget_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Who names a store of their own hears what its settings put at risk."""
    embedded = EmbeddedStore(tmp_path)
    await embedded.start()
    try:
        async with Store(embedded.url) as store, Redis.from_url(embedded.url) as redis:
            await store.library.load()
            assert caplog.messages == []
            await redis.config_set("appendonly", "no")
            await redis.config_set("maxmemory", "100mb")
            await redis.config_set("maxmemory-policy", "allkeys-lru")
            await store.library.load()
        no_file, drops = caplog.messages
        assert "appendonly yes" in no_file
        assert "noeviction" in drops
    finally:
        await embedded.stop()
