"""Where a file lives: SQLite's locks and shared memory do not work across machines."""

import os
import re
from pathlib import Path

NETWORK = frozenset(
    [
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cephfs",
        "cifs",
        "coda",
        "davfs",
        "fuse.cephfs",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "gfs2",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs3",
        "nfs4",
        "ocfs2",
        "orangefs",
        "smb2",
        "smb3",
        "smbfs",
    ]
)


def require_local(path: str, mounts: Path = Path("/proc/mounts")) -> None:
    """Raise ValueError where `path` lies on a network drive. Systems without a mount table are trusted."""
    if not mounts.exists():
        return
    kind = mount_type(os.path.realpath(path), mounts.read_text(errors="replace"))
    if kind in NETWORK:
        raise ValueError(
            f"{path} lies on a network drive ({kind}), where SQLite loses data when two machines write: "
            "put the state folder on a local disk, or use PostgreSQL (postgresql://host/name)"
        )


def mount_type(path: str, table: str) -> str | None:
    """The file system type of the mount that holds the absolute `path`; later mounts hide earlier ones."""
    best, kind = "", None
    for line in table.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), fields[1])
        if len(point) >= len(best) and (path + "/").startswith(point.rstrip("/") + "/"):
            best, kind = point, fields[2]
    return kind
