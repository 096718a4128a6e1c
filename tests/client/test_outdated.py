"""A push that a reply has overtaken."""

from imchat import protocol
from tests.support import Server, eventually


async def test_a_closed_chat_is_not_opened_by_an_older_push(server: Server) -> None:
    """The reply to a close may come before the push of the assignment before it."""
    async with server.client("agent", "ann") as ann, server.client("customer", "bob") as bob:
        await ann.ready()
        assigned = await bob.request()
        assert isinstance(assigned, protocol.Assigned)
        await bob.close(assigned.chat.chat)
        bob._received(protocol.Assigned(chat=assigned.chat))
        assert bob.chats == {}
        again = await bob.request()
        await eventually(lambda: list(bob.chats) == [again.chat.chat], "the new chat is open")
