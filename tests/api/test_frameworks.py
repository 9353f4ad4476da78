"""Tensors of torch, JAX and TensorFlow: read where they lie, and f1core imports none of them."""

import numpy as np
import pytest

from f1core import Accumulator, F1Error, score
from f1core.arrays import to_numpy

TRUE = np.array([0, 2, 1, 1])
PRED = np.float32([[0.9, 0.1, 0.0], [0.25, 0.25, 0.5], [0.1, 0.8, 0.1], [0.5, 0.2, 0.3]])
EXPECTED = score(TRUE, PRED).to_dict()


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def jax():
    return pytest.importorskip("jax")


@pytest.fixture
def tf():
    return pytest.importorskip("tensorflow")


class TestTorch:
    def test_tensors(self, torch):
        for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
            pred = torch.tensor(PRED).to(dtype)
            assert score(torch.tensor(TRUE), pred).to_dict() == EXPECTED
            assert score(TRUE, pred).to_dict() == EXPECTED

    def test_labels_of_any_dtype(self, torch):
        for dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
            assert score(torch.tensor(TRUE).to(dtype), torch.tensor(PRED)).to_dict() == EXPECTED

    def test_tensors_with_a_gradient(self, torch):
        pred = torch.tensor(PRED, requires_grad=True)
        assert score(TRUE, pred * 1).to_dict() == EXPECTED
        assert pred.requires_grad

    def test_views(self, torch):
        wide = torch.tensor(PRED).T.contiguous()
        assert score(TRUE, wide.T).to_dict() == EXPECTED
        assert score(TRUE, torch.tensor(np.repeat(PRED, 2, axis=0))[::2]).to_dict() == EXPECTED
        assert score([0], torch.tensor([[0.7, 0.3]]).expand(1, 2)).accuracy == 1.0
        assert score([0], torch._neg_view(torch.tensor([[-0.7, -0.3]]))).accuracy == 1.0

    def test_nothing_is_copied(self, torch):
        for dtype in (torch.float32, torch.bfloat16):
            tensor = torch.tensor(PRED).to(dtype)
            assert to_numpy(tensor, "y_pred").ctypes.data == tensor.data_ptr()

    def test_booleans_lists_and_options(self, torch):
        flags = torch.tensor(PRED) > 0.2
        assert score(flags, torch.tensor(PRED), task="multilabel", threshold=0.2).exact_match == 1.0
        weighted = score(TRUE, PRED, sample_weight=[1, 2, 3, 4]).to_dict()
        weight = torch.tensor([1.0, 2.0, 3.0, 4.0])
        assert score(TRUE, PRED, sample_weight=weight).to_dict() == weighted
        assert score(TRUE, PRED, sample_weight=weight.bfloat16()).to_dict() == weighted
        threshold = score(flags, PRED, task="multilabel", threshold=[0.25, 0.5, 0.75])
        assert score(flags, PRED, task="multilabel", threshold=torch.tensor([0.25, 0.5, 0.75])
                     ).to_dict() == threshold.to_dict()  # fmt: skip
        assert score(flags, PRED, task="multilabel", threshold=torch.tensor(0.25)).exact_match < 1
        assert score([torch.tensor(0), torch.tensor(1)], [0, 1]).accuracy == 1.0

    def test_an_accumulator(self, torch):
        made = Accumulator("multiclass", classes=3)
        for start in (0, 2):
            made.update(
                torch.tensor(TRUE[start : start + 2]), torch.tensor(PRED[start : start + 2])
            )
        assert made.compute().to_dict() == EXPECTED

    def test_what_has_no_numbers_is_refused(self, torch):
        with pytest.raises(F1Error, match="y_pred"):
            score(TRUE, torch.empty(PRED.shape, device="meta"))
        with pytest.raises(F1Error, match="y_pred has dtype complex64"):
            score(TRUE, torch.zeros(4, dtype=torch.complex64))
        with pytest.raises(F1Error, match="y_true is"):
            score(torch.tensor(1), torch.tensor(1))


class TestJax:
    def test_arrays(self, jax):
        for dtype in ("float16", "bfloat16", "float32"):
            pred = jax.numpy.asarray(PRED).astype(dtype)
            assert score(jax.numpy.asarray(TRUE), pred).to_dict() == EXPECTED

    def test_booleans(self, jax):
        flags = jax.numpy.asarray(PRED) > 0.2
        assert score(flags, PRED, task="multilabel", threshold=0.2).exact_match == 1.0

    def test_what_is_traced_is_refused(self, jax):
        def inside(pred):
            with pytest.raises(F1Error, match="y_pred cannot be read as an array"):
                score(TRUE, pred)
            return pred

        jax.jit(inside)(jax.numpy.asarray(PRED))


class TestTensorFlow:
    def test_tensors(self, tf):
        for dtype in (tf.float16, tf.bfloat16, tf.float32, tf.float64):
            pred = tf.cast(tf.constant(PRED), dtype)
            assert score(tf.constant(TRUE), pred).to_dict() == EXPECTED

    def test_variables(self, tf):
        assert score(TRUE, tf.Variable(PRED)).to_dict() == EXPECTED

    def test_strings(self, tf):
        words = tf.constant(["ant", "owl", "cat", "cat"])
        assert score(words, PRED, classes=["ant", "cat", "owl"]).to_dict() == EXPECTED

    def test_ragged_tensors_are_refused(self, tf):
        with pytest.raises(F1Error, match="y_pred"):
            score([0, 1], tf.ragged.constant([[0.5], [0.5, 0.5]]))
