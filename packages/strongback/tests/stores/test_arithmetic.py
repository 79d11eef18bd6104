"""What a counter's answer says, to the microsecond, and where its settings end."""

import pytest
from strongback.errors import ConfigurationError
from strongback.stores.arithmetic import (
    check_counter,
    check_item,
    gcra,
    gcra_admission,
    log_admission,
    sliding_log,
)
from strongback.stores.protocols import Admission

NOW, WINDOW = 1_000_000_000, 60_000_000


@pytest.mark.parametrize(
    ("tat", "cost", "expected"),
    [
        (None, 1, Admission(True, 5, 0, 10)),
        (NOW - 1, 1, Admission(True, 5, 0, 10)),
        (NOW + 49_999_999, 1, Admission(True, 0, 0, 59.999999)),
        (NOW + 50_000_000, 1, Admission(True, 0, 0, 60)),
        (NOW + 50_000_001, 1, Admission(False, 0, 0.000001, 50.000001)),
        (NOW + 20_000_000, 4, Admission(True, 0, 0, 60)),
        (NOW + 20_000_000, 5, Admission(False, 4, 10, 20)),
        (NOW + 10**12, 1, Admission(False, 0, 10, 60)),
    ],
)
def test_what_gcra_answers(tat: int | None, cost: int, expected: Admission) -> None:
    admitted, kept = gcra(tat, NOW, 6, WINDOW, cost)
    assert gcra_admission(admitted, kept, NOW, 6, WINDOW, cost) == expected


def test_a_limit_finer_than_the_clock_is_one_microsecond_each() -> None:
    admitted, kept = gcra(None, NOW, 1_000_000, 1_000, 1)
    assert (admitted, kept) == (True, NOW + 1)
    assert gcra_admission(admitted, kept, NOW, 1_000_000, 1_000, 1).remaining == 999_999
    assert gcra_admission(True, NOW + 10, NOW, 1_000_000, 1_000, 1).remaining == 999_990


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([], Admission(True, 1, 0, 60)),
        ([NOW - WINDOW], Admission(True, 1, 0, 60)),
        ([NOW - WINDOW + 1], Admission(True, 0, 0, 60)),
        ([NOW - 20_000_000, NOW - 10_000_000], Admission(False, 0, 40, 50)),
        ([NOW - WINDOW + 1, NOW], Admission(False, 0, 0.000001, 60)),
        ([NOW + 5, NOW + 10], Admission(False, 0, 60.000005, 60.00001)),
    ],
)
def test_what_the_log_answers(times: list[int], expected: Admission) -> None:
    admitted, kept = sliding_log(times, NOW, 2, WINDOW)
    assert log_admission(admitted, kept, NOW, 2, WINDOW) == expected


def test_an_empty_log_has_nothing_to_wait_for() -> None:
    assert log_admission(True, [], NOW, 2, WINDOW) == Admission(True, 2, 0, 0)


@pytest.mark.parametrize(
    "settings",
    [
        {"key": b""},
        {"key": b"k" * 1025},
        {"limit": 0},
        {"limit": 1_000_001},
        {"window": 0.0009},
        {"window": 366 * 86400 + 1},
        {"cost": 0},
        {"cost": 1_000_001},
    ],
)
def test_settings_end_where_they_say(settings: dict[str, object]) -> None:
    defaults = {"key": b"k", "limit": 1, "window": 1.0, "cost": 1}
    check_counter(**{**defaults, "key": b"k" * 1024, "limit": 1_000_000, "window": 0.001})  # type: ignore[arg-type]
    check_counter(**{**defaults, "window": 366 * 86400, "cost": 1_000_000})  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError):
        check_counter(**{**defaults, **settings})  # type: ignore[arg-type]


def test_items_end_where_they_say() -> None:
    check_item(b"k" * 1024, b"v" * 1024 * 1024, 0.000001)
    for key, value, ttl in (
        (b"", b"", 1.0),
        (b"k" * 1025, b"", 1.0),
        (b"k", b"v" * (1024 * 1024 + 1), 1.0),
        (b"k", b"", 0.0),
        (b"k", b"", float("inf")),
        (b"k", b"", float("nan")),
    ):
        with pytest.raises(ConfigurationError):
            check_item(key, value, ttl)
