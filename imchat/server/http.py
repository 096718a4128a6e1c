"""Plain HTTP on the WebSocket's port: health and metrics."""

import asyncio
from http import HTTPStatus

import msgspec

from imchat.errors import Unavailable
from imchat.server.loading import Loading
from imchat.server.metrics import Metrics
from imchat.store.store import Store

JSON = "application/json"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
ANSWER_S = 2.0
"""A store that takes longer counts as away: who asks for a node's health waits no longer."""


async def health(store: Store, node: str, loading: Loading) -> tuple[HTTPStatus, str, bytes]:
    """200 while the node serves and its store answers, else 503."""
    if not loading.is_over:
        return _no("loading", node, "the store is loading its data")
    try:
        async with asyncio.timeout(ANSWER_S):
            await store.ping()
    except (Unavailable, TimeoutError) as error:
        reason = str(error) or f"the store did not answer within {ANSWER_S:.0f} s"
        return _no("unavailable", node, reason)
    return HTTPStatus.OK, JSON, msgspec.json.encode({"status": "ok", "node": node})


def _no(status: str, node: str, reason: str) -> tuple[HTTPStatus, str, bytes]:
    body = {"status": status, "node": node, "reason": reason}
    return HTTPStatus.SERVICE_UNAVAILABLE, JSON, msgspec.json.encode(body)


def metrics(counted: Metrics, node: str) -> tuple[HTTPStatus, str, bytes]:
    """Everything that the node counts."""
    return HTTPStatus.OK, PROMETHEUS, counted.text(node)
