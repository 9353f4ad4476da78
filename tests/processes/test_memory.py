"""Memory above the inputs: less than 16 MB, however large and however laid out they are."""

import pytest
from jobs import job

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("warm", [False, True], ids=["numpy", "kernels"])
@pytest.mark.parametrize("what", ["C", "F", "labels"])
def test_peak_memory(what, warm):
    """10,000,000 x 10 float32 scores, 400 MB; or labels over 200,000 classes, 80 MB."""
    if warm:  # as the system counts it: what LLVM's code allocates, Python does not see
        pytest.importorskip("resource")
    found = job("memory", what=what, warm=warm)
    assert found["loaded"] == warm
    assert found["megabytes"] < 16
