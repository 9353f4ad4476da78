"""What counts (NumPy at first, Numba kernels once loading them pays), and on how many threads."""
