"""What a node counts, in the words of Prometheus."""

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector


@dataclass(slots=True, eq=False)  # a registry keeps it by its identity
class Metrics(Collector):
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

    def collect(self) -> Iterator[Metric]:
        """For prometheus_client."""
        yield GaugeMetricFamily(
            "imchat_connections", "Open WebSockets.", value=self.connections
        )
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
            yield CounterMetricFamily(f"imchat_{name}", help_text, value=value)

    def text(self) -> bytes:
        """The exposition format."""
        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)
