"""A short name for a folder in a data directory: a link in /tmp.

The path of a socket may have 107 bytes (unix(7)), those of Ray's and HAProxy's add a hundred to
their folder's. Only the name is short: all that a platform needs while it lives stands in its data
directory, and a link that somebody tidies away is made again.
"""

import contextlib
import os
import secrets
import shutil
import stat
from pathlib import Path

from headrace.cluster.local.errors import PlatformError

WHERE = Path("/tmp")
PREFIX = "headrace-"


class ShortPath:
    """`path` leads to `folder` from now on, until `remove`."""

    def __init__(self, folder: Path) -> None:
        """Links that lead there from earlier are removed. OSError when there can be no link."""
        self.folder = folder
        remove_links_to(folder)
        while True:
            self.path = WHERE / f"{PREFIX}{secrets.token_hex(4)}"
            with contextlib.suppress(FileExistsError):
                self.path.symlink_to(folder)
                return

    def restore(self) -> None:
        """Makes it again when it is gone. PlatformError when it can't be.

        A folder of this user's in its place is of a part that was quicker, and made what it missed.
        """
        if _leads_to(self.path, self.folder):
            return
        try:
            if _is_folder_of_ours(self.path):
                shutil.rmtree(self.path)
            self.path.symlink_to(self.folder)
        except OSError as error:
            raise PlatformError(
                f"{self.path} was removed and can't be made again ({error.strerror}): start again, "
                "nothing is lost"
            ) from error

    def remove(self) -> None:
        remove_links_to(self.folder)


def remove_links_to(folder: Path) -> None:
    """Whoever made them. The caller knows that nobody uses them."""
    for link in WHERE.glob(f"{PREFIX}*"):
        if _leads_to(link, folder):
            with contextlib.suppress(OSError):
                link.unlink()


def _leads_to(link: Path, folder: Path) -> bool:
    try:
        return os.readlink(link) == str(folder)
    except OSError:
        return False


def _is_folder_of_ours(path: Path) -> bool:
    """Not a link to one."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
