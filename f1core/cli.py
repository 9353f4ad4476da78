"""The command line; a wrong input gets one sentence and exit status 2."""

from __future__ import annotations

import argparse
import errno
import io
import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from . import __version__
from .commands import COMMANDS
from .commands.completing import HOW, complete
from .commands.wording import flags_of, spoken
from .errors import F1Error, close_to, did_you_mean, plain_text, reason_of

_NEGATIVE = re.compile(r"-[0-9].*,.*")  # several labels, the first one below 0
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)  # of what is printed to


class _Version(argparse.Action):
    """Print the version, which backend counts, and why that one."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        from .backends.switch import backend

        try:
            found = backend()
        except F1Error as error:
            parser.exit(2, f"f1core: {error}\n")
        print(f"f1core {__version__}, counted by {found}: {found.reason}")
        parser.exit()


class _Parser(argparse.ArgumentParser):
    """A parser whose refusals are one sentence, with the word that may be meant."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end."""
        prog = self.prog
        odd = re.search(r"unrecognized arguments: --([^\s=]+)", message)
        if odd is not None:
            command = self._of_command()
            prog = command.prog
            known = (each for each in command._option_string_actions if each.startswith("--"))
            near = close_to(odd[1], [each.removeprefix("--") for each in known])
            message += f" (did you mean '--{near}'?)" if near else ""
        odd = re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message)
        if odd is not None:
            message += did_you_mean(odd[1], re.findall(r"[\w-]+", odd[2]))
        self.exit(2, f"f1core: {plain_text(message)}; {prog} --help says what there is\n")

    def _of_command(self) -> argparse.ArgumentParser:
        """Find the parser of the command that was typed, or this one."""
        typed = next((each for each in self._typed if each in COMMANDS), None)
        parsers = next(a.choices for a in self._actions if isinstance(a.choices, dict))
        return self if typed is None else parsers[typed]

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, and remember what was typed."""
        self._typed = list(args or ())
        return super().parse_args(args, namespace)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an arrow on a terminal that has none
            stream.reconfigure(errors="replace" if stream.errors == "strict" else stream.errors)
    parser = _parser()
    complete(parser)
    parsed = parser.parse_args(_with_values(sys.argv[1:] if arguments is None else arguments))
    try:
        parsed.run(parsed)
        if sys.stdout is not None:  # as where a daemon has closed it
            sys.stdout.flush()
    except F1Error as error:
        print(f"f1core: {spoken(error, flags_of(parsed.parser))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"f1core: interrupted{_so_far(parsed)}; nothing was written", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe has seen enough
        sys.stderr.close()
    except OSError as error:
        if error.errno not in _FULL or error.filename is not None:
            raise
        print(f"f1core: the output cannot be written: {reason_of(error)}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left of it
        return 2
    return 0


def _with_values(arguments: Sequence[str]) -> list[str]:
    """Tie values such as `-1,1` to their option, as argparse does with `-1` alone."""
    tied: list[str] = []
    for argument in arguments:
        before = tied[-1] if tied else ""
        value = _NEGATIVE.fullmatch(argument) and before.startswith("--") and "=" not in before
        tied[len(tied) - bool(value) :] = [f"{before}={argument}" if value else argument]
    return tied


def _parser() -> _Parser:
    parser = _Parser(
        prog="f1core",
        description="Precision, recall and F1, right however the data was cut.",
        epilog=f"f1core help COMMAND says all of a command, with an example.\n\n{HOW}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="what runs, and how it counts")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in COMMANDS:
        import_module(f".commands.{name}", __package__).add(commands)
    description = "Print all of a command: what it does, its options and an example."
    helped = commands.add_parser(
        "help", help="what a command does and takes", description=description
    )
    helped.add_argument(
        "command", nargs="?", choices=COMMANDS, metavar="COMMAND", help="one of those above"
    )
    helped.set_defaults(
        parser=helped, run=lambda parsed: _help(parser, commands.choices, parsed.command)
    )
    return parser


def _help(parser: argparse.ArgumentParser, commands: Any, name: str | None) -> None:
    print((parser if name is None else commands[name]).format_help(), end="")


def _so_far(parsed: argparse.Namespace) -> str:
    done = getattr(parsed, "done", {})
    if not done:
        return ""
    file = plain_text([*done][-1])
    return f" after {sum(done.values()):,} rows, in file {len(done)}, {file}"
