"""Progress: rows, bytes, rate and time left on a terminal, for every format, and nowhere else."""

import argparse
import gzip
import os
import subprocess
import sys

import numpy as np
import pytest

import f1core
from f1core.commands.progress import Meter, progress
from f1core.io.watch import WATCH

pa = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.csv")
pytest.importorskip("pyarrow.feather")
pytest.importorskip("pyarrow.parquet")

ROWS = 200_000
NAMES = ("--target", "y", "--probabilities", "p")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The same rows in every format, more than a reader hands on at once."""
    folder = tmp_path_factory.mktemp("formats")
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, ROWS), rng.random(ROWS)
    table = pa.table({"y": y, "p": p})
    pa.parquet.write_table(table, folder / "a.parquet")
    pa.csv.write_csv(table, folder / "a.csv")
    (folder / "a.csv.gz").write_bytes(gzip.compress((folder / "a.csv").read_bytes(), 1))
    for name, codec in (("a.arrow", "lz4"), ("plain.arrow", "uncompressed")):
        pa.feather.write_feather(table, folder / name, compression=codec, chunksize=50_000)
    np.savez(folder / "a.npz", y=y, p=p)
    np.save(folder / "a.npy", np.column_stack([y, p]))
    lines = [f'{{"y": {a}, "p": {b}}}\n' for a, b in zip(y.tolist(), p.tolist(), strict=True)]
    (folder / "a.jsonl").write_text("".join(lines))
    return folder


class Recorder:
    def __init__(self):
        self.told, self.stages = [], []

    def read(self, name, rows, done, size):
        self.told.append((name, rows, done, size))

    def stage(self, what):
        self.stages.append(what)


def watched(work):
    bar, parsed = Recorder(), argparse.Namespace()
    token = WATCH.set(Meter(parsed, bar, True))
    try:
        work()
    finally:
        WATCH.reset(token)
    return bar, parsed


FORMATS = (
    "a.parquet", "a.csv", "a.csv.gz", "a.arrow", "plain.arrow", "a.npz", "a.npy", "a.jsonl",
)  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_tells_rows_and_bytes(folder, name):
    columns = {"target": "y", "probabilities": "p"}
    if name == "a.npy":
        columns = {"target": "0", "probabilities": "1"}
    size = (folder / name).stat().st_size
    bar, parsed = watched(lambda: f1core.files.score(folder / name, **columns))
    assert {told[0] for told in bar.told} == {name} and {told[3] for told in bar.told} == {size}
    rows, done = ([told[k] for told in bar.told] for k in (1, 2))
    assert rows == sorted(rows) and rows[-1] == ROWS and len(rows) > 2
    assert done == sorted(done) and 0.98 * size <= done[-1] <= size
    if name != "a.csv.gz":  # Arrow reads packed text ahead, and nobody knows how far
        share = np.array(rows) / ROWS
        assert np.abs(share - np.array(done) / size).max() < 0.7
    assert parsed.done == {str(folder / name): ROWS}


def test_the_bytes_of_several_files_add_up(folder):
    paths = [folder / name for name in ("a.parquet", "a.csv", "a.arrow")]
    bar, _ = watched(lambda: f1core.files.read(paths, target="y", probabilities="p"))
    size = sum(path.stat().st_size for path in paths)
    assert {told[3] for told in bar.told} == {size}
    assert bar.told[-1][1] == 3 * ROWS and bar.told[-1][2] == pytest.approx(size)


def test_reading_anew_counts_anew(tmp_path):
    lines = [f"{k % 2},{k % 2}" for k in range(400_000)] + ["1,0.5"]
    (tmp_path / "a.csv").write_text("y,p\n" + "\n".join(lines))
    bar, _ = watched(lambda: f1core.files.score(tmp_path / "a.csv", target="y", probabilities="p"))
    rows = [told[1] for told in bar.told]
    assert rows[-1] == 400_001 and rows != sorted(rows)


def test_a_pipe_tells_what_is_known(folder):
    read, write = os.pipe()
    pipe = os.fdopen(read, "rb")
    head = b"\n".join((folder / "a.csv").read_bytes().splitlines()[:2000])
    os.write(write, head)
    os.close(write)
    path = f"/dev/fd/{pipe.fileno()}"
    if not os.path.exists(path):
        pytest.skip("no names of pipes")
    bar, _ = watched(lambda: f1core.files.score(path, target="y", probabilities="p"))
    pipe.close()
    assert bar.told[-1][2] == len(head) and bar.told[-1][3] is None


def on_terminal(arguments, width, **more):
    """What a command writes to stderr where that is a terminal, and to stdout."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "COLUMNS": str(width), **more}
    command = [sys.executable, "-c", f"{more.get('FIRST', '')}\nfrom f1core.__main__ import main\n"
               "import sys\nsys.exit(main())", *map(str, arguments)]  # fmt: skip
    found = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, env=env)
    os.close(theirs)
    told = b""
    try:
        while part := os.read(ours, 1 << 16):
            told += part
    except OSError:  # the terminal was closed
        pass
    os.close(ours)
    return told.decode(), found.stdout.decode()


def test_a_terminal_sees_a_bar_and_a_pipe_does_not(folder):
    pytest.importorskip("rich")
    command = ("tune", folder / "a.csv", *NAMES)
    told, out = on_terminal(command, 100, NO_COLOR="1")
    for word in ("a.csv", "rows", "MB", "searching thresholds"):
        assert word in told
    assert "\x1b[3" not in told and "rows" in out and "\x1b" not in out


def test_without_rich_a_line_says_what_is_done(folder):
    first = "import sys; sys.modules['rich'] = None"
    told, out = on_terminal(("score", folder / "a.npz", *NAMES), 40, FIRST=first)
    assert "reading …" in told and "computing scores …" in told and "rows" in out
    assert max(len(line) for line in told.split("\r")) < 40


@pytest.mark.parametrize(("quiet", "terminal", "shown"), [(0, 1, 1), (1, 1, 0), (0, 0, 0)])
def test_quiet_and_pipes_show_nothing(capsys, monkeypatch, quiet, terminal, shown):
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    monkeypatch.delitem(sys.modules, "f1core.commands.bar", raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: bool(terminal))
    with progress(argparse.Namespace(quiet=bool(quiet))) as meter:
        meter.stage("anything")
    assert ("anything …" in capsys.readouterr().err) == bool(shown)
