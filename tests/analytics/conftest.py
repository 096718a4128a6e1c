"""A site whose past a test writes."""

from tests.store.conftest import people

__all__ = ["people"]
