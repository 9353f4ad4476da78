"""Run pytest once for each instruction set that was compiled and runs here."""

import os
import subprocess
import sys

from f1core.backends.aot.load import levels_here, manifest

compiled, status = manifest()["sets"], 0
for level in levels_here():
    if level in compiled:
        print(level, flush=True)
        command = [sys.executable, "-m", "pytest", "-q", *sys.argv[1:]]
        env = os.environ | {"F1CORE_BACKEND": f"aot:{level}"}
        status |= subprocess.run(command, env=env).returncode
sys.exit(status)
