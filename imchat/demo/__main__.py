"""The child behind the dashboard; `imchat.demo.backstage` starts it and says why."""

import asyncio
import sys
from pathlib import Path

from imchat.demo.backstage import perform

work = perform(Path(sys.argv[1]), agents=int(sys.argv[2]), rate=float(sys.argv[3]))
try:
    import uvloop
except ImportError:  # there is none for Windows
    asyncio.run(work)
else:
    uvloop.run(work)
