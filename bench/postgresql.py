"""A PostgreSQL server on loopback, with a folder of its own, where the machine has its programs."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
import os
from pathlib import Path
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
from tempfile import TemporaryDirectory
import time
from typing import Any

import psycopg2

_DEBIAN = Path("/usr/lib/postgresql")
_PATIENCE = 60.0


class NoServerError(Exception):
    """There is no server to start; the text says why."""


def programs() -> Path:
    """Return the folder of the server's programs; raise `NoServerError` where there is none."""
    # Debian keeps each version in a folder that is not on the path.
    found = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    if (initdb := shutil.which("initdb")) is not None:
        return Path(initdb).parent
    raise NoServerError("PostgreSQL isn't installed; on Debian: apt-get install postgresql")


@contextmanager
def serving() -> Iterator[str]:
    """Run a server and yield the address of its empty database `recorder`; raise `NoServerError` where that can't be."""
    folder_of_programs, user = programs(), _user()
    password = secrets.token_hex()
    # Not in the test's own folder, which no other user may enter.
    with TemporaryDirectory(prefix="postgresql-") as name:
        folder = Path(name)
        (folder / "password").write_text(password)
        if user is not None:
            for path in (folder, folder / "password"):
                os.chown(path, user.pw_uid, user.pw_gid)
        _make(folder_of_programs / "initdb", folder, user)
        port = _free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            # What is lost with the machine is not missed.
            "fsync": "off",
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(  # noqa: S603 - the program that was found, with settings of our own.
                [folder_of_programs / "postgres", "-D", folder / "data", *options],
                cwd=folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                **_as(user),
            )
        try:
            _make_database(server, port, password, folder / "log")
            yield f"postgresql://recorder:{password}@127.0.0.1:{port}/recorder"
        finally:
            # It ends with this, whoever is still connected.
            server.send_signal(signal.SIGINT)
            try:
                server.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _user() -> pwd.struct_passwd | None:
    """Return whom the server runs as, `None` for oneself: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise NoServerError("PostgreSQL refuses to run as root, and there is no user postgres or nobody")


def _as(user: pwd.struct_passwd | None) -> dict[str, Any]:
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _make(initdb: Path, folder: Path, user: pwd.struct_passwd | None) -> None:
    made = subprocess.run(  # noqa: S603 - the program that was found, with settings of our own.
        [
            initdb,
            *("--pgdata", folder / "data"),
            *("--username", "recorder", "--pwfile", folder / "password", "--auth", "scram-sha-256"),
            *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        **_as(user),
    )
    if made.returncode:
        raise NoServerError(f"initdb failed: {made.stderr.strip()}")


def _make_database(server: subprocess.Popen[bytes], port: int, password: str, log: Path) -> None:
    """Wait until the server answers, and make the database."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            connection = psycopg2.connect(
                host="127.0.0.1", port=port, user="recorder", password=password, dbname="postgres"
            )
        except psycopg2.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise NoServerError(f"PostgreSQL didn't start: {log.read_text().strip()}") from None
            time.sleep(0.1)
        else:
            break
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE recorder")
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
