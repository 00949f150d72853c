"""`Limits`, `HostLimits` and `Retry`: what they take, what they refuse, and that they stay what they are."""

import copy
import dataclasses
import http
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from fastfetch import (
    ConnectError,
    DNSError,
    FetchError,
    HostLimits,
    IncompleteBody,
    Limits,
    ReadTimeout,
    Retry,
    TimeoutException,
)
from fastfetch._config import retry_of
from hypothesis import given
from hypothesis import strategies as st

NAN, INFINITY = float("nan"), float("inf")

RATES = pytest.mark.parametrize(
    ("make", "rate"), [(Limits, "rate"), (Limits, "per_host_rate"), (HostLimits, "rate")]
)
BOTH = pytest.mark.parametrize("make", [Limits, HostLimits])
ADAPTIVE = pytest.mark.parametrize(("make", "name"), [(Limits, "per_host"), (HostLimits, "concurrency")])

FULL = Limits(
    concurrency=20,
    per_host=None,
    rate=100,
    per_host_rate=0.5,
    burst=3,
    min_delay=0.25,
    hosts={".example.com": HostLimits(concurrency=2), "api.example.com": HostLimits(rate=5, burst=1)},
    per_site=True,
)


class TestPace:
    @RATES
    @pytest.mark.parametrize("value", ["5", True, [5], 1j], ids=repr)
    def test_types_of_a_rate(self, make: Callable[..., object], rate: str, value: Any) -> None:
        with pytest.raises(
            TypeError, match=rf"^{rate}: expected a positive number or None, got {type(value).__name__}$"
        ):
            make(**{rate: value})

    @RATES
    @pytest.mark.parametrize("value", [0, -1, -0.5, NAN, INFINITY, -INFINITY], ids=repr)
    def test_values_of_a_rate(self, make: Callable[..., object], rate: str, value: float) -> None:
        with pytest.raises(ValueError, match=rf"^{rate}: expected a positive number or None, got {value}$"):
            make(**{rate: value})

    @BOTH
    @pytest.mark.parametrize("value", ["5", True, 0, -1, NAN, INFINITY], ids=repr)
    def test_min_delay(self, make: Callable[..., object], value: Any) -> None:
        with pytest.raises(
            (TypeError, ValueError), match=r"^min_delay: expected a positive number of seconds"
        ):
            make(min_delay=value)

    @RATES
    @pytest.mark.parametrize("value", ["5", True, 1.5, 0, -1], ids=repr)
    def test_burst(self, make: Callable[..., object], rate: str, value: Any) -> None:
        with pytest.raises(
            (TypeError, ValueError), match=r"^burst: expected (a whole number|at least 1), got"
        ):
            make(burst=value, **{rate: 5})
        make(burst=7, **{rate: 5})

    @pytest.mark.parametrize(("make", "rates"), [(Limits, "rate or per_host_rate"), (HostLimits, "rate")])
    def test_a_burst_needs_a_rate(self, make: Callable[..., object], rates: str) -> None:
        with pytest.raises(ValueError, match=f"^burst: expected {rates} with it, got none$"):
            make(burst=5, min_delay=1)


class TestAdaptive:
    @ADAPTIVE
    def test_what_is_taken(self, make: Callable[..., object], name: str) -> None:
        for value in (1, 10**9, "auto", None):
            assert getattr(make(**{name: value}), name) == value

    @ADAPTIVE
    def test_it_is_the_default(self, make: Callable[..., object], name: str) -> None:
        assert getattr(make(), name) == "auto"

    @ADAPTIVE
    def test_wrong(self, make: Callable[..., object], name: str) -> None:
        expected = f'^{name}: expected a whole number, "auto" or None, got'
        for text in ("Auto", "", "5"):
            with pytest.raises(ValueError, match=f"{expected} {text!r}$"):
                make(**{name: text})
        for value in (1.5, True, [5], b"auto"):
            with pytest.raises(TypeError, match=f"{expected} {type(value).__name__}$"):
                make(**{name: value})
        for number in (0, -1):
            with pytest.raises(ValueError, match=f"^{name}: expected at least 1, got {number}$"):
                make(**{name: number})


class TestHosts:
    @pytest.mark.parametrize(
        "host",
        [
            "example.com",
            "API.example.com",
            "api.example.com:8443",
            ".example.com",
            "localhost",
            "127.0.0.1:80",
            "[::1]",
            "[2001:db8::1]:8080",
            "bücher.example",
            "under_score.example",
        ],
    )
    def test_what_is_taken(self, host: str) -> None:
        assert Limits(hosts={host: HostLimits()}).hosts == {host: HostLimits()}

    @pytest.mark.parametrize(
        "host",
        [
            "",
            ".",
            "..com",
            "https://example.com",
            "//example.com",
            "example.com/",
            "example.com/path",
            "example.com?q",
            "me@example.com",
            "*.example.com",
            "example.com:",
            "example.com:http",
            "a b",
            "a\n",
            "::1",
            "[example.com]",
        ],
        ids=repr,
    )
    def test_no_host(self, host: str) -> None:
        with pytest.raises(ValueError, match=r'^hosts: expected a host such as "example\.com"') as caught:
            Limits(hosts={host: HostLimits()})
        assert repr(host) in str(caught.value)
        assert str(caught.value).isprintable()

    @pytest.mark.parametrize(
        ("hosts", "words"),
        [
            ([("a.test", HostLimits())], "a mapping of hosts to HostLimits, got list"),
            ("a.test", "a mapping of hosts to HostLimits, got str"),
            ({b"a.test": HostLimits()}, "hosts as str, got bytes"),
            ({5: HostLimits()}, "hosts as str, got int"),
            ({"a.test": 5}, "HostLimits for 'a.test', got int"),
            ({"a.test": Limits()}, "HostLimits for 'a.test', got Limits"),
            ({"a.test": None}, "HostLimits for 'a.test', got NoneType"),
        ],
    )
    def test_types(self, hosts: Any, words: str) -> None:
        with pytest.raises(TypeError, match=f"^hosts: expected {words}$"):
            Limits(hosts=hosts)

    def test_they_are_copied(self) -> None:
        given = {"a.test": HostLimits(concurrency=1)}
        limits = Limits(hosts=given)
        given["b.test"] = HostLimits()
        assert limits.hosts is not None
        assert list(limits.hosts) == ["a.test"]
        with pytest.raises(TypeError):
            limits.hosts["a.test"] = HostLimits()  # type: ignore[index]


class TestPerSite:
    @pytest.mark.parametrize("value", [1, "yes", None], ids=repr)
    def test_types(self, value: Any) -> None:
        with pytest.raises(
            TypeError, match=f"^per_site: expected True or False, got {type(value).__name__}$"
        ):
            Limits(per_site=value)


class TestRetry:
    def test_defaults(self) -> None:
        retry = Retry()
        assert (retry.attempts, retry.backoff, retry.jitter, retry.max_wait, retry.budget) == (
            3,
            0.5,
            0.5,
            60,
            0.2,
        )
        assert retry.statuses == (408, 429, 500, 502, 503, 504)
        assert retry.errors == (ConnectError, TimeoutException, IncompleteBody)
        assert retry.methods == ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE")
        assert retry.respect_retry_after is True

    @pytest.mark.parametrize(
        ("part", "value", "words"),
        [
            ("attempts", "3", "a whole number, got str"),
            ("attempts", True, "a whole number, got bool"),
            ("attempts", 2.0, "a whole number, got float"),
            ("statuses", 503, "several status codes, got int"),
            ("statuses", "503", "several status codes, got str"),
            ("statuses", ["503"], "status codes as whole numbers, got str"),
            ("statuses", [True], "status codes as whole numbers, got bool"),
            ("errors", ConnectError, "several exception classes, got type"),
            ("errors", [OSError], "subclasses of FetchError, got OSError"),
            ("errors", ["ConnectError"], "subclasses of FetchError, got str"),
            ("errors", [ConnectError()], "subclasses of FetchError, got ConnectError"),
            ("methods", "GET", "several HTTP methods, got str"),
            ("methods", [b"GET"], "HTTP methods as str, got bytes"),
            ("backoff", "1", "a number of seconds, 0 or more, got str"),
            ("backoff", None, "a number of seconds, 0 or more, got NoneType"),
            ("max_wait", True, "a number of seconds, 0 or more, got bool"),
            ("jitter", "1", "a number from 0 to 1, got str"),
            ("budget", "1", "a number of 0 or more, or None, got str"),
            ("respect_retry_after", 1, "True or False, got int"),
        ],
    )
    def test_types(self, part: str, value: Any, words: str) -> None:
        with pytest.raises(TypeError, match=f"^{part}: expected {words}$"):
            Retry(**{part: value})

    @pytest.mark.parametrize(
        ("part", "value", "words"),
        [
            ("attempts", 0, "at least 1, got 0"),
            ("attempts", -1, "at least 1, got -1"),
            ("statuses", [99], "status codes from 100 to 599, got 99"),
            ("statuses", [200, 600], "status codes from 100 to 599, got 600"),
            ("methods", [""], "HTTP methods, got ''"),
            ("methods", ["G T"], "HTTP methods, got 'G T'"),
            ("methods", ["GÉT"], "HTTP methods, got 'GÉT'"),
            ("jitter", -0.1, "a number from 0 to 1, got -0.1"),
            ("jitter", 1.1, "a number from 0 to 1, got 1.1"),
            ("jitter", NAN, "a number from 0 to 1, got nan"),
            *(
                (part, value, f"a number of seconds, 0 or more, got {value}")
                for part in ("backoff", "max_wait")
                for value in (-1, NAN, INFINITY)
            ),
            *(
                ("budget", value, f"a number of 0 or more, or None, got {value}")
                for value in (-1, NAN, INFINITY)
            ),
        ],
    )
    def test_values(self, part: str, value: Any, words: str) -> None:
        with pytest.raises(ValueError, match=f"^{part}: expected {words}$"):
            Retry(**{part: value})

    def test_what_is_taken(self) -> None:
        retry = Retry(
            attempts=1,
            statuses={http.HTTPStatus.TOO_MANY_REQUESTS},
            errors=iter([DNSError, ReadTimeout, FetchError]),  # type: ignore[arg-type]
            backoff=0,
            jitter=1,
            max_wait=0,
            budget=None,
            methods=["get", "Post", "M-SEARCH"],
        )
        assert retry.statuses == (429,)
        assert retry.errors == (DNSError, ReadTimeout, FetchError)
        assert retry.methods == ("GET", "POST", "M-SEARCH")
        assert Retry(statuses=(), errors=(), methods=()).statuses == ()

    def test_its_parts_are_copied(self) -> None:
        statuses = [503]
        retry = Retry(statuses=statuses)
        statuses.append(500)
        assert retry.statuses == (503,)


class TestTheOptionRetry:
    def test_what_it_stands_for(self) -> None:
        own = Retry(attempts=7, budget=None)
        assert retry_of(own) is own
        assert retry_of(5) == Retry(attempts=5)
        assert retry_of(1) == Retry(attempts=1)
        assert retry_of(True) == Retry()
        assert retry_of(False) is None

    @pytest.mark.parametrize("value", ["3", 1.5, [3], Retry, None], ids=repr)
    def test_types(self, value: Any) -> None:
        expected = f"^retry: expected Retry, a number of attempts, True or False, got {type(value).__name__}$"
        with pytest.raises(TypeError, match=expected):
            retry_of(value)

    @pytest.mark.parametrize("value", [0, -1])
    def test_values(self, value: int) -> None:
        with pytest.raises(ValueError, match=f"^retry: expected at least 1, got {value}$"):
            retry_of(value)


SETTINGS = pytest.mark.parametrize(
    "setting",
    [
        Limits(),
        FULL,
        HostLimits(),
        HostLimits(4, 2.5, 2, 0.1),
        Retry(),
        Retry(5, (503,), (FetchError,), 0, 0, 1, None, ("POST",), False),
    ],
    ids=repr,
)


class TestValues:
    @SETTINGS
    @pytest.mark.parametrize(
        "again",
        [
            *(lambda thing, p=protocol: pickle.loads(pickle.dumps(thing, p)) for protocol in range(6)),
            copy.copy,
            copy.deepcopy,
            dataclasses.replace,
        ],
        ids=[*(f"pickle{protocol}" for protocol in range(6)), "copy", "deepcopy", "replace"],
    )
    def test_copies_are_equal(self, setting: Any, again: Callable[[Any], Any]) -> None:
        twin = again(setting)
        assert type(twin) is type(setting)
        assert twin == setting
        assert hash(twin) == hash(setting)
        assert repr(twin) == repr(setting)

    @SETTINGS
    def test_its_repr_makes_it_again(self, setting: Any) -> None:
        names = {each.__name__: each for each in (Limits, HostLimits, Retry, FetchError)}
        assert eval(repr(setting), names) == setting

    @SETTINGS
    def test_it_is_frozen(self, setting: Any) -> None:
        for field in dataclasses.fields(setting):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(setting, field.name, None)

    def test_hosts_tell_limits_apart(self) -> None:
        assert dataclasses.replace(FULL, hosts=None) != FULL
        assert dataclasses.replace(FULL, hosts={}) != FULL

    @given(
        concurrency=st.integers(1),
        per_host=st.none() | st.just("auto") | st.integers(1),
        rate=st.floats(0, exclude_min=True, allow_infinity=False),
        burst=st.integers(1),
        min_delay=st.none() | st.floats(0, exclude_min=True, allow_infinity=False),
    )
    def test_any_positive_numbers_are_limits(self, **parts: Any) -> None:
        limits = Limits(**parts)
        assert {name: getattr(limits, name) for name in parts} == parts
        assert eval(repr(limits)) == pickle.loads(pickle.dumps(limits)) == limits
