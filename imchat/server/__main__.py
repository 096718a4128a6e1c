"""A worker; `imchat.server.workers` starts it and says why."""

from imchat import processes
from imchat.server.workers import work

processes.run(work())
