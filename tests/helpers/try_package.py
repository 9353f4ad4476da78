"""Install what was built, each file alone in a new environment: `python try_package.py dist`."""

import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CALL = """
import sys, f1core
assert "numba" not in sys.modules, "import f1core loads Numba"
s = f1core.score([0, 1, 1, 0], [0.2, 0.9, 0.4, 0.1])
assert round(s.binary.f1, 6) == 0.666667, s
f1core.warm_up()
assert f1core.score([0, 1, 1, 0], [0.2, 0.9, 0.4, 0.1]).to_dict() == s.to_dict()
print(f1core.__version__, "counted by", f1core.backend())
"""


def tried(built: Path) -> None:
    """Install one file without extras; score in Python and at the command line."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(next(Path(folder).glob("*/python")))
        subprocess.run([python, "-m", "pip", "install", "-q", str(built)], check=True)
        command = next(Path(folder).glob("*/f1core*"))
        subprocess.run([python, "-c", CALL], check=True, cwd=folder)
        flights = ROOT / "tests/data/flights.npz"
        score = ["score", str(flights), "--format", "json"]
        subprocess.run([str(command), *score], check=True, cwd=folder, stdout=subprocess.DEVNULL)
    print(f"{built.name}: installed alone, scores")


def main(folder: Path) -> None:
    """Try every wheel and every source distribution of a folder."""
    found = sorted(folder.glob("*.whl")) + sorted(folder.glob("*.tar.gz"))
    assert len(found) == 2, found
    for wheel in folder.glob("*.whl"):
        names = zipfile.ZipFile(wheel).namelist()
        assert "f1core/py.typed" in names
        assert not [name for name in names if name.startswith(("tests/", "docs/", "bench/"))]
    for built in found:
        tried(built)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
