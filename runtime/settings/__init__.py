"""Every setting and bound, with its unit in its name, by area. The only reader of the environment.

`load` is what a process starts with: it ends the start at a HEADRACE_ variable that it doesn't
know, at a value that it can't read and at bounds that contradict each other. pydantic works then
and never again: what it makes holds plain attributes.
"""

from typing import Any

from headrace.runtime.settings.registry import Settings, SettingsError, check_names

__all__ = ["Settings", "SettingsError", "check_names", "load"]


def load(**overrides: Any) -> Settings:
    """Settings.load."""
    return Settings.load(**overrides)
