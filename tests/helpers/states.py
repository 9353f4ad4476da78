"""State files: one that is saved, one that is altered, one that must be refused."""

import numpy as np
import pytest

from f1core import Accumulator, F1Error, state


def filled(**options):
    made = Accumulator("multiclass", **({"classes": 3} | options))
    made.update([0, 1, 2, 2], [0, 2, 2, 2])
    return made


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


def setting(**arrays):
    return lambda members: members.update({k: np.asarray(v) for k, v in arrays.items()})


def without(*names):
    return lambda members: [members.pop(name) for name in names]
