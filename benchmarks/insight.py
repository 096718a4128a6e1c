"""How right `imchat insight` is, on messages that people labelled, and how fast.

Beside each figure stands what a plainer method makes of the same messages. The second half of
the labelled set was not looked at while the method was chosen.
"""

import asyncio
import os
import resource
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from redis.asyncio import Redis
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score, normalized_mutual_info_score
from vader import SentimentIntensityAnalyzer

from benchmarks.chats import chats, put
from benchmarks.options import Options
from imchat.analytics.chats import DAY_MS, Interval
from imchat.analytics.insight import analysis
from imchat.analytics.insight.embedding import embed
from imchat.analytics.insight.languages import language_of
from imchat.analytics.insight.tones import tones
from imchat.analytics.insight.topics import grouped
from imchat.analytics.insight.valence import valence
from imchat.analytics.insight.words import phrases_of
from imchat.store.embedded import EmbeddedStore
from tests.analytics.labelled import Labelled, labelled

Labels = NDArray[np.int64]
TOPICS = 12
SEEDS = 10
DAYS = 14
VADER_NEUTRAL = 0.05
"""VADER's own bound, on either side of zero."""
OF_TEXTS = 64
"""One of so many texts is followed, wherever it is said, to see how many are distinct."""
SAMPLE_S = 0.2


@dataclass(frozen=True, slots=True)
class Right:
    """In how many messages a method is right, and the mean F1 of the labels."""

    what: str
    method: str
    of: str
    messages: int
    accuracy: float
    macro_f1: float

    def __str__(self) -> str:
        return (
            f"{self.what:<8} {self.method:<28} {self.of:<16} {self.messages:>4} messages: "
            f"accuracy {self.accuracy:.3f}, macro-F1 {self.macro_f1:.3f}"
        )


@dataclass(frozen=True, slots=True)
class Grouped:
    """How pure groups are, and what they tell of the intents; the mean of some seeds."""

    method: str
    groups: int
    purity: float
    least_purity: float
    nmi: float

    def __str__(self) -> str:
        return (
            f"topics   {self.method:<28} {self.groups:>2} groups: purity {self.purity:.3f} "
            f"(at least {self.least_purity:.3f}), NMI {self.nmi:.3f}"
        )


@dataclass(frozen=True, slots=True)
class Analysed:
    """Chats that were made up, analysed in this process; most of the memory is the libraries'."""

    messages: int
    chats: int
    distinct: float
    made_s: float
    took_s: float
    cpu_s: float
    peak_mib: int

    def __str__(self) -> str:
        return (
            f"{self.messages:,} messages of {self.chats:,} chats ({self.distinct:.0%} of the "
            f"customers' are distinct): analysed in {self.took_s:.0f} s, {self.cpu_s:.0f} s of "
            f"CPU, of which making them up takes {self.made_s:.0f} s; peak {self.peak_mib:,} MiB"
        )


@dataclass(frozen=True, slots=True)
class Read:
    """The same from a store, as a process."""

    messages: int
    took_s: float
    cpu_s: float
    peak_mib: int
    pings: int
    ping_p99_ms: float
    ping_max_ms: float

    def __str__(self) -> str:
        return (
            f"imchat insight on a store with {self.messages:,} messages: {self.took_s:.0f} s, "
            f"{self.cpu_s:.0f} s of CPU, peak {self.peak_mib:,} MiB; meanwhile {self.pings} pings "
            f"of the store: p99 {self.ping_p99_ms:.1f} ms, longest {self.ping_max_ms:.1f} ms"
        )


async def run(options: Options) -> AsyncIterator[Right | Grouped | Analysed | Read]:
    """How right, then how fast on chats that are made up, then the same from a store."""
    wanted = options.only or ["right", "analysed", "store"]
    if "right" in wanted:
        rows: list[Right | Grouped] = [*_languages(), *_tones(), *_topics()]
        for row in rows:
            yield row
    if "analysed" in wanted:
        yield _analysed(options.messages)
    if "store" in wanted:
        yield await _from_store(options.messages)


# --- how right ---------------------------------------------------------------


def _languages() -> Iterator[Right]:
    messages = labelled()
    found = [language_of(message.text) for message in messages]
    truth = [message.language for message in messages]
    yield _right("language", "by script", "all", truth, found)


def _tones() -> Iterator[Right]:
    messages = labelled()
    texts = [message.text for message in messages]
    majority = Counter(message.tone for message in messages).most_common(1)[0][0]
    vader = SentimentIntensityAnalyzer()
    methods: dict[str, Sequence[int]] = {
        "majority": [majority] * len(messages),
        "VADER alone": [_sign(vader.polarity_scores(text)["compound"]) for text in texts],
        "words alone (VADER + Chinese)": [_sign(good - bad) for good, bad in map(valence, texts)],
        "imchat": tones(texts, embed(texts)).tolist(),
    }
    for method, found in methods.items():
        for of, those in _parts(messages).items():
            truth = [messages[place].tone for place in those]
            yield _right("tone", method, of, truth, [found[place] for place in those])


def _parts(messages: Sequence[Labelled]) -> dict[str, list[int]]:
    places = range(len(messages))
    languages = dict.fromkeys(message.language for message in messages)
    parts = {
        language: [place for place in places if messages[place].language == language]
        for language in languages
    }
    parts["looked at"] = [place for place in places if messages[place].seen]
    parts["not looked at"] = [place for place in places if not messages[place].seen]
    return parts | {"all": list(places)}


def _sign(score: float) -> int:
    return 0 if abs(score) < VADER_NEUTRAL else int(np.sign(score))


def _right(
    what: str, method: str, of: str, truth: Sequence[object], found: Sequence[object]
) -> Right:
    right = sum(one == other for one, other in zip(truth, found, strict=True))
    macro = float(f1_score(truth, found, average="macro", zero_division=0))
    return Right(what, method, of, len(truth), right / len(truth), macro)


def _topics() -> Iterator[Grouped]:
    texts = [message.text for message in labelled()]
    intents = np.array([message.intent for message in labelled()])
    vectors = embed(texts)
    words = TfidfVectorizer(analyzer=phrases_of, min_df=2, sublinear_tf=True).fit_transform(texts)
    for count in (TOPICS, 20):
        seeds = range(SEEDS)
        yield _grouped("chance", count, intents, [
            np.random.default_rng(seed).integers(count, size=len(texts)) for seed in seeds
        ])  # fmt: skip
        yield _grouped("k-means on TF-IDF", count, intents, [
            KMeans(count, n_init=5, random_state=seed).fit_predict(words) for seed in seeds
        ])  # fmt: skip
        yield _grouped("k-means on the vectors", count, intents, [
            KMeans(count, n_init=5, random_state=seed).fit_predict(vectors) for seed in seeds
        ])  # fmt: skip
        yield _grouped("imchat", count, intents, [
            grouped(texts, vectors, most=count, seed=seed) for seed in seeds
        ])  # fmt: skip


def _grouped(
    method: str, count: int, intents: NDArray[np.str_], found: Sequence[Labels]
) -> Grouped:
    purities = [_purity(intents, groups) for groups in found]
    told = [normalized_mutual_info_score(intents, groups) for groups in found]
    return Grouped(
        method, count, float(np.mean(purities)), min(purities), float(np.mean(told))
    )


def _purity(intents: NDArray[np.str_], groups: Labels) -> float:
    purest = (np.unique(intents[groups == group], return_counts=True)[1] for group in set(groups))
    return float(sum(counts.max() for counts in purest) / len(intents))


# --- how fast ----------------------------------------------------------------


def _analysed(messages: int) -> Analysed:
    until = time.time_ns() // 1_000_000
    began = time.perf_counter()
    said: Counter[int] = Counter()
    count = 0
    for chat in chats(messages, until=until, days=DAYS):
        count += 1
        texts = (message.text for message in chat.messages if message.by == "customer")
        marks = (zlib.crc32(text.encode()) for text in texts)
        said.update(mark for mark in marks if mark % OF_TEXTS == 0)
    made_s = time.perf_counter() - began
    distinct = len(said) / said.total()
    said.clear()
    began, used = time.perf_counter(), time.process_time()
    week = Interval(until - DAYS * DAY_MS // 2, until)
    found = analysis.analyse(chats(messages, until=until, days=DAYS), week)
    assert found.chats + found.chats_before == count
    return Analysed(
        messages, count, distinct, made_s, time.perf_counter() - began,
        time.process_time() - used, _mib(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss),
    )  # fmt: skip


async def _from_store(messages: int) -> Read:
    until = time.time_ns() // 1_000_000
    with tempfile.TemporaryDirectory() as directory:
        embedded = EmbeddedStore(Path(directory))
        await embedded.start()
        try:
            async with Redis.from_url(embedded.url) as redis:
                await put(redis, "main", chats(messages, until=until, days=DAYS))
                began = time.perf_counter()
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "imchat", "insight", "--redis", embedded.url,
                    "--since", f"{DAYS // 2}d", "--format", "json",
                    stdout=asyncio.subprocess.DEVNULL,
                )  # fmt: skip
                pings = []
                while process.returncode is None:
                    asked = time.perf_counter()
                    await redis.ping()
                    pings.append(1e3 * (time.perf_counter() - asked))
                    await asyncio.sleep(SAMPLE_S)
                took_s = time.perf_counter() - began
                assert process.returncode == 0
                # Not of Valkey, which lives on.
                used = resource.getrusage(resource.RUSAGE_CHILDREN)
        finally:
            await embedded.stop()
    return Read(
        messages, took_s, used.ru_utime + used.ru_stime, _mib(used.ru_maxrss),
        len(pings), float(np.percentile(pings, 99)), max(pings),
    )  # fmt: skip


def _mib(kib: int) -> int:
    return kib // 1024 if os.uname().sysname == "Linux" else kib // 2**20
