"""Every area's settings: one line an area, which loading, checks and the reference page walk."""

import os
from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ValidationError

from headrace.runtime import environment
from headrace.runtime.settings.cell import CellSettings
from headrace.runtime.settings.events import EventSettings
from headrace.runtime.settings.followers import FollowerSettings
from headrace.runtime.settings.gateway import GatewaySettings
from headrace.runtime.settings.keys import KeySettings
from headrace.runtime.settings.ledger import LedgerSettings
from headrace.runtime.settings.local import LocalSettings
from headrace.runtime.settings.partition import CallSettings, PartitionSettings
from headrace.runtime.settings.risk import RiskSettings
from headrace.runtime.settings.section import Rules, Section, variable


class SettingsError(ValueError):
    """What is wrong with the settings, by variable and reason; never a value, which may be secret.

    Pickles as any exception with one argument.
    """


class Settings(BaseModel, frozen=True, extra="forbid"):
    """What a platform runs with, by area. Code gets the area that it needs.

    Made from settings by their own names, `Settings(actors=3)`: each finds its area, so a name is
    used once. Raises SettingsError.
    """

    cell: CellSettings = CellSettings()
    ledger: LedgerSettings = LedgerSettings()
    keys: KeySettings = KeySettings()
    partition: PartitionSettings = PartitionSettings()
    calls: CallSettings = CallSettings()
    gateway: GatewaySettings = GatewaySettings()
    events: EventSettings = EventSettings()
    followers: FollowerSettings = FollowerSettings()
    risk: RiskSettings = RiskSettings()
    local: LocalSettings = LocalSettings()

    def __init__(self, **values: Any) -> None:
        super().__init__(**_by_area(self.areas(), values))

    @classmethod
    def areas(cls) -> dict[str, type[Section]]:
        """The model of each area, by its name."""
        found = ((name, field.annotation) for name, field in cls.model_fields.items())
        return {n: a for n, a in found if isinstance(a, type) and issubclass(a, Section)}

    @classmethod
    def variables(cls) -> list[str]:
        """Of the environment, in the registry's order."""
        return [variable(name) for area in cls.areas().values() for name in area.model_fields]

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """From the environment, then `overrides`. SettingsError names what is wrong, variables
        too that are no setting."""
        check_names(cls)
        values: dict[str, Any] = {}
        for area in cls.areas().values():
            values |= area.in_environment()
        return cls(**(values | overrides)).check()

    def flat(self) -> dict[str, Any]:
        """Every setting by its own name."""
        return {k: v for area in self.areas() for k, v in dict(getattr(self, area)).items()}

    def replace(self, **changes: Any) -> Self:
        """The same but for these, by their own names. Raises SettingsError."""
        return type(self)(**(self.flat() | changes))

    def in_variables(self) -> dict[str, str]:
        """What `load` makes these settings of: those that differ from the defaults."""
        defaults = type(self)().flat()
        return {
            variable(name): str(value)
            for name, value in self.flat().items()
            if value != defaults[name]
        }

    def check(self) -> Self:
        """Returns itself; SettingsError names the first bound that contradicts another."""
        within = [rule for area in self.areas() for rule in getattr(self, area).rules()]
        for holds, rule in (*within, *self._between()):
            if not holds:
                raise SettingsError(f"settings: {rule}")
        return self

    def _between(self) -> Rules:
        """How the bounds of several areas depend on each other."""
        return (
            (
                self.ledger.commit_timeout_s < self.calls.call_timeout_s,
                "commit_timeout_s < call_timeout_s",
            ),
            (
                self.calls.call_payments_max <= self.partition.open_legs_max,
                "open_legs_max: at least call_payments_max",
            ),
            (
                self.partition.batch_payments_max <= self.keys.subject_keys_in_memory_max,
                "subject_keys_in_memory_max: at least batch_payments_max",
            ),
            (
                self.risk.risk_timeout_s < self.calls.call_timeout_s,
                "risk_timeout_s: less than call_timeout_s",
            ),
        )


def check_names(
    settings: type[Settings] = Settings, variables: Mapping[str, str] = os.environ
) -> None:
    """SettingsError names each HEADRACE_ variable that is no setting, with the nearest name."""
    known = settings.variables()
    if strangers := environment.unknown(known, variables):
        raise SettingsError("; ".join(environment.complaint(name, known) for name in strangers))


def _by_area(areas: Mapping[str, type[Section]], values: dict[str, Any]) -> dict[str, Section]:
    """The areas that have any of the settings, made. SettingsError names all that is wrong."""
    wrong: list[str] = []
    made: dict[str, Section] = {}
    left = dict(values)
    for name, area in areas.items():
        own = {field: left.pop(field) for field in area.model_fields if field in left}
        try:
            made[name] = area(**own)
        except ValidationError as error:
            wrong += [
                f"{variable('_'.join(map(str, fault['loc'])))}: {fault['msg']}"
                for fault in error.errors(include_input=False, include_url=False)
            ]
    wrong += [f"{name} is no setting" for name in left]
    if wrong:
        raise SettingsError("; ".join(wrong))
    return made
