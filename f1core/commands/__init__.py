"""The commands of the command line: a module each, whose `add` makes its parser."""

# In the order of `f1core --help`.
COMMANDS = (
    "score",
    "merge",
    "tune",
    "compare",
    "rows",
    "curve",
    "calibration",
    "plot",
    "report",
    "bench",
)
