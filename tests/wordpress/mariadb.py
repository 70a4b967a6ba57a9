"""A throw-away MariaDB server for the tests."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.e2e.stack import wait_until
from tests.postgres import free_port

NAMES = ("mariadbd", "mariadb-install-db")


def find_mariadb() -> bool:
    return all(map(shutil.which, NAMES))


class MariaDb:
    """A server on a free port of loopback, without a password and without sync; gone when the block ends."""

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="moderation-mariadb-"))

    def __enter__(self) -> "MariaDb":
        data, user = self.folder / "data", ["--user=root"] if os.geteuid() == 0 else []
        install = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db", *user]
        subprocess.run([*install, "--auth-root-authentication-method=normal"], check=True, capture_output=True)
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *("mariadbd", "--no-defaults", *user, f"--datadir={data}", f"--port={self.port}"),
                    *("--bind-address=127.0.0.1", f"--socket={self.folder / 'socket'}", "--skip-grant-tables"),
                    *("--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M", "--skip-log-bin"),
                    *("--skip-networking=0", "--skip-name-resolve"),
                ],
                stdout=log,
                stderr=log,
            )
        wait_until((self.folder / "socket").exists, "MariaDB", timeout_s=90)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, sql: str, database: str = "") -> str:
        """What the statement answers: a line a row, columns apart by tabs."""
        client = ["mariadb", "--no-defaults", f"--socket={self.folder / 'socket'}", "--batch", "--skip-column-names"]
        done = subprocess.run([*client, database], input=sql, capture_output=True, text=True, check=True)
        return done.stdout.rstrip("\n")
