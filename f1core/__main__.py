# PYTHON_ARGCOMPLETE_OK
"""`python -m f1core` and the command `f1core`."""

import sys

from f1core.cli import main

if __name__ == "__main__":
    sys.exit(main())
