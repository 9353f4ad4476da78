"""State files that someone altered: refused by name, even under a right checksum."""

import io
import json
import os
import zipfile

import numpy as np
import pytest

from f1core import Accumulator, F1Error, state


def filled(**options):
    made = Accumulator("multiclass", **({"classes": 3} | options))
    made.update([0, 1, 2, 2], [0, 2, 2, 2])
    return made


@pytest.fixture
def path(tmp_path):
    """A saved state."""
    path = tmp_path / "state.npz"
    filled().save(path)
    return path


def refused(path, *words):
    with pytest.raises(F1Error) as caught:
        Accumulator.load(path)
    message = str(caught.value)
    assert str(path) in message
    message = message.replace(str(path), "")
    for word in words:
        assert word in message
    assert caught.type is F1Error


def forge(path, change, sign=True):
    """The members of a state, changed, under a checksum that is right again."""
    with np.load(path) as archive:
        members = {name: archive[name] for name in archive.files}
    change(members)
    if sign:
        members.pop("checksum", None)
        members["checksum"] = state._as_bytes(state._checksum(members))
    np.savez(path, **members)


def options_with(**more):
    def change(members):
        plain = json.loads(bytes(members["options"]))
        members["options"] = np.frombuffer(json.dumps(plain | more).encode(), np.uint8)

    return change


def setting(**arrays):
    return lambda members: members.update({k: np.asarray(v) for k, v in arrays.items()})


def without(*names):
    return lambda members: [members.pop(name) for name in names]


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
