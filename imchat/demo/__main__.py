"""The child behind the dashboard; `imchat.demo.backstage` starts it and says why."""

from imchat import processes
from imchat.demo.backstage import perform

processes.run(perform())
