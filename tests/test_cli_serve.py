"""Does `callgate serve`, in a process of its own, serve, refuse a second one, keep connections and drain on SIGTERM?"""

import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from callgate import __version__
from callgate.commands.listening import configure
from callgate.store.database import open_sync
from callgate.store.migrate import find_revision, head_revision, migrate
from tests.command_line import (
    Terminal,
    clean_environment,
    command_of,
    examples_of,
    started,
    url_once_listening,
)
from tests.postgres import create_database, drop_database
from tests.seeding import PIN_KEY, TOKEN_KEY

KEYS = {"CALLGATE_TOKEN_KEY": TOKEN_KEY, "CALLGATE_PIN_KEY": PIN_KEY}
SECONDS_MAX = 60
# The examples of the help, served on a free port: of two the last one counts.
ALONE, EVERYWHERE = ((*example.split()[1:], "--port", "0") for example in examples_of("serve"))


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(tmp_path, capsys, monkeypatch)


def end(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(SECONDS_MAX)


def typed_in_process(*arguments: str, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command_of(*arguments),
        cwd=folder,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def asked_again(line: socket.socket) -> float:
    """Ask on this connection, and answer when that was."""
    line.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = b""
    while b'{"status":"ok"}' not in answer:
        received = line.recv(65536)
        assert received, "the connection was closed"
        answer += received
    return time.monotonic()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def open_connection(url: str) -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=SECONDS_MAX)


def test_the_embedded_service_serves_alone_and_ends_in_order(tmp_path: Path) -> None:
    metrics_port = free_port()
    environment = clean_environment(CALLGATE_METRICS_PORT=str(metrics_port))
    with started(*ALONE, folder=tmp_path, environment=environment) as process:
        url = url_once_listening(process)
        with httpx.Client(base_url=url, trust_env=False) as client, open_connection(url) as line:
            first_ask = asked_again(line)
            version, ready, metrics = (client.get(path) for path in ("/version", "/readyz", "/metrics"))
            there = httpx.get(f"http://127.0.0.1:{metrics_port}/metrics", trust_env=False)
            elsewhere = httpx.get(f"http://127.0.0.1:{metrics_port}/livez", trust_env=False)
            second = typed_in_process("serve", "--port", "0", folder=tmp_path, environment=clean_environment())
            # Five seconds is how long uvicorn would keep a quiet connection by itself.
            time.sleep(max(0.0, first_ask + 6 - time.monotonic()))
            asked_again(line)
        code = end(process)

    assert (version.json()["version"], "server" in version.headers) == (__version__, False)
    assert ready.json()["checks"] == dict.fromkeys(("database", "migrations", "keys", "clock"), "ok")
    assert (metrics.status_code, there.status_code, elsewhere.status_code) == (404, 200, 404)
    assert "callgate_decisions_total" in there.text
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr.splitlines()[-1].startswith("callgate: Another callgate process holds callgate.db.lock.")
    assert code == 0
    with open_sync(f"sqlite:///{tmp_path}/var/callgate.db") as connection:
        assert find_revision(connection) == head_revision()


def test_a_quiet_connection_is_kept_for_longer_than_a_switch_is_quiet() -> None:
    assert configure("unused").timeout_keep_alive >= 75


def test_what_is_being_answered_when_the_signal_comes_is_answered(tmp_path: Path) -> None:
    body = b'{"call_id": "c-1", "station_id": "nowhere", "called_number": "+18605550123"}'
    with started(*EVERYWHERE, folder=tmp_path, environment=clean_environment(**KEYS)) as process:
        url = url_once_listening(process).replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - as the example has it
        token = typed_in_process(
            "token", "--role", "switch", folder=tmp_path, environment=clean_environment(**KEYS)
        ).stdout.strip()
        with open_connection(url) as line, open_connection(url) as idle:
            head = (
                f"POST /v1/authorize HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            line.sendall(head.encode() + body[:10])
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            line.sendall(body[10:])
            answer = b"".join(iter(lambda: line.recv(65536), b""))
            told_idle = idle.recv(1)
        code = process.wait(SECONDS_MAX)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"reason":"not_in_service"' in answer
    assert told_idle == b"", "an idle connection keeps the service from ending"
    assert code == 0
    assert '"request_failed"' not in (tmp_path / "stderr").read_text()


def test_several_workers_serve_postgresql_and_end_in_order(tmp_path: Path, postgres_url: str) -> None:
    database = create_database(postgres_url)
    migrate(database)
    metrics_port = free_port()
    environment = clean_environment(
        CALLGATE_DATABASE_URL=database, CALLGATE_METRICS_PORT=str(metrics_port), TMPDIR=str(tmp_path), **KEYS
    )
    with started("serve", "--port", "0", "--workers", "2", folder=tmp_path, environment=environment) as process:
        url = url_once_listening(process)
        ready = httpx.get(f"{url}/readyz", trust_env=False, timeout=SECONDS_MAX)
        # Served by the parent, which decides nothing itself: what it tells are the workers' counts.
        metrics = httpx.get(f"http://127.0.0.1:{metrics_port}/metrics", trust_env=False, timeout=SECONDS_MAX)
        code = end(process)

    drop_database(postgres_url, database)
    assert ready.status_code == 200
    assert "callgate_decisions_total" in metrics.text
    assert code == 0
    assert list(tmp_path.glob("callgate-metrics-*")) == []


def test_pending_migrations_on_postgresql_are_refused_with_what_to_do(terminal: Terminal, postgres_url: str) -> None:
    database = create_database(postgres_url)
    terminal.setting(database_url=database, token_key=TOKEN_KEY, pin_key=PIN_KEY)

    typed = terminal.type("serve", "--port", "0")

    drop_database(postgres_url, database)
    assert typed.code == 1
    assert "callgate: The database has no tables yet; run `callgate migrate`.\n" in typed.err


def test_a_start_that_fails_is_logged_by_its_kind_and_refused(tmp_path: Path, postgres_url: str) -> None:
    database = create_database(postgres_url)
    migrate(database)
    with open_sync(database) as connection:
        refuse = "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hunter2'; END $$"
        connection.execute(text(refuse))
        connection.execute(
            text("CREATE TRIGGER no BEFORE INSERT ON policy_versions FOR EACH ROW EXECUTE FUNCTION no()")
        )
        connection.commit()
    environment = clean_environment(CALLGATE_DATABASE_URL=database, **KEYS)

    typed = typed_in_process("serve", "--port", "0", folder=tmp_path, environment=environment)

    drop_database(postgres_url, database)
    assert typed.returncode == 1
    assert typed.stdout == ""
    assert '"event": "start_failed"' in typed.stderr
    assert '"caused_by": ["RaiseException"]' in typed.stderr
    assert typed.stderr.splitlines()[-1] == "callgate: The service did not start; the log above says where it failed."
    assert "hunter2" not in typed.stderr


def test_more_than_one_worker_on_the_embedded_database_is_refused_with_the_reason(terminal: Terminal) -> None:
    typed = terminal.type("serve", "--workers", "2")

    assert typed.code == 1
    assert "SQLite has one writer" in typed.err
    assert not (terminal.folder / "var").exists()


def test_a_port_that_is_taken_is_one_sentence(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        typed = terminal.type("serve", "--port", str(port))

    assert typed.code == 1
    assert f"callgate: Port {port} on 127.0.0.1 cannot be listened on: Address already in use." in typed.err
    assert "Traceback" not in typed.err


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"pin_key": "too short a key"}, "CALLGATE_PIN_KEY cannot be used: "),
        ({"token_key": "too-short-a-key"}, "CALLGATE_TOKEN_KEY cannot be used: "),
        ({"database_url": "postgresql://nobody:hunter2@127.0.0.1:1/none"}, "The database cannot be reached"),
        ({"database_url": "sqlite:no-slashes"}, "must begin with sqlite:/// or postgresql://"),
    ],
)
def test_what_cannot_run_is_refused_in_one_sentence_without_a_secret(
    terminal: Terminal, settings: dict[str, str], told: str
) -> None:
    terminal.setting(**settings)

    typed = terminal.type("serve", "--port", "0")

    last = typed.err.splitlines()[-1]
    assert typed.code == 1
    assert last.startswith("callgate: ")
    assert told in last
    assert not any(secret in typed.err for secret in ("hunter2", "too short a key", "too-short-a-key", "Traceback"))
