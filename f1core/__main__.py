# PYTHON_ARGCOMPLETE_OK
"""`python -m f1core` and the command `f1core`."""

import sys


def main() -> int:
    """Run the command line; return the exit status."""
    try:
        from f1core.cli import main as run

        return run()
    except KeyboardInterrupt:  # before a command has begun
        print("f1core: interrupted; nothing was written", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
