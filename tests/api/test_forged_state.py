"""State files that someone altered: refused by name, even under a right checksum."""

import io
import json
import os
import tracemalloc
import zipfile

import numpy as np
import pytest
from states import filled, forge, refused, setting, without

from f1core import Accumulator
from f1core.count_layout import COUNT, HIGH, LOW, ROWS_BEFORE, UNDEFINED, WHOLE, as_floats
from f1core.dedup.keys import key_of


@pytest.fixture
def path(tmp_path):
    """A saved state."""
    path = tmp_path / "state.npz"
    filled().save(path)
    return path


def options_with(**more):
    def change(members):
        plain = json.loads(bytes(members["options"]))
        members["options"] = np.frombuffer(json.dumps(plain | more).encode(), np.uint8)

    return change


def test_an_honest_forgery_loads(path):
    """The helper signs properly: what is refused below is refused for its contents."""
    forge(path, setting(confusion=np.eye(3, dtype=np.int64)))
    assert Accumulator.load(path).total == 3


FORGERIES = {
    "another format number": (setting(format=99), "format number 99"),
    "no format number": (without("format"), "format"),
    "several format numbers": (setting(format=[1, 1]), ""),
    "negative counts": (setting(confusion=-np.eye(3, dtype=np.int64)), "no count can be"),
    "NaN counts": (setting(confusion=np.full((3, 3), np.nan)), "no count can be"),
    "infinite counts": (setting(confusion=np.full((3, 3), np.inf)), "no count can be"),
    "another shape": (setting(confusion=np.zeros((3, 4), np.int64)), "cannot be (3, 4)"),
    "another dtype": (setting(confusion=np.zeros((3, 3), np.int32)), "int32"),
    "complex counts": (setting(confusion=np.zeros((3, 3), complex)), "complex"),
    "big-endian counts": (setting(confusion=np.zeros((3, 3), ">i8")), ">i8"),
    "other classes": (setting(n_classes=4), "cannot be"),
    "classes that do not fit": (
        setting(n_classes=4, confusion=np.zeros((4, 4), np.int64)),
        "do not belong",
    ),
    "negative classes": (setting(n_classes=-1), "not counts"),
    "fractional classes": (setting(n_classes=[3]), ""),
    "no counts": (without("confusion"), "not counts"),
    "no class count": (without("n_classes"), "not counts"),
    "no options": (without("options"), "options"),
    "an unknown array": (setting(extra=[1]), "extra"),
    "sums and matrix": (setting(sums=np.zeros((3, 3), np.int64)), "not counts"),
    "rows without labels": (setting(rows=np.zeros(20, np.int64)), "not counts"),
    "another task": (options_with(task="multilabel"), "do not belong"),
    "no task": (options_with(task=None), ""),
    "an unknown task": (options_with(task="regression"), "task"),
    "a bad option": (options_with(beta="-1"), "beta"),
    "an unknown option": (options_with(epsilon=1), "epsilon"),
    "more labels than classes": (setting(labels=np.arange(4)), "labels"),
    "labels out of order": (setting(labels=np.array([2, 1, 0])), "labels"),
    "labels beside classes": (setting(labels=np.array([5, 6, 7])), "do not belong"),
    "options that are no text": (setting(options=np.uint8([255, 254])), ""),
    "options that are no object": (setting(options=np.frombuffer(b"[1]", np.uint8)), ""),
    "a sum beyond 2^63": (setting(confusion=np.full((3, 3), 1 << 61)), "counts end at 2^63"),
    "more truths than predictions": (
        lambda m: (m.pop("confusion"), m.update(sums=np.array([[1, 1, 1], [1, 1, 1], [2, 1, 1]]))),
        "no count can be",
    ),
    "misses that are nobody's": (
        lambda m: (m.pop("confusion"), m.update(sums=np.array([[1, 0, 0], [1, 1, 0], [1, 1, 0]]))),
        "no count can be",
    ),
    "two predictions a row": (
        lambda m: (m.pop("confusion"), m.update(sums=np.array([[1, 1, 1], [2, 2, 2], [1, 1, 1]]))),
        "do not belong to its options",
    ),
    "a matrix that is not kept": (options_with(confusion=False), "do not belong to its options"),
    "resamples that are not there": (options_with(resamples=5), "do not belong to its options"),
    "compressed text": (setting(options=np.zeros(3, "U0")), ""),
    "more hits than rows": (
        lambda m: (m.pop("confusion"), m.update(sums=np.array([[9, 9, 9], [1, 1, 2], [1, 1, 2]]))),
        "no count can be",
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_file_is_refused(name, path):
    change, words = FORGERIES[name]
    forge(path, change)
    refused(path, "no f1core state", words)


@pytest.fixture
def labels(tmp_path):
    """A saved state of a multilabel task with resamples."""
    path = tmp_path / "labels.npz"
    made = Accumulator("multilabel", classes=3, resamples=4, seed=1)
    made.update([[1, 0, 1], [0, 1, 1], [0, 0, 1]], [[0.9, 0.1, 0.8], [0.2, 0.9, 0.3], [0.1] * 3])
    made.save(path)
    return path


def raised(name, where, by):
    def change(members):
        members[name] = members[name].copy()
        members[name][where] += by

    return change


IMPOSSIBLE = {
    "more exact rows than rows": raised("rows", COUNT + 1, 5),
    "fewer rows than cells": raised("rows", COUNT, -2),
    "rows without a cell": raised("rows", COUNT, 100),
    "a ratio above 1": raised("rows", WHOLE, 10**7),
    "a limb beyond all rows": raised("rows", HIGH, 1 << 40),
    "a negative limb": raised("rows", LOW, -(1 << 40)),
    "more undefined rows than rows": raised("rows", UNDEFINED, 4),
    "cells of no row": raised("sums", (3, 0), 1),
    "cells that are missing": raised("sums", (3, 0), -1),
    "more hits than truths": raised("sums", (0, 0), 5),
    "wrong cells of exact rows": raised("rows", COUNT + 1, 2),
    "resamples of more rows": raised("replica_sums", (0, 3), 10**7),
    "resampled hits without truths": raised("replica_sums", (0, 0), 100),
    "resampled ratios above 1": raised("replica_rows", (0, HIGH), 10**7),
    "resampled exact rows": raised("replica_rows", (0, COUNT + 1), 10**7),
    "fewer rows drawn for": raised("replica_spans", (0, 2), -2),
    "no rows drawn for": raised("replica_spans", (0, 1), 3),
    "rows and sums of two dtypes": lambda m: m.update(rows=as_floats(m["rows"])),
    "rows drawn for twice": lambda m: m.update(
        replica_spans=np.array([[1, 0, 2], [1, 1, 3]], np.int64)
    ),
    "clusters drawn for twice": lambda m: m.update(
        replica_spans=np.array([[1, 0, 0], [1, 0, 0]], np.int64)
    ),
    "one resample less": lambda m: m.update(
        replica_sums=m["replica_sums"][1:], replica_rows=m["replica_rows"][1:]
    ),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_counts_that_contradict_each_other_are_refused(name, labels):
    assert Accumulator.load(labels).total == 3
    forge(labels, IMPOSSIBLE[name])
    refused(labels, "no f1core state")


def test_multilabel_counts_of_two_limbs_load(labels):
    """What was saved before whole ratios had a limb of their own."""
    expected = Accumulator.load(labels)

    def older(members):
        members.update(format=np.asarray(2), rows=members["rows"].copy())
        members["rows"][HIGH] += members["rows"][WHOLE] << 31
        members["rows"] = members["rows"][:ROWS_BEFORE]
        members["replica_rows"] = members["replica_rows"][:, :ROWS_BEFORE]

    forge(labels, older)
    assert Accumulator.load(labels) == expected


def test_long_text_of_older_formats_is_found_again(tmp_path):
    path, ids = tmp_path / "text.npz", ["x" * 50, "x" * 51, "a"]
    made = Accumulator("binary")
    made.update([1, 0, 1], [0.7, 0.2, 0.1], sample_id=ids)
    made.save(path)

    def older(members):
        made_from = {key_of(text.encode()): text.encode() for text in ids}
        texts = [made_from[key] for key in members["ids"].tolist()]
        order = np.argsort(texts)
        members.update(format=np.asarray(2), ids=np.array(texts)[order])
        members.update({name: members[name][order] for name in ("truth", "guess")})

    forge(path, older)
    assert Accumulator.load(path) == made


@pytest.fixture
def rows(tmp_path):
    """A saved state of rows with ids."""
    path = tmp_path / "rows.npz"
    made = Accumulator("multiclass", classes=3)
    made.update([0, 1, 2, 2], [0, 2, 2, 2], sample_id=[5, 3, 9, 4], sample_weight=[1, 2, 3, 4])
    made.save(path)
    return path


def test_an_honest_forgery_of_rows_loads(rows):
    forge(rows, setting(guess=np.uint8([1, 1, 1, 1])))
    assert Accumulator.load(rows).compute().confusion[:, 1].tolist() == [1, 2, 7]


NO_ROWS = {
    "ids out of order": (setting(ids=np.uint32([3, 5, 4, 9])), "ids"),
    "an id twice": (setting(ids=np.uint32([3, 3, 5, 9])), "ids"),
    "signed ids": (
        setting(ids=np.array([3, 4, 5, 9])),
        "ids of kind 'numbers' cannot be (4,) int64",
    ),
    "more ids than rows": (setting(ids=np.uint32([3, 4, 5, 9, 10])), "truth of 5 rows"),
    "an unknown kind": (setting(kind=np.frombuffer(b"names", np.uint8)), "kind 'names'"),
    "text of another kind": (setting(ids=np.array([b"a", b"b", b"c", b"d"])), "kind 'numbers'"),
    "truth that is no class": (setting(truth=np.uint8([1, 4, 1, 1])), "none of 3 classes can be"),
    "a guess that is no class": (setting(guess=np.uint8([1, 3, 1, 1])), "none of 3 classes can be"),
    "signed truth": (
        setting(truth=np.array([1, 1, 1, 1])),
        "truth of 4 rows of 3 classes cannot be",
    ),
    "fewer guesses": (setting(guess=np.uint8([1, 1])), "guess of 4 rows"),
    "a negative weight": (setting(weight=np.array([1.0, -1, 1, 1])), "no weight can be"),
    "a weight of NaN": (setting(weight=np.array([1.0, np.nan, 1, 1])), "no weight can be"),
    "fewer weights": (setting(weight=np.ones(3)), "no weight can be"),
    "weights of another dtype": (setting(weight=np.ones(4, np.float32)), "no weight can be"),
    "other classes": (setting(n_classes=4), "do not belong to its 3 classes"),
    "no classes": (setting(n_classes=0), "none of 0 classes"),
    "labels beside classes": (setting(labels=np.array([5, 6, 7])), "do not belong"),
    "no truth": (without("truth"), "these are not rows"),
    "an unknown array": (setting(extra=[1]), "these are not rows"),
    "another task": (options_with(task="multilabel"), "truth of 4 rows"),
    "a negative seed": (setting(seed=-1), "seed is -1"),
    "several seeds": (setting(seed=[1, 2]), ""),
}


@pytest.mark.parametrize("name", NO_ROWS)
def test_forged_rows_are_refused(name, rows):
    change, words = NO_ROWS[name]
    forge(rows, change)
    refused(rows, "no f1core state", words)


def test_forged_rows_of_many_labels_are_refused(tmp_path):
    path = tmp_path / "cells.npz"
    made = Accumulator("multilabel", classes=3, ignore_index=-1)
    made.update([[0, 1, -1]], [[0.2, 0.7, 0.7]], sample_id=["a"])
    made.save(path)
    forge(path, setting(truth=np.uint8([[0b111_00000, 0b001_00000]])))
    refused(path, "none of 3 classes can be")
    top = Accumulator("multiclass", classes=3, top_k=2)
    top.update([1], [[0.2, 0.7, 0.1]], sample_id=["a"])
    top.save(path)
    forge(path, setting(guess=np.uint8([[1, 1]])))
    refused(path, "none of 3 classes can be")


def test_a_state_of_format_1_loads(path):
    """What was saved before there were ids."""
    forge(path, setting(format=1))
    assert Accumulator.load(path) == filled()


def test_a_change_without_a_new_checksum_is_refused(path):
    forge(path, setting(confusion=np.eye(3, dtype=np.int64)), sign=False)
    refused(path, "checksum does not match")
    forge(path, without("checksum"), sign=False)
    refused(path, "checksum")


class Bomb:
    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return (os.mkdir, (self.folder,))


def test_pickles_are_not_opened(path, tmp_path):
    folder = str(tmp_path / "was-here")
    objects = np.array([Bomb(folder)], dtype=object)
    with np.load(path) as archive:
        members = {name: archive[name] for name in archive.files}
    for name in ("confusion", "options", "format", "checksum", "extra"):
        np.savez(path, **(members | {name: objects}))
        refused(path, "no f1core state")
    assert not os.path.exists(folder)


def test_a_file_that_claims_more_than_it_holds_is_refused(path):
    """Deflated a thousandfold, or a header that promises terabytes."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.npy", b"\0" * (1 << 24))
    refused(path, "claims")
    header = io.BytesIO()
    shape = {"descr": "<i8", "fortran_order": False, "shape": (1 << 40,)}
    np.lib.format.write_array_header_1_0(header, shape)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("confusion.npy", header.getvalue())
    refused(path, "no f1core state")


def test_a_file_that_is_no_state_is_told_so(tmp_path):
    """An npz of compressed arrays claims more than it holds, but that is not what is wrong."""
    path = tmp_path / "other.npz"
    np.savez_compressed(path, y=np.zeros(100_000))
    refused(path, "it holds other arrays (y)")
    path.write_bytes(b"PK" + b"\0" * 100)
    refused(path, "it is no npz file")


def test_nothing_is_allocated_that_the_file_does_not_hold(path):
    """Headers that promise more are refused before any array is made."""
    with zipfile.ZipFile(path) as archive:
        data = {name: archive.read(name) for name in archive.namelist()}
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (3_900_000_000,)}
    )
    data["confusion.npy"] = header.getvalue()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in data.items():
            archive.writestr(name, content)
    tracemalloc.start()
    refused(path, "confusion claims the shape (3900000000,)")
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_sums_and_rows_of_two_dtypes_are_refused(tmp_path):
    made = Accumulator("multilabel")
    made.update([[0, 1], [1, 1], [1, 0]], [[0.1, 0.9], [0.2, 0.7], [0.6, 0.8]])
    for name in ("sums", "rows"):
        path = tmp_path / f"{name}.npz"
        made.save(path)
        forge(path, lambda members, name=name: members.update({name: members[name].astype(float)}))
        refused(path, "dtypes")


def test_rows_that_have_lost_the_seed_of_their_resamples_are_refused(tmp_path):
    path, made = tmp_path / "drawn.npz", Accumulator("binary", resamples=5, seed=1)
    made.update([0, 1, 1], [0.2, 0.9, 0.3], sample_id=[4, 5, 6])
    made.save(path)
    forge(path, lambda members: members.pop("seed"))
    refused(path, "seed")
