"""The hook by which a wheel brings object code: hatchling runs it, where the wheel is built."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import platform_tags

# "all" compiles for every instruction set of such machines, as a release does; names of sets
# separated by commas, those; "none", none. Without it, the best of this machine alone.
VARIABLE = "F1CORE_BUILD_LEVELS"
PLACE = "f1core/backends/aot"


class KernelsHook(BuildHookInterface):
    """Compile the kernels into the wheel; go on without them where that fails."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and say that the wheel is for this platform."""
        levels = os.environ.get(VARIABLE, "")
        if self.target_name != "wheel" or levels == "none":
            return
        self._folder = TemporaryDirectory(prefix="f1core-")
        into = Path(self.root, PLACE) if version == "editable" else Path(self._folder.name)
        command = [sys.executable, "-m", "f1core.backends.aot.build", f"--into={into}"]
        if levels:
            command.append(f"--levels={levels}")
        paths = [self.root, os.environ.get("PYTHONPATH", "")]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode:
            self._folder.cleanup()
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            self.app.display_warning(
                f"f1core: no kernels compiled, Numba will compile them when needed ({reason})"
            )
            return
        if version != "editable":
            for file in into.rglob("*.*"):
                place = f"{PLACE}/{file.relative_to(into).as_posix()}"
                build_data["force_include"][str(file)] = place
        linux = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        platform = linux if sys.platform == "linux" else next(iter(platform_tags()))
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Throw away what the wheel has by now."""
        if hasattr(self, "_folder"):
            self._folder.cleanup()
