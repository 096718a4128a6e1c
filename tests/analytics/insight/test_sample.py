"""What bounds the memory."""

from collections import Counter

from imchat.analytics.insight.sample import Forgetful, Sample


def test_a_sample_is_bounded_and_fair() -> None:
    """Each of a stream is as likely in it as any other, and the same seed takes the same."""
    met: Counter[int] = Counter()
    for seed in range(400):
        sample: Sample[int] = Sample(10, seed=seed)
        for number in range(100):
            sample.offer(number)
        assert len(sample.items) == 10
        assert sample.seen == 100
        met.update(sample.items)
    assert set(met) == set(range(100))
    assert max(met.values()) < 4 * min(met.values())


def test_the_least_met_are_forgotten_first() -> None:
    """What stays was met at most so many times more."""
    counts: Forgetful[str, int] = Forgetful(100)
    for number in range(1_000):
        for word in ("often", f"once-{number}"):
            counts[word] = counts.get(word, 0) + 1
            counts.shrink((word, count) for word, count in counts.items())
    assert len(counts) <= 101
    assert 1_000 - counts.forgotten <= counts["often"] <= 1_000
