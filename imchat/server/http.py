"""Plain HTTP on the WebSocket's port: health and metrics."""

from http import HTTPStatus

import msgspec

from imchat.errors import Unavailable
from imchat.server.metrics import Metrics
from imchat.store.store import Store

JSON = "application/json"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


async def health(store: Store, node: str) -> tuple[HTTPStatus, str, bytes]:
    """200 while the store answers, else 503."""
    try:
        await store.ping()
    except Unavailable as error:
        body = {"status": "unavailable", "node": node, "reason": str(error)}
        return HTTPStatus.SERVICE_UNAVAILABLE, JSON, msgspec.json.encode(body)
    return HTTPStatus.OK, JSON, msgspec.json.encode({"status": "ok", "node": node})


def metrics(counted: Metrics) -> tuple[HTTPStatus, str, bytes]:
    """Everything that the node counts."""
    return HTTPStatus.OK, PROMETHEUS, counted.text()
