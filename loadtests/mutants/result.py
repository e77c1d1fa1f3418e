"""What a run found, and what of it is right."""

from typing import NamedTuple

from headrace.loadtests.mutants.mutant import Key, Mutant

KILLED_MIN = 0.95
"""Share of the drawn mutants."""


class Fate(NamedTuple):
    """What became of a mutant."""

    mutant: Mutant
    stage: str
    """Of the tests that killed it: unit or integration; empty: it survived."""
    by: str
    """The test that failed or what else happened; of a survivor, how many tests ran it."""


class Result(NamedTuple):
    """Of one run. `stale` explanations are looked for when all mutants were made."""

    seed: int
    seconds: int
    made: int
    fates: list[Fate]
    reasons: dict[Key, str]
    stale: list[Key]

    @property
    def survivors(self) -> list[Fate]:
        return [fate for fate in self.fates if not fate.stage]

    @property
    def unexplained(self) -> list[Fate]:
        return [fate for fate in self.survivors if fate.mutant.key not in self.reasons]

    @property
    def wrongs(self) -> list[str]:
        """What the run fails by; empty: nothing."""
        told = self.json
        wrongs = [f"explained, but made no more: {key}" for key in self.stale]
        if not self.fates:
            wrongs.append("no mutant was drawn")
        elif self._killed < KILLED_MIN:
            wrongs.append(f"killed {told['killed']} of all, not {KILLED_MIN}")
        if self.unexplained:
            wrongs.append(f"{len(self.unexplained)} survivors without a reason")
        return wrongs

    @property
    def json(self) -> dict[str, float | int]:
        stages = [fate.stage for fate in self.fates]
        return {
            "made": self.made,
            "drawn": len(self.fates),
            "killed": round(self._killed, 4),
            "killed_by_unit": stages.count("unit"),
            "killed_by_integration": stages.count("integration"),
            "survived": len(self.survivors),
            "explained": len(self.survivors) - len(self.unexplained),
            "unexplained": len(self.unexplained),
            "seed": self.seed,
            "seconds": self.seconds,
        }

    @property
    def _killed(self) -> float:
        return 1 - len(self.survivors) / len(self.fates) if self.fates else 0.0


def told(fate: Fate, reason: str | None) -> str:
    """A survivor as `survivors.toml` would list it."""
    key, mutant = fate.mutant.key, fate.mutant
    head = f"# {mutant.path}:{mutant.line}, {fate.by}\n[[mutant]]\n"
    fields = {**key._asdict(), "why": reason or ""}
    return head + "".join(f"{name} = {_quoted(value)}\n" for name, value in fields.items())


def _quoted(text: str) -> str:
    """As TOML: literal unless it has an apostrophe of its own."""
    if "'" not in text:
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
