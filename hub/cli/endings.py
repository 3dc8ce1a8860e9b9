"""How every command ends: one sentence and an exit status, never a stack trace. Imports the errors, and the settings' names when a
command begins.

The rule of the exit status:
0    done, and all is well
1    done, and the answer is no: a message is refused, a file is faulty
2    not done: the command (what it names is not there), a setting, or what it needs (database, broker, hub, port, file) is wrong or
     away
130  stopped by Ctrl-C, 141 by a reader that went away (``| head``), 143 by SIGTERM, as a shell counts the signals; ``hub kit serve``
     also 129 by SIGHUP. What a shell starts in the background (``&``) gets no Ctrl-C: it inherits that SIGINT is ignored
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import typer
from typer.core import TyperGroup

from hub.errors import AWAY, Misconfigured, Refused, Unavailable

NOT_WELL, NOT_DONE, STOPPED, NO_READER = 1, 2, 130, 141
OF_A_SIGNAL: Final = 128
"""To which a shell adds the number of the signal that ended a command."""

_HERE = Path(__file__).parents[1]


def _of_the_system(error: OSError) -> str:
    what = error.filename if error.filename is not None else "a file, folder or connection"
    return f"{what} cannot be used: {error.strerror or type(error).__name__}"


def _of_our_own(error: BaseException) -> str:
    """Of a defect: its kind and place. Its text is left out, since it may quote a message (D-10)."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if Path(one.filename).is_relative_to(_HERE)]
    place = f" in hub/{Path(frames[-1].filename).relative_to(_HERE)}, line {frames[-1].lineno}" if frames else ""
    return f"the command met a defect of its own, {type(error).__name__}{place}: report it with this line"


ENDINGS: Final[tuple[tuple[type[BaseException], int, Callable[[Any], str]], ...]] = (
    (BrokenPipeError, NO_READER, lambda _: ""),
    (KeyboardInterrupt, STOPPED, lambda _: "stopped"),
    (Misconfigured, NOT_DONE, str),
    (Unavailable, NOT_DONE, lambda error: AWAY.get(error.reason, error.reason)),
    (Refused, NOT_WELL, lambda refused: f"{refused.rule}: {refused.sv} / {refused.en}"),
    (ModuleNotFoundError, NOT_DONE, lambda error: f"the package {error.name} is missing: install samverkan-hub anew"),
    (OSError, NOT_DONE, _of_the_system),
    (Exception, NOT_DONE, _of_our_own),
)
"""What ends a command, the exit status, and what is said; the first kind that fits."""


class Commands(TyperGroup):
    """The root of all commands: typer itself says what is wrong with the words of a command line, and ``ENDINGS`` the rest."""

    def make_context(self, *given: Any, **named: Any) -> Any:
        """Read the words up to the command's name; ``--help`` and ``--version`` are answered here."""
        with _ended():
            return super().make_context(*given, **named)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the context names; raises nothing but what typer answers itself."""
        with _ended():
            if "--help" not in ctx.args:
                self._refuse_unknown_settings()
            return super().invoke(ctx)

    def _refuse_unknown_settings(self) -> None:
        from hub.environment import refuse_unknown

        refuse_unknown(os.environ, variables_of(self))


def variables_of(command: Any) -> set[str]:
    """The variables that the options of a command, and of all beneath it, are read from."""
    found: set[str] = set()
    for each in command.params:
        found.update([each.envvar] if isinstance(each.envvar, str) else each.envvar or [])
    return found.union(*(variables_of(one) for one in getattr(command, "commands", {}).values()))


@contextlib.contextmanager
def _ended() -> Iterator[None]:
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except (typer.Exit, typer.Abort, typer.TyperException):
        raise
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - a person is never shown a stack trace
        raise typer.Exit(_told(error)) from None


def _told(error: BaseException) -> int:
    """Print what ended the command; its exit status."""
    status, said = next((status, said(error)) for kind, status, said in ENDINGS if isinstance(error, kind))
    with contextlib.suppress(OSError):  # whoever reads standard error may be gone too
        sys.stderr.write(f"hub: {said}\n" if said else "")
    if isinstance(error, OSError) and error.filename is None:
        # Standard output may be what cannot be written, and the interpreter writes what is left when it ends.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status
