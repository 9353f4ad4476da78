"""Run tests with Triton's kernels by its interpreter: `python interpreted.py tests/device/…`."""

import os
import sys

import pytest

os.environ["TRITON_INTERPRET"] = "1"  # read once, where Triton is first imported

if __name__ == "__main__":
    sys.exit(pytest.main(sys.argv[1:]))
