"""What each register last answered, for operations. Imports nothing of the hub."""

from __future__ import annotations

from collections.abc import Callable

from hub import clock


class RegisterWatch:
    """Passes on what is counted, and remembers the last answer and the last failure of each contract."""

    def __init__(self, on_lookup: Callable[[str, str, float], None], on_failure: Callable[[str, str], None]) -> None:
        self._on_lookup = on_lookup
        self._on_failure = on_failure
        self.last: dict[str, dict[str, str]] = {}
        """Contract → ``answered`` (when), ``failed`` (when) and ``reason``; ``failing_since``, where nothing was answered since."""

    def looked_up(self, register: str, outcome: str, seconds: float) -> None:
        """A question was answered, or not."""
        if outcome in {"ok", "none"}:
            its = self.last.setdefault(register, {})
            its["answered"] = _now()
            its.pop("failing_since", None)
        self._on_lookup(register, outcome, seconds)

    def failed(self, register: str, reason: str) -> None:
        """A register failed; ``reason`` is a code without personal data."""
        its = self.last.setdefault(register, {})
        its.update(failed=_now(), reason=reason)
        its.setdefault("failing_since", its["failed"])
        self._on_failure(register, reason)


def _now() -> str:
    return clock.now().isoformat(timespec="seconds")
