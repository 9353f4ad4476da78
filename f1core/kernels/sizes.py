"""What is known of the kernels without Numba."""

LANES = 16  # with 32-bit values, a register of AVX-512, two of AVX2, four of NEON
