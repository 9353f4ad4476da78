"""The source of the compiled kernels: arrays in, arrays filled; no raising, no allocation."""
