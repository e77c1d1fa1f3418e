"""Why a platform can't start or go on: messages say what happened and what to do.

PlatformError
├── AlreadyRunning  lock.py
├── PostgresError   postgres_home.py
└── RayNodeError    ray_node.py
"""


class PlatformError(RuntimeError):
    """The message is for people."""
