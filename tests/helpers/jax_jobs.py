"""What the tests run in a JAX of its own: two devices on the CPU, or numbers of 64 bits."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings

import numpy as np


def run(name: str, **env: str) -> str:
    """Run a job in a fresh process, whose environment JAX reads when it is loaded."""
    found = subprocess.run(
        [sys.executable, __file__, name], capture_output=True, text=True, timeout=300,
        env=os.environ | {"JAX_PLATFORMS": "cpu"} | env,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()


def devices() -> str:
    """States of two devices, added by psum in shard_map, by a plain sum, and gone on with."""
    import jax
    import jax.numpy as jnp
    from jax.sharding import Mesh, PartitionSpec

    import f1core
    from f1core.adapters.jax import init, scores, update

    try:
        shard_map = jax.shard_map
    except AttributeError:
        from jax.experimental.shard_map import shard_map
    assert len(jax.devices()) == 2
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 5, 120), rng.random((120, 5), np.float32)
    w = (rng.integers(0, 9, 120) / 4).astype(np.float32)
    flags = rng.random((120, 5)) < 0.4
    mesh, split = Mesh(np.array(jax.devices()), ("d",)), PartitionSpec("d")
    for task, true, weight in (
        ("multiclass", y, None), ("multiclass", y, w), ("multilabel", flags, None)
    ):  # fmt: skip

        def step(state, true, pred, weight, task=task):
            new = update(init(task, classes=5), true, pred, weight)
            return jax.tree.map(jnp.add, state, jax.lax.psum(new, "d"))

        specs = (PartitionSpec(), split, split, split if weight is not None else PartitionSpec())
        step = jax.jit(shard_map(step, mesh=mesh, in_specs=specs, out_specs=PartitionSpec()))
        state = init(task, classes=5)
        for rows in np.array_split(np.arange(120), 3):
            part = None if weight is None else weight[rows]
            state = step(state, true[rows].astype("i4"), p[rows], part)
        expected = f1core.score(true, p, task=task, sample_weight=weight)
        assert same(scores(state), expected), task

        each = jax.pmap(lambda t, q: update(init("multiclass", classes=5), t, q))(
            y.reshape(2, 60).astype("i4"), p.reshape(2, 60, 5)
        )
        total = jax.tree.map(lambda leaf: leaf.sum(0), each)
        assert scores(total)._counts == f1core.score(y, p)._counts
    return "added"


def same(found, expected) -> bool:
    """Whether all counts are the same, where both keep them."""
    pairs = zip(found._counts.arrays(), expected._counts.arrays(), strict=True)
    return all(a is b is None or np.array_equal(a, np.asarray(b)[: len(a)]) for a, b in pairs)


def x64() -> str:
    """With int64 and float64 all is as on the CPU, samples averages and large labels too."""
    import jax
    import jax.numpy as jnp

    import f1core
    from f1core.adapters.jax import init, scores, update

    assert jax.config.jax_enable_x64
    rng = np.random.default_rng(0)
    step = jax.jit(update)
    for seed in range(6):
        rng = np.random.default_rng(seed)
        dtype = ("f2", "f4", "f8")[seed % 3]
        p = rng.random((90, 7)).astype(dtype)
        y = rng.integers(-1, 2, (90, 7))
        how = {"classes": 7, "beta": (1.7, 0.3, np.inf, 2.9, 0.0, 7.1)[seed], "ignore_index": -1}
        if seed % 2:
            how["average_over"] = [1, 3, 4]
        for weight in (None, rng.random(90)):
            state = init("multilabel", **how)
            for rows in np.array_split(np.arange(90), 2):
                part = None if weight is None else jnp.asarray(weight[rows])
                state = step(state, jnp.asarray(y[rows]), jnp.asarray(p[rows]), part)
            expected = f1core.score(y, p, task="multilabel", sample_weight=weight, **how)
            found = scores(state)
            if weight is None:
                assert found._counts == expected._counts
                assert repr(found.to_dict()) == repr(expected.to_dict())
            else:
                for name, value in expected.to_dict().items():
                    assert abs(found.metric(name) - value) < 1e-12, name
    far = [-(2**40), 3, 2**62]
    y, p = np.array(far)[rng.integers(0, 3, 50)], rng.random((50, 3))
    state = step(init("multiclass", classes=far), jnp.asarray(y), jnp.asarray(p))
    assert scores(state)._counts == f1core.score(y, p, classes=far)._counts
    state = init("multilabel", classes=1)
    ones = jnp.ones((3, 1), int), jnp.ones((3, 1))
    state = step(state, *ones)
    many = state.counts * 2**33  # sums of ratios have three limbs of 31 bits
    state = step(step(type(state)(many, state.sums, state.refused, state.layout), *ones), *ones)
    found = scores(state)
    assert found.total == 3 * 2**33 + 6 and found.samples.f1 == 1.0
    return "exact"


if __name__ == "__main__":
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", module="jax")
    print({"devices": devices, "x64": x64}[sys.argv[1]]())
