"""What is known of the kernels without Numba."""

LANES = 16  # with 32-bit values, a register of AVX-512, two of AVX2, four of NEON
WIDE = 8  # the six ratios and two never read: one division of a vector, not six
LINE = 2 * WIDE  # of a kind of row: its ratios, and 1.0 where they are undefined
TOPK_ROWS = 16  # whose k largest are listed side by side
CACHE_LINE = 64  # bytes
LISTED, RANKED = 128, 8  # columns, whose ids fit in int8, and k of them, counted without an order
