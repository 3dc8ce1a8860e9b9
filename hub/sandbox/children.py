"""Child processes that end with their parent, even when it is killed with -9, and free ports for them. Imports the standard library,
psutil and ``hub.errors`` only.

This file is also run as the supervisor process between parent and child. The kernel's "signal me when my parent dies" is not enough:
it is bound to the *thread* that started the child, must be set between fork and exec (unsafe where threads are), and does not reach
grandchildren. A pipe has none of these problems: however the parent ends, the kernel closes its end, and the supervisor reads
end-of-file. The supervisor has a session of its own, so that Ctrl-C in the terminal reaches the parent only, which stops its children
in order.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import psutil

STOP, KILL = b"s", b"k"
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
"""From <linux/prctl.h>."""


def free_port() -> int:
    """A free TCP port on 127.0.0.1.

    Below the ports that the system gives to outgoing connections: while a server restarts, a client that retries
    could otherwise be given the server's own port, connect to itself and keep the server out. Drawn by the system's own chance: a test
    that sets the seed of ``random`` would draw the ports of another process.
    """
    for port in random.SystemRandom().sample(range(15_000, 32_000), 200):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no free port between 15000 and 32000 on 127.0.0.1")


class Child:
    """A running command with all processes that it starts; it ends with this process at the latest."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: int | None = None,
        group: int | None = None,
        stop_signal: int = signal.SIGTERM,
        grace: float = 10.0,
    ) -> None:
        """Start ``command``; ``OSError`` if it cannot be started.

        ``log``: its output is appended there; without it, stdout and stderr both go to this process's stderr.
        ``env``: instead of this process's environment. ``user``, ``group``: numeric ids to run as (root only).
        ``grace``: seconds between ``stop_signal`` and SIGKILL, both in ``stop`` and when this process has died.
        """
        order = {"command": [str(part) for part in command], "cwd": str(cwd) if cwd else None, "user": user,
                 "group": group, "stop_signal": int(stop_signal), "grace": grace}  # fmt: skip
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(log.open("ab")) if log else None
            self._supervisor = subprocess.Popen(  # noqa: S603 - our own file
                # -P: this folder must not be searched for modules, as it would be for a script.
                [sys.executable, "-P", __file__, json.dumps(order)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output,
                env=env, start_new_session=True, bufsize=0,
            )  # fmt: skip
        assert self._supervisor.stdin is not None
        assert self._supervisor.stdout is not None
        answer = self._supervisor.stdout.read(4096).decode() or "error the supervisor did not start"
        self._supervisor.stdout.close()
        word, _, rest = answer.partition(" ")
        if word != "pid":
            self._supervisor.stdin.close()
            self._supervisor.wait()
            raise OSError(f"{Path(command[0]).name} could not be started: {rest}")
        self.pid = int(rest)
        """The process id of the command, not of its supervisor."""

    @property
    def returncode(self) -> int | None:
        """None while it runs; 128 + n if signal n ended it."""
        return self._supervisor.poll()

    @property
    def alive(self) -> bool:
        return self.returncode is None

    @property
    def ending(self) -> str:
        """How it ended, in words: ``by SIGKILL``, ``with status 2``; ``not yet`` while it runs."""
        code = self.returncode
        if code is None:
            return "not yet"
        number = -code if code < 0 else code - 128  # below 0: of the supervisor, which took the command with it
        with contextlib.suppress(ValueError):
            return f"by {signal.Signals(number).name}"
        return f"with status {code}"

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the command and all that it started have ended; ``subprocess.TimeoutExpired`` after ``timeout`` seconds."""
        return self._supervisor.wait(timeout)

    def stop(self) -> int:
        """Ask the command to end, kill it after the grace time, and return its return code."""
        return self._end(STOP)

    def kill(self) -> int:
        """SIGKILL for the command and every process that it started."""
        return self._end(KILL)

    def _end(self, how: bytes) -> int:
        pipe = self._supervisor.stdin
        assert pipe is not None
        with contextlib.suppress(BrokenPipeError, ValueError):  # it has already ended
            pipe.write(how)
        returncode = self._supervisor.wait()
        pipe.close()
        return returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


# --- The supervisor: everything below runs in the process between ---------------------------------------------------


def _prctl(option: int, value: int) -> None:
    """Call prctl, where there is one; on macOS the pipe must suffice."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def _supervise(order: dict[str, Any]) -> int:
    """Start the command, wait until it ends or must be ended, and end all processes that it started."""
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    _prctl(
        PR_SET_CHILD_SUBREAPER, 1
    )  # processes that the command leaves behind become children of this one, and can be found

    def last_resort() -> None:
        # For the case that the supervisor itself is killed. This process has one thread, which avoids both problems of prctl.
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    try:
        child = subprocess.Popen(  # noqa: S603 - the command is the caller's
            order["command"], cwd=order["cwd"], user=order["user"], group=order["group"],
            extra_groups=None if order["user"] is None else [],
            stdin=subprocess.DEVNULL, stdout=2, stderr=2, process_group=0, preexec_fn=last_resort,  # noqa: PLW1509
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        os.write(1, f"error {error}".encode())
        return 127
    with contextlib.suppress(BrokenPipeError):  # the parent has ended already, as the pipe below will show
        os.write(1, f"pid {child.pid}".encode())
    os.close(1)

    deadline = float("inf")
    watched = [0, wake]
    while child.poll() is None:
        ready, _, _ = select.select(watched, [], [], max(0.0, min(deadline - time.monotonic(), 3600.0)))
        asked = os.read(0, 1) if 0 in ready else STOP if wake in ready and _asked_by_signal(wake) else None
        if asked == b"":  # the parent has died; nothing more will be read
            watched, asked = [wake], STOP
        if asked == KILL or time.monotonic() >= deadline:
            break
        if asked == STOP and deadline == float("inf"):
            deadline = time.monotonic() + order["grace"]
            child.send_signal(order["stop_signal"])
    _sweep()
    returncode = child.wait()
    return 128 - returncode if returncode < 0 else returncode


def _asked_by_signal(wake: int) -> bool:
    """Whether one of the received signals asks to end; SIGCHLD only means that a child has changed."""
    return any(number != signal.SIGCHLD for number in os.read(wake, 1024))


def _sweep() -> None:
    """Send SIGKILL to every descendant, until there is none.

    This is repeated, because a process can start another meanwhile. Killing the process group is not enough: each of
    PostgreSQL's backends makes a group of its own.
    """
    me = psutil.Process()
    left = True
    while left:
        left = False
        for each in me.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if each.status() != psutil.STATUS_ZOMBIE:
                    left = True
                    each.kill()
        time.sleep(0.01 if left else 0.0)


if __name__ == "__main__":
    sys.exit(_supervise(json.loads(sys.argv[1])))
