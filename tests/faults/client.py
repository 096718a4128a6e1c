"""A client in a process of its own, to be killed: what it did is in its journal.

The next one of the same uid sends again what was not answered, under the same ids.
SIGTERM has it say no more; it goes on listening until it is killed.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

import uvloop

from imchat.ids import Uid
from tests.faults import journal
from tests.faults.bots import Bot, Shape, Stage
from tests.support import eventually

ANSWERED_S = 30.0


async def main(url: str, role: str, uid: str, token: str, path: str) -> None:
    """Chat until killed."""
    ledger = journal.Journal(Path(path))
    ledger.began_anew(Uid(uid))
    stage = Stage(shape=Shape(pace_s=0.3), ledger=ledger)
    bot = Bot(stage, role, Uid(uid), url, token)
    bot.prefix = f"{uid}-{os.getpid()}-"
    for peer, id in ledger.unanswered():
        bot.send(peer, id)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stage.quiet.set)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bot.live())
        await stage.quiet.wait()
        await eventually(lambda: bot.is_quiet, "all is answered", timeout=ANSWERED_S)
        ledger.write(journal.QUIET)


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
