"""What a show came to: counted while it runs, told at its end."""

from msgspec import Struct

from imchat.demo.accounts import Account, faults_between, faults_of
from imchat.demo.dialogues import Language

MOST_FAULTS = 50
"""So many are kept; more are only counted."""


class Summary(Struct, kw_only=True, tag="summary"):
    """Counts of a show.

    Of the `customers` that asked, `served` came to an agent, `abandoned` lost patience
    and `sent_home` still waited when the show ended; `turned_away` found the queue
    full. `delivered` counts the messages that were shown to whom they were for.
    """

    agents: int
    rate: float
    seconds: float = 0
    customers: int = 0
    served: int = 0
    abandoned: int = 0
    sent_home: int = 0
    turned_away: int = 0
    waited_s: float = 0
    """The sum over those that were served."""
    longest_wait_s: float = 0
    sent: int = 0
    acked: int = 0
    stored: int = 0
    delivered: int = 0
    by_language: dict[Language, int] = {}
    customers_lost: int = 0
    """How often a customer lost its connection and came back."""
    agents_lost: int = 0
    breaks: int = 0
    """How often an agent went away for a while."""
    audit_faults: int | None = None
    faults: list[str] = []
    more_faults: int = 0

    def fault(self, sentence: str) -> None:
        """Note what is wrong."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(sentence)
        else:
            self.more_faults += 1

    def serve(self, waited_s: float) -> None:
        """Count a customer that came to an agent."""
        self.served += 1
        self.waited_s += waited_s
        self.longest_wait_s = max(self.longest_wait_s, waited_s)

    def settle(self, language: Language, customer: Account, agent: Account) -> None:
        """Check the two accounts of a chat that is over, and count what they hold."""
        for account in (customer, agent):
            self.sent += account.said
            self.acked += account.confirmed
            self.delivered += len(account.shown)
            for sentence in faults_of(account):
                self.fault(sentence)
        for sentence in faults_between(customer, agent):
            self.fault(sentence)
        self.stored += len(customer.stored)
        self.by_language[language] = self.by_language.get(language, 0) + len(customer.stored)

    def text(self) -> str:
        """The summary for a person: a line a subject, a line a fault, the verdict."""
        rows = [
            ("demo", self._show()),
            ("customers", self._customers()),
            ("waited", self._waited()),
            ("messages", self._messages()),
            ("languages", ", ".join(f"{n} {name}" for name, n in self.by_language.items())),
            ("mishaps", self._mishaps()),
            ("audit", self._audit()),
            *(("FAULT", sentence) for sentence in self.faults),
        ]
        if self.more_faults:
            rows.append(("FAULT", f"and {self.more_faults} more"))
        rows.append(("verdict", "something is wrong" if self.faults else "nothing lost or wrong"))
        return "\n".join(f"{name:<11}{said or 'none'}" for name, said in rows)

    def _show(self) -> str:
        agents = _n(self.agents, "agent")
        return f"{agents}, {self.rate:g} customers a second, {self.seconds:.1f} s"

    def _waited(self) -> str:
        mean_s = self.waited_s / max(self.served, 1)
        return f"{mean_s:.1f} s on average, {self.longest_wait_s:.1f} s at most"

    def _mishaps(self) -> str:
        return (
            f"{_n(self.customers_lost, 'customer')} and {_n(self.agents_lost, 'agent')} lost"
            f" the connection and came back, {_n(self.breaks, 'break')} taken"
        )

    def _customers(self) -> str:
        said = (
            f"{self.customers} asked, {self.served} served, {self.abandoned} lost patience,"
            f" {self.sent_home} still waited at the end"
        )
        return said + (f", {self.turned_away} found the queue full" if self.turned_away else "")

    def _messages(self) -> str:
        return (
            f"{self.sent} sent, {self.acked} acked, {self.stored} stored,"
            f" {self.delivered} delivered: {self.delivered / max(self.seconds, 0.1):.1f} a second"
        )

    def _audit(self) -> str:
        if self.audit_faults is None:
            return "not done"
        if self.audit_faults:
            return f"{_n(self.audit_faults, 'fault')} found in the store"
        return "every index of the store agrees with every other"


def _n(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
