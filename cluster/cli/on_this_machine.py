"""What can go wrong where a platform is or is to be, told as failures of a command."""

from collections.abc import Iterator
from contextlib import contextmanager

from headrace.cluster.cli.failures import Failure, of_system


@contextmanager
def failures() -> Iterator[None]:
    """A sentence for whatever its files, its processes and its database may say."""
    from asyncpg import InterfaceError, PostgresError

    from headrace.cluster.local.errors import PlatformError
    from headrace.cluster.local.lock import AlreadyRunning
    from headrace.runtime.database.area import MigrationError
    from headrace.runtime.database.connect import NotConnected
    from headrace.runtime.keys.master_key import MasterKeyError

    try:
        yield
    except AlreadyRunning as error:
        raise Failure(f"a platform runs here already: {error}") from error
    except (PlatformError, MigrationError, MasterKeyError) as error:
        raise Failure(str(error)) from error
    except (NotConnected, PostgresError, InterfaceError) as error:
        raise Failure(f"the ledger's database: {error}") from error
    except OSError as error:
        raise of_system(error) from error
