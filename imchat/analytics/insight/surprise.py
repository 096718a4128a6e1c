"""How surely something is more frequent here than there."""

from math import sqrt


def certainty(here: int, of_here: int, there: int, of_there: int) -> float:
    """Standard deviations by which the share `here` is above that `there`.

    The z-test of two proportions, with the variance of both together.
    """
    usual = (here + there) / (of_here + of_there)
    spread = sqrt(usual * (1 - usual) * (1 / of_here + 1 / of_there))
    return (here / of_here - there / of_there) / spread if spread else 0.0
