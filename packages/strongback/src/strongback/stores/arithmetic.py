"""The decisions that stores share: GCRA and the exact sliding log, on integer microseconds."""

from strongback.errors import ConfigurationError
from strongback.stores.protocols import Admission

__all__ = [
    "check_counter",
    "check_item",
    "gcra",
    "gcra_admission",
    "log_admission",
    "micros",
    "sliding_log",
]

_tuple = tuple.__new__
_MAX_KEY = 1024
_MAX_VALUE = 1024 * 1024
_MAX_WINDOW = 366 * 86400


def micros(seconds: float) -> int:
    """Seconds as whole microseconds."""
    return round(seconds * 1_000_000)


def check_item(key: bytes, value: bytes = b"", ttl: float = 1.0) -> None:
    """Refuse keys, values and lifetimes outside the contract. Raises ConfigurationError."""
    if not key or len(key) > _MAX_KEY or len(value) > _MAX_VALUE:
        raise ConfigurationError("store keys hold 1 to 1024 bytes and values at most 1 MiB")
    if not 0 < ttl <= 100 * _MAX_WINDOW:
        raise ConfigurationError("a lifetime must be positive and finite")


def check_counter(key: bytes, limit: int, window: float, cost: int = 1) -> None:
    """Refuse counter settings outside the contract. Raises ConfigurationError."""
    if not 0 < len(key) <= _MAX_KEY:
        check_item(key)
    if not 1 <= limit <= 1_000_000 or not 0.001 <= window <= _MAX_WINDOW or not 1 <= cost <= 1_000_000:
        raise ConfigurationError("a counter needs limit >= 1, window of 1 ms to 366 days, and cost >= 1")


def gcra(tat: int | None, now: int, limit: int, window: int, cost: int) -> tuple[bool, int]:
    """One step of the generic cell rate algorithm (ITU-T I.371).

    `tat` is the stored theoretical arrival time. Returns whether the hit is admitted and the time to keep
    (on refusal the old one). A `tat` further ahead than a full window, which only a clock set back can
    produce, counts as a full window, so that a key can not be locked for longer than that.
    """
    step = window // limit or 1
    full = now + step * limit
    start = now if tat is None or tat < now else tat if tat < full else full
    ahead = start + step * cost
    return (False, start) if ahead > full else (True, ahead)


def gcra_admission(admitted: bool, tat: int, now: int, limit: int, window: int, cost: int) -> Admission:
    """Describe the outcome of `gcra` for a client."""
    step = window // limit or 1
    used = tat - now if tat > now else 0
    retry = 0 if admitted else max(1, used + step * cost - step * limit)
    left = (step * limit - used) // step
    # As `Admission(…)`, which would cost as much again.
    return _tuple(Admission, (admitted, left if left > 0 else 0, retry / 1e6, used / 1e6))


def sliding_log(times: list[int], now: int, limit: int, window: int) -> tuple[bool, list[int]]:
    """One step of the exact sliding log.

    `times` are earlier admissions in ascending order. An admission is never stamped before an earlier one,
    so a clock set back makes the log refuse for longer, never admit more.
    """
    moment = max([now, *times[-1:]])
    kept = [t for t in times if t > moment - window]
    if len(kept) >= limit:
        return False, kept
    return True, [*kept, moment]


def log_admission(admitted: bool, kept: list[int], now: int, limit: int, window: int) -> Admission:
    """Describe the outcome of `sliding_log` for a client."""
    retry = 0 if admitted else max(1, kept[-limit] + window - now)
    reset = max(0, kept[-1] + window - now) if kept else 0
    return Admission(admitted, max(0, limit - len(kept)), retry / 1e6, reset / 1e6)
