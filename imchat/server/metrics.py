"""What a node counts, in the words of Prometheus."""

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector


@dataclass(slots=True)
class Metrics:
    """Plain numbers, so that counting costs nothing; they are named when somebody reads them."""

    connections: int = 0
    connections_opened: int = 0
    connections_refused: int = 0
    frames_received: int = 0
    frames_refused: int = 0
    frames_sent: int = 0
    messages_stored: int = 0
    batches_stored: int = 0
    slow_clients_closed: int = 0

    def text(self, node: str) -> bytes:
        """The exposition format. Every sample names the node, which may share its port."""
        registry = CollectorRegistry()
        registry.register(_Named(self, node))
        return generate_latest(registry)

    def families(self) -> Iterator[tuple[GaugeMetricFamily | CounterMetricFamily, int]]:
        """What each number is called, and the number."""
        open_now = GaugeMetricFamily("imchat_connections", "Open WebSockets.", labels=["node"])
        yield open_now, self.connections
        for name, help_text, value in (
            ("connections_opened", "WebSockets that said hello.", self.connections_opened),
            ("connections_refused", "Of too many uids or addresses.", self.connections_refused),
            ("frames_received", "Frames that clients sent.", self.frames_received),
            ("frames_refused", "Frames answered with an error.", self.frames_refused),
            ("frames_sent", "Frames sent to clients.", self.frames_sent),
            ("messages_stored", "Messages stored and acked.", self.messages_stored),
            ("batches_stored", "Calls of the store that they took.", self.batches_stored),
            ("slow_clients_closed", "Clients that did not read.", self.slow_clients_closed),
        ):
            yield CounterMetricFamily(f"imchat_{name}", help_text, labels=["node"]), value


@dataclass(slots=True, eq=False)  # a registry keeps it by its identity
class _Named(Collector):
    """The numbers of a node, for prometheus_client."""

    counted: Metrics
    node: str

    def collect(self) -> Iterator[Metric]:
        for family, value in self.counted.families():
            family.add_metric([self.node], value)
            yield family
