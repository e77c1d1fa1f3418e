"""What every area's settings are: a model whose fields are read from variables of the same name.

A variable is the field's name in capitals after HEADRACE_: `HEADRACE_DATABASE_URL`. Its unit is in
its name, its bounds are in its type, what it means is below it.
"""

import os
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from headrace.runtime.environment import PREFIX

Count = Annotated[int, Field(ge=1)]
"""Of things, or bytes: at least one."""
Seconds = Annotated[float, Field(gt=0)]
Pause = Annotated[float, Field(ge=0)]
"""Seconds between attempts."""


def _absolute(path: str) -> str:
    return os.path.abspath(path) if path else ""


FilePath = Annotated[str, AfterValidator(_absolute)]
"""Of a file or folder, absolute once read, since a platform's processes work in another folder; or
empty."""

Rules = tuple[tuple[bool, str], ...]
"""Whether it holds, and the rule in words."""


class Section(BaseSettings):
    """One area's settings, plain attributes once made. Made by hand it reads no environment."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, allow_inf_nan=False,
        use_attribute_docstrings=True,
    )  # fmt: skip

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:  # fmt: skip
        """What it is made with, and nothing else."""
        return (init_settings,)

    @classmethod
    def in_environment(cls) -> dict[str, Any]:
        """What the environment says of its fields, not validated."""
        return EnvSettingsSource(cls)()

    def rules(self) -> Rules:
        """How its bounds depend on each other."""
        return ()


def variable(name: str) -> str:
    """Of a setting."""
    return PREFIX + name.upper()
