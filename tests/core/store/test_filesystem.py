"""SQLite files must lie on local disks."""

from pathlib import Path

import pytest

from core.store import open_database
from core.store.filesystem import mount_type, require_local

TABLE = """\
/dev/vda / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/vdb /home/local ext4 rw 0 0
//nas/share /mnt/two\\040words cifs rw 0 0
tmpfs /homework tmpfs rw 0 0
old /data ext4 rw 0 0
user@host:/data /data fuse.sshfs rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/groklab.db", "ext4"),
        ("/home/ann/groklab.db", "nfs4"),
        ("/home", "nfs4"),
        ("/home/local/groklab.db", "ext4"),
        ("/homework/groklab.db", "tmpfs"),
        ("/mnt/two words/groklab.db", "cifs"),
        ("/data/groklab.db", "fuse.sshfs"),
    ],
)
def test_the_innermost_and_latest_mount_holds_a_path(path: str, kind: str) -> None:
    assert mount_type(path, TABLE) == kind


def test_an_empty_table_knows_no_type() -> None:
    assert mount_type("/home/groklab.db", "") is None


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"])
def test_a_network_drive_is_refused_with_advice(kind: str, tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/vda / ext4 rw 0 0\nfar {tmp_path} {kind} rw 0 0\n")
    with pytest.raises(ValueError, match=f"network drive \\({kind}\\).*PostgreSQL"):
        require_local(str(tmp_path / "groklab.db"), mounts)


def test_a_link_to_a_network_drive_is_followed(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "near").symlink_to(tmp_path / "far")
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/vda / ext4 rw 0 0\nserver {tmp_path}/far nfs rw 0 0\n")
    with pytest.raises(ValueError, match="nfs"):
        require_local(str(tmp_path / "near" / "groklab.db"), mounts)


def test_local_disks_and_systems_without_a_mount_table_are_accepted(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/vda / ext4 rw 0 0\n")
    require_local(str(tmp_path / "groklab.db"), mounts)
    require_local(str(tmp_path / "groklab.db"), tmp_path / "no table")


def test_opening_asks_where_the_file_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("core.store.filesystem.mount_type", lambda path, table: "nfs4")
    with pytest.raises(ValueError, match="network drive"):
        open_database(f"sqlite:///{tmp_path}/groklab.db")
