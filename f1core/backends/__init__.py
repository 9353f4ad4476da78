"""What counts (NumPy at first, compiled kernels once loading pays), and on how many threads."""
