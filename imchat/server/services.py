"""What all sessions of a node share."""

from dataclasses import dataclass

from imchat.analytics.report.lately import Lately
from imchat.server.colleagues import Colleagues
from imchat.server.hub import Hub
from imchat.server.limits import Limits
from imchat.server.loading import Loading
from imchat.server.metrics import Metrics
from imchat.server.poster import Poster
from imchat.server.waiting import Waiting
from imchat.server.watching import Watching
from imchat.settings import ServerSettings
from imchat.store.store import Store


@dataclass(slots=True)
class Services:
    """The parts of a node; `node`, its name, changes if it was declared dead."""

    settings: ServerSettings
    secret: str
    node: str
    store: Store
    hub: Hub
    poster: Poster
    waiting: Waiting
    watching: Watching
    limits: Limits
    metrics: Metrics
    loading: Loading
    lately: Lately
    colleagues: Colleagues
