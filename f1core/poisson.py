"""Poisson bootstrap: count many resamples of the rows, or of whole clusters, as they stream by."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from .backends.cells import Outcome
from .batch import Batch
from .count_layout import COUNT, EXACT, HIGH, PRED, RATIOS, ROWS, TP, TRUE, UNDEFINED
from .counts import Array, Counts
from .dedup.keys import check_ids
from .errors import F1Error, shown
from .memory import zeros
from .metrics import divide, fractions
from .option_values import whole
from .outcomes import Decisions, decide
from .replicas import Replicas, refuse_infinite

# Rows whose weights are drawn together, from a generator of their own.
_DRAWN = 1024
# Weights in flight at once: 2 MB as bytes.
_WEIGHTS = 1 << 21
_UNIT = 2.0**20
_NO_OVERFLOW = 4096  # weights below 16 whose sum uint16 holds
_SEED = 20261122  # where none is given, so that two calls and the picture agree
_CLUSTER_SEED = 0  # where none is given: parts that are merged must draw their clusters alike
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FORK = 1  # no block of rows has a spawn key of two numbers
# How many of 65,536 draws give 0, 1, 2, …: Poisson(1), with mean 1 exactly and variance 1.0003.
_POISSON = (24112, 24106, 12055, 4018, 1005, 201, 33, 5, 1)
_TABLE = np.repeat(np.arange(len(_POISSON), dtype=np.uint8), _POISSON)


def count_replicas(
    batch: Batch,
    seed: int,
    first: int = 0,
    resamples: int = 0,
    clusters: Array | None = None,
    leads: Array | None = None,
) -> Replicas:
    """Count replicas of a batch whose first row is row `first` of its stream.

    In each replica every row counts Poisson(1) times. How often depends on the seed and on the
    row's number in the stream alone, so any cut into batches gives the same. With (n,) hashes of
    the rows' `clusters` it depends on these, so that clusters are drawn whole, and may be spread
    over batches and machines. With (n,) `leads` each row counts as often as that row, the first of
    its sentence.

    Source: N. Chamandy, O. Muralidharan, A. Najmi, S. Naidu, Estimating uncertainty for massive
    data streams, 2012: such weights stand for drawing rows with replacement, in one pass.
    """
    resamples = resamples or batch.options.resamples
    height = 4 if batch.kind == "multilabel" else 3
    dtype = np.int64 if batch.weight is None else np.float64
    what = f"{resamples:,} resamples of {batch.n_classes:,} classes"
    sums = zeros((resamples, height, batch.n_classes), dtype, what)
    rows = zeros((resamples, ROWS), float, what) if batch.kind == "multilabel" else None
    step = max(_DRAWN, _WEIGHTS // resamples // _DRAWN * _DRAWN)
    start = 0
    while start < len(batch):
        stop = min(len(batch), ((first + start) // step + 1) * step - first)
        found = decide(batch, slice(start, stop))
        if clusters is None:
            low, taken = start, found.rows
            if leads is not None:
                low = int(leads[start])
                taken = leads[start:stop][found.rows] - low
            draws = weights(seed, first + low, first + stop, resamples)[:, taken]
        else:
            draws = _cluster_weights(clusters[start:stop][found.rows], seed, resamples)
        if found.outcome is not None and rows is not None:
            with np.errstate(over="ignore", invalid="ignore"):
                _add_cells(found, found.outcome, draws, batch, sums, rows)
        else:
            with np.errstate(over="ignore"):  # `refuse_infinite` looks at the end
                weighed = draws if found.weight is None else draws * found.weight
                sums += summed(weighed, found.true, found.pred, batch.n_classes)
        start = stop
    refuse_infinite(sums)
    rows_drawn = (first, first + len(batch)) if clusters is None else (0, 0)
    return Replicas(sums, rows, np.array([[seed, *rows_drawn]]))


def with_replicas(
    counts: Counts, batch: Batch, seed: int, first: int = 0, cluster: Any = None, **rows: Any
) -> Counts:
    """Put beside the counts of a batch its replicas over the same classes.

    `rows` are the clusters' hashes, or the leads, of `count_replicas`.
    """
    if cluster is not None:
        rows["clusters"] = cluster_hashes(cluster, len(batch))
    replicas = count_replicas(batch, seed, first, **rows)
    if counts.labels is not None and batch.labels is not None:
        replicas = replicas.only(np.searchsorted(batch.labels, counts.labels))
    counts.replicas = replicas
    return counts


def weights(seed: int, start: int, stop: int, resamples: int) -> Array:
    """(B, stop - start) how often each row of a stream counts in each replica, as bytes."""
    parts = []
    for block in range(start // _DRAWN, -(-stop // _DRAWN)):
        source = np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(block,)))
        raw = np.asarray(source.random_raw(resamples * _DRAWN // 4), dtype="<u8")
        drawn = _TABLE[raw.view("<u2")].reshape(resamples, _DRAWN)
        low, high = max(start - block * _DRAWN, 0), min(stop - block * _DRAWN, _DRAWN)
        parts.append(drawn[:, low:high])
    return np.concatenate(parts, axis=1) if parts else np.zeros((resamples, 0), np.uint8)


def cluster_hashes(cluster: Any, rows: int) -> Array:
    """Hash the id of each row's cluster to 64 bits: (n,), the same on every machine."""
    try:
        ids = check_ids(cluster, rows)
    except F1Error as error:
        raise F1Error(str(error).replace("sample_id", "cluster")) from None
    if ids.kind == "numbers":
        return _mixed(ids.values.astype(np.uint64))
    each, place = np.unique(ids.values, return_inverse=True)
    kind = ids.kind.encode()
    digests = [hashlib.blake2b(x, digest_size=8, key=kind).digest() for x in each.tolist()]
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)[place]


def _cluster_weights(hashes: Array, seed: int, resamples: int) -> Array:
    """(B, n) how often each row counts in each replica: the same of all rows of a cluster."""
    each, place = np.unique(hashes, return_inverse=True)
    keys = _mixed(np.arange(resamples, dtype=np.uint64) + _mixed(np.array([seed], np.uint64)))
    drawn = np.empty((resamples, len(each)), np.uint8)
    for replica, key in enumerate(keys):
        drawn[replica] = _TABLE[_mixed(each ^ key) >> np.uint64(48)]
    return drawn[:, place]


def _mixed(numbers: Array) -> Array:
    """splitmix64 (Steele, Lea, Flood, 2014): every bit of the input moves every bit of it."""
    with np.errstate(over="ignore"):
        mixed = numbers + _GOLDEN
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))


class Stream:
    """The rows whose resamples are drawn from one seed: how many there were."""

    def __init__(self, seed: Any) -> None:
        self.given_seed: int | None = None if seed is None else checked_seed(seed)
        self.seed = checked_seed(seed)
        self.rows = 0

    def restarted(self) -> Stream:
        """One of the same seed that no row has come from yet."""
        made = Stream(self.given_seed)
        made.seed = self.seed
        return made

    def take_back(self, first: int, rows: int) -> None:
        """Forget the numbers of rows from `first` on, unless others were numbered since."""
        if self.rows == first + rows:
            self.rows = first

    def cluster_seed(self, counts: Counts | None) -> int:
        """The seed of whole clusters: that of the counts so far, the one asked for, or 0."""
        drawn = None if counts is None else counts.replicas
        if drawn is not None and drawn.clustered:
            return int(drawn.spans[0, 0])
        return _CLUSTER_SEED if self.given_seed is None else self.given_seed

    def fork(self) -> int | None:
        """The seed for a copy, whose further rows are others; None if none was asked for.

        As long as there are no rows it is the same one, then one made of seed and number of rows.
        """
        if self.given_seed is None or not self.rows:
            return self.given_seed
        made = np.random.SeedSequence(self.seed, spawn_key=(self.rows, _FORK))
        return int(made.generate_state(1, np.uint64)[0] >> np.uint64(1))


def seeded(seed: Any) -> int:
    """Give the seed as a number, always the same one without any."""
    return _SEED if seed is None else checked_seed(seed)


def checked_seed(seed: Any) -> int:
    """`seed=` as a number; None draws one that no other stream has."""
    if seed is None:
        return int(np.random.default_rng().integers(1 << 63))
    found = whole("seed", seed, 0)
    if found >= 1 << 63:
        raise F1Error(f"seed is {shown(seed)}; give a whole number below 2^63, or None")
    return found


def summed(draws: Array, true: Array, pred: Array, n_classes: int) -> Array:
    """(b, 3, C) sums per class of (b, K) draws of cells with these (K,) true and predicted ids.

    `pred` may be (K, k): each cell predicts k different classes.
    """
    return Summing(true, pred, n_classes)(draws)


class Summing:
    """Adds draws of cells up by class; the cells are sorted once."""

    def __init__(self, true: Array, pred: Array, n_classes: int) -> None:
        self._size = n_classes
        self._groups = [(TRUE, *_groups(true, np.arange(len(true))))]
        for ids in (pred if pred.ndim == 2 else pred[:, None]).T:
            self._groups.append((PRED, *_groups(ids, np.arange(len(ids)))))
            hit = np.flatnonzero(ids == true)
            self._groups.append((TP, *_groups(true[hit], hit)))

    def __call__(self, draws: Array) -> Array:
        """(b, 3, C) sums of (b, K) draws."""
        dtype = np.result_type(draws.dtype, np.int64)
        sums = np.zeros((len(draws), 3, self._size), dtype)
        for row, ids, starts, order in self._groups:
            if len(order):
                sums[:, row, ids] += np.add.reduceat(draws[:, order], starts, axis=1, dtype=dtype)
        return sums

    def add_rows(self, draws: Array, into: Array) -> None:
        """Add (K, b) draws below 16, as uint16, to (b, 3, C) sums."""
        for row, ids, starts, order in self._groups:
            ordered, stops = draws[order], [*starts[1:].tolist(), len(order)]
            for place, low, high in zip(ids.tolist(), starts.tolist(), stops, strict=True):
                for start in range(low, high, _NO_OVERFLOW):
                    part = ordered[start : min(start + _NO_OVERFLOW, high)]
                    into[:, row, place] += np.add.reduce(part, axis=0, dtype=np.uint16)


def _groups(ids: Array, columns: Array) -> tuple[Array, Array, Array]:
    """Ids that occur, where each one's columns start once they are sorted, and the sorted ones."""
    order = np.argsort(ids, kind="stable")
    ordered = ids[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ids)])
    return ordered[starts], starts, columns[order]


def drawn_of_rows(
    rows: int, resamples: int, rng: np.random.Generator, sides: list[tuple[Summing, Array]]
) -> None:
    """Draw Poisson weights of rows, and add them up into each side's (B, 3, C) sums.

    Bytes in pairs, one resample beside the other: 400,000 rows of 1,000 classes take a sixth of the
    time of `reduceat` over (b, n) bytes.
    """
    if not rows:
        return
    table = _TABLE.astype(np.uint16)
    step = max(1, (1 << 24) // max(rows, 1))
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        draws = table[rng.integers(0, 1 << 16, (rows, size), np.uint16)]
        for summing, into in sides:
            summing.add_rows(draws, into[start : start + size])


def _add_cells(
    found: Decisions, outcome: Array, draws: Array, batch: Batch, sums: Array, rows: Array
) -> None:
    pred, true = (outcome & bit != 0 for bit in (1, 2))
    flags = np.stack([pred & true, pred, true, outcome != Outcome.IGNORED], axis=1)
    # float32 holds these sums exactly where rows have no weights: at most 8 a row.
    kind = np.float32 if found.weight is None else np.float64
    weighed = draws.astype(kind) if found.weight is None else draws * found.weight
    for place in range(0, draws.shape[1], 1 << 20):
        some = slice(place, place + (1 << 20))
        product = weighed[:, some] @ flags[some].reshape(-1, flags[0].size).astype(kind)
        sums += product.reshape(sums.shape).astype(sums.dtype)
    rows += weighed.astype(np.float64) @ _statistics(flags, batch)


def _statistics(flags: Array, batch: Batch) -> Array:
    """(m, 20) what each row adds to the statistics behind the samples averages, as plain sums."""
    found = np.zeros((len(flags), ROWS))
    every = flags.sum(axis=2)
    found[:, COUNT] = 1
    found[:, EXACT] = (every[:, 0] == every[:, 1]) & (every[:, 0] == every[:, 2])
    columns = batch.averaged_columns
    four = every if columns is None else flags[:, :, columns].sum(axis=2)
    tp, pred, true, kept = four.T
    pairs = fractions(tp, pred, true, kept, batch.options.coefs)
    ratios = [pairs[name] for name in RATIOS]
    found[:, UNDEFINED] = np.array([under == 0 for _, under in ratios]).T
    # In units of 2^-20 their sums are exact, and the same however the rows were cut.
    found[:, HIGH] = np.rint([divide(over, under, 0.0) * _UNIT for over, under in ratios]).T / _UNIT
    return found
