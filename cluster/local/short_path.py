"""A short name for a folder in a data directory: a link in /tmp, or where else there is room.

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

PLACES = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"))
"""Where anybody may make one; the next where the one before can't be written."""
PREFIX = "headrace-"


class ShortPath:
    """`path` leads to `folder` from now on, until `remove`."""

    def __init__(self, folder: Path) -> None:
        """Links that lead there from earlier are removed. OSError when there can be no link."""
        self.folder = folder
        remove_links_to(folder)
        self.path = _new_link(folder)

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
    for link in links_to(folder):
        with contextlib.suppress(OSError):
            link.unlink()


def links_to(folder: Path) -> list[Path]:
    """There are now."""
    found = (link for place in PLACES for link in place.glob(f"{PREFIX}*"))
    return [link for link in found if _leads_to(link, folder)]


def _new_link(folder: Path) -> Path:
    """Raises what is wrong with the last place."""
    for place in PLACES:
        path = place / f"{PREFIX}{secrets.token_hex(4)}"
        try:
            path.symlink_to(folder)
        except OSError:
            if place == PLACES[-1]:
                raise
        else:
            break
    return path


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
