"""A PostgreSQL server of a test's own: on a free port, in a folder, with nothing in it."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from api.commands.children import free_port


class PostgresCluster:
    """A cluster in `folder` that may be started, stopped and restarted; `url` is its database `postgres`.

    PostgreSQL refuses to run as root: then its user does, which must be able to enter `folder`.
    """

    def __init__(self, folder: Path) -> None:
        self._data = folder / "data"
        self._log = self._data / "server.log"
        self._port = free_port()
        self._user = "postgres" if os.geteuid() == 0 else None
        self._data.mkdir(mode=0o700)
        if self._user is not None:
            shutil.chown(self._data, self._user)
        self._run("initdb", "--auth=trust", "--username=groklab", "--encoding=UTF8", "--no-sync")

    @staticmethod
    def installed() -> bool:
        """Whether a cluster can be made here."""
        return shutil.which("initdb") is not None and (os.geteuid() != 0 or _user_exists("postgres"))

    @property
    def url(self) -> str:
        """Address of the server and its database `postgres`."""
        return f"postgresql://groklab@127.0.0.1:{self._port}/postgres"

    @property
    def pid(self) -> int:
        """Of the process that started all others of the running server."""
        return int((self._data / "postmaster.pid").read_text().split()[0])

    def start(self) -> None:
        """Starts it and waits until it takes connections."""
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        self._run("pg_ctl", "start", "--wait", f"--log={self._log}", f"--options={options}")

    def stop(self, mode: str = "fast") -> None:
        """Stops it; `immediate` as a crash does: without a word, to be recovered at the next start."""
        self._run("pg_ctl", "stop", "--wait", f"--mode={mode}")

    def restart(self, mode: str = "fast") -> None:
        """Stops it and starts it again."""
        self.stop(mode)
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        command = [program, f"--pgdata={self._data}", *arguments]
        where = {"cwd": self._data.parent, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        subprocess.run(command, check=True, user=self._user, **where)  # type: ignore[call-overload]


def _user_exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
