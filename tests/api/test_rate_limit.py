"""How many requests may one client make, and how much memory can many clients take?"""

from datetime import UTC, datetime, timedelta

import pytest

from callgate.api.rate_limit import RateLimiter, client_of

NOW = datetime(2026, 11, 20, 17, 0, 0, tzinfo=UTC)


def limiter(*, clients_max: int = 10) -> RateLimiter:
    return RateLimiter(requests_max=3, window_seconds=60, clients_max=clients_max)


def test_the_request_after_the_last_allowed_one_waits_until_the_window_is_over() -> None:
    counts = limiter()
    assert [counts.seconds_to_wait("a", now=NOW) for _ in range(5)] == [0, 0, 0, 60, 60]
    assert counts.seconds_to_wait("a", now=NOW + timedelta(seconds=59, milliseconds=1)) == 1
    assert counts.seconds_to_wait("a", now=NOW + timedelta(seconds=60)) == 0


def test_asking_on_does_not_make_the_wait_longer() -> None:
    counts = limiter()
    for second in range(60):
        counts.seconds_to_wait("a", now=NOW + timedelta(seconds=second))
    assert counts.seconds_to_wait("a", now=NOW + timedelta(seconds=60)) == 0


def test_one_client_does_not_wait_for_another() -> None:
    counts = limiter()
    for _ in range(4):
        counts.seconds_to_wait("a", now=NOW)
    assert counts.seconds_to_wait("b", now=NOW) == 0


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    counts = limiter()
    for _ in range(4):
        counts.seconds_to_wait("a", now=NOW)
    assert counts.seconds_to_wait("a", now=NOW - timedelta(hours=1)) == 0


def test_no_more_clients_are_remembered_than_there_is_room_for() -> None:
    counts = limiter(clients_max=10)
    for name in range(1000):
        counts.seconds_to_wait(f"client-{name}", now=NOW)
        counts.seconds_to_wait("steady", now=NOW)
    assert len(counts) == 10
    # Whoever goes on asking is not forgotten for others' sake.
    assert counts.seconds_to_wait("steady", now=NOW) == 60


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_client_is_an_address_or_a_network(host: str | None, client: str) -> None:
    assert client_of(host) == client
