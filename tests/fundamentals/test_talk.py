"""The whole of it in one short talk, through all layers."""

import asyncio

from imchat import protocol
from tests.support import Server


async def test_a_customer_and_an_agent_talk(server: Server) -> None:
    """A request is given to the agent that is online, and messages go both ways."""
    async with server.client("agent", "ann") as agent, server.client("customer", "bob") as bob:
        await agent.ready()
        await bob.ready()
        assigned = await bob.request(topic="Where is my parcel?")
        assert isinstance(assigned, protocol.Assigned)
        assert assigned.chat.agent == "ann"
        ack = await bob.send(agent.uid, "Hello?")
        assert ack.seq == 2
        await agent.send(bob.uid, "On its way.")
        heard = []
        async with asyncio.timeout(5):
            async for event in bob:
                if isinstance(event, protocol.Message) and event.sender == "ann":
                    heard.append(event.body)
                    break
        assert heard == ["On its way."]
        closed = await bob.close(assigned.chat.chat)
        assert closed.reason == "customer"
