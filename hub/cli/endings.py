"""How every command ends: one sentence and an exit status, never a stack trace. Imports the errors and what is said of a refusal, and the
settings' names when a command begins.

The rule of the exit status:
0    done, and all is well
1    done, and the answer is no: a message is refused, a file is faulty; or done, and the answer could not be shown
2    not done: the command (what it names is not there), a setting, or what it needs (database, broker, hub, port, file) is wrong or
     away
130  stopped by Ctrl-C, 141 by a reader that went away (``| head``), 143 by SIGTERM, as a shell counts the signals; ``hub kit serve``
     also 129 by SIGHUP. What a shell starts in the background (``&``) gets no Ctrl-C: it inherits that SIGINT is ignored
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import typer
from typer.core import TyperGroup

from hub.cli import hints
from hub.errors import AWAY, Misconfigured, Refused, Unavailable, kind_and_place


class NotShown(Exception):  # noqa: N818 - named for what happened to the answer
    """What the command does is done, and standard output does not take the answer."""

    def __init__(self, why: OSError) -> None:
        super().__init__(
            f"this is done, but its answer could not be shown: {why.strerror or type(why).__name__}; do not repeat it"
        )


NOT_WELL, NOT_DONE, STOPPED, NO_READER = 1, 2, 130, 141
OF_A_SIGNAL: Final = 128
"""To which a shell adds the number of the signal that ended a command."""


def _of_the_system(error: OSError) -> str:
    what = error.filename if error.filename is not None else "a file, folder or connection"
    return f"{what} cannot be used: {error.strerror or type(error).__name__}"


def _of_our_own(error: BaseException) -> str:
    return f"the command met a defect of its own, {kind_and_place(error)}: report it with this line"


ENDINGS: Final[tuple[tuple[type[BaseException], int, Callable[[Any], str]], ...]] = (
    (NotShown, NOT_WELL, str),
    (BrokenPipeError, NO_READER, lambda _: ""),
    (KeyboardInterrupt, STOPPED, lambda _: "stopped"),
    (Misconfigured, NOT_DONE, str),
    (Unavailable, NOT_DONE, lambda error: AWAY.get(error.reason, error.reason)),
    (Refused, NOT_DONE, hints.said),
    (ModuleNotFoundError, NOT_DONE, lambda error: f"the package {error.name} is missing: install samverkan-hub anew"),
    (OSError, NOT_DONE, _of_the_system),
    (Exception, NOT_DONE, _of_our_own),
)
"""What ends a command, the exit status, and what is said; the first kind that fits."""


class Commands(TyperGroup):
    """The root of all commands: typer itself says what is wrong with the words of a command line, and ``ENDINGS`` the rest."""

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **named: Any) -> Any:
        """Read the words up to the command's name; ``--help`` and ``--version`` are answered here."""
        with _ended():
            _refuse_other_than_utf_8(args)
            return super().make_context(info_name, args, *more, **named)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the context names; raises nothing but what typer answers itself."""
        with _ended():
            if "--help" not in ctx.args:
                self._refuse_unknown_settings()
            return super().invoke(ctx)

    def _refuse_unknown_settings(self) -> None:
        from hub.environment import refuse_unknown

        refuse_unknown(os.environ, variables_of(self))
        for name, value in os.environ.items():
            if name.startswith("HUB_") and not _is_text(value):
                raise Misconfigured(_NOT_UTF_8.format(name))


def _refuse_other_than_utf_8(words: list[str]) -> None:
    """Raise ``Misconfigured`` that names the place of a word, not the word, which may be a secret or of a person (D-10)."""
    for number, word in enumerate(words, 1):
        if _is_text(word):
            continue
        option, sign, _ = word.partition("=")
        if sign and option.startswith("-") and _is_text(option):
            named = f"the value of {option}"
        elif number > 1 and words[number - 2].startswith("-"):
            named = f"the value of {words[number - 2].partition('=')[0]}"
        else:
            named = f"argument {number}"
        raise Misconfigured(_NOT_UTF_8.format(named))


_NOT_UTF_8: Final = "{} is not UTF-8: write it in UTF-8, and let the locale be one of UTF-8 too (LC_ALL=C.UTF-8)"


def _is_text(word: str) -> bool:
    """Whether it has no byte that the locale cannot read, which Python keeps as a lone surrogate."""
    return not any("\ud800" <= character <= "\udfff" for character in word)


def shown(answer: str) -> None:
    """Print the answer of a command that has changed something. Raises ``NotShown`` when standard output does not take it: an act
    that is done must not look like one that is to be repeated.
    """
    try:
        typer.echo(answer)
    except OSError as error:
        _let_go_of_output()
        raise NotShown(error) from None


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
        _let_go_of_output()
    return status


def _let_go_of_output() -> None:
    """Standard output may be what cannot be written, and the interpreter writes what is left when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
