"""Run pytest once for each instruction set that was compiled and runs here, and for Numba."""

import os
import subprocess
import sys

from f1core.backends.aot.load import levels_here, manifest

status = 0
for backend in [f"aot:{level}" for level in levels_here() if level in manifest()["sets"]] + [
    "numba"
]:
    print(f"F1CORE_BACKEND={backend}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", *sys.argv[1:]]
    status |= subprocess.run(command, env=os.environ | {"F1CORE_BACKEND": backend}).returncode
sys.exit(status)
