"""Mutants are made of all that the list names, and drawn by the seed."""

from pathlib import Path

import pytest

from headrace.loadtests.mutants import explained
from headrace.loadtests.mutants.draw import draw
from headrace.loadtests.mutants.house import ours
from headrace.loadtests.mutants.mutant import Key, Mutant, Source
from headrace.loadtests.mutants.operators import OPERATORS, mutants
from headrace.loadtests.mutants.result import Fate, Result, told
from headrace.loadtests.mutants.targets import CORE, NoSuchModule, sources

TEXT = b"def f(a, b):\n    return a < b\n"


def _made() -> list[Mutant]:
    house = ours()
    return [m for source in sources(house.modules, house.root) for m in mutants(source)]


def _tiny() -> list[Mutant]:
    return mutants(Source("tiny", Path("tiny.py"), TEXT))


def _result(fates: list[Fate], reasons: dict[Key, str] | None = None) -> Result:
    return Result(1, 2, 9, fates, reasons or {}, [])


def test_six_hundred_are_made_of_every_part_of_the_core_by_every_operator() -> None:
    made = _made()
    assert len(made) >= 600
    assert {m.key.operator for m in made} == set(OPERATORS)
    for name in CORE:
        assert any(m.key.module.startswith(name) for m in made), name
    assert all((ours().root / m.path).is_file() for m in made)


def test_the_same_seed_draws_the_same() -> None:
    made = _made()
    first, again, other = draw(made, 1, 300), draw(made, 1, 300), draw(made, 2, 300)
    assert first == again != other
    assert len(first) == len(set(first)) == 300
    assert draw(made, 1, len(made) + 1) == made


def test_a_module_that_is_gone_is_an_error() -> None:
    for name in ("headrace.runtime.payments.gone", "headrace.gone.payments", "headrace_gone"):
        with pytest.raises(NoSuchModule, match=name):
            sources([name], ours().root)


def test_a_survivor_is_printed_as_the_list_takes_it(tmp_path: Path) -> None:
    quotes = Source("tiny", Path("tiny.py"), b"""X = a < b, 'it', "it's \\\\d"\n""")
    for made in (_tiny()[0], mutants(quotes)[0]):
        path = tmp_path / "survivors.toml"
        path.write_text(told(Fate(made, "", "survived 3 unit tests"), "it makes no difference"))
        assert explained.read(path) == {made.key: "it makes no difference"}


@pytest.mark.parametrize("wrong", ["why = ''", "", "why = 'so'\nline = 5", "why = 'so'\n[[mutant"])
def test_a_list_without_reasons_is_refused(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "survivors.toml"
    entry = "".join(f"{name} = 'x'\n" for name in Key._fields)
    path.write_text(f"[[mutant]]\n{entry}{wrong}\n")
    with pytest.raises(explained.BadList, match="survivors"):
        explained.read(path)


def test_an_explanation_of_nothing_is_stale() -> None:
    key = _tiny()[0].key
    gone = key._replace(function="g")
    assert explained.stale({key: "so", gone: "so"}, [m.key for m in _tiny()]) == [gone]


def test_every_survivor_needs_a_reason_and_only_one_in_twenty_may_have_one() -> None:
    made = _tiny()[0]
    killed, survived = Fate(made, "unit", "test_f"), Fate(made, "", "survived")
    assert _result([killed] * 20).wrongs == []
    assert _result([killed] * 19 + [survived], {made.key: "so"}).wrongs == []
    assert _result([killed] * 19 + [survived]).wrongs == ["1 survivors without a reason"]
    few = _result([killed] * 18 + [survived] * 2, {made.key: "so"})
    assert few.wrongs == ["killed 0.9 of all, not 0.95"]
    assert few.json == {
        "made": 9, "drawn": 20, "killed": 0.9, "killed_by_unit": 18, "killed_by_integration": 0,
        "survived": 2, "explained": 2, "unexplained": 0, "seed": 1, "seconds": 2,
    }  # fmt: skip


def test_stale_explanations_and_an_empty_draw_are_wrong() -> None:
    made = _tiny()[0]
    fates = [Fate(made, "unit", "test_f")]
    assert _result(fates)._replace(stale=[made.key]).wrongs[0].startswith("explained, but made")
    assert _result([]).wrongs == ["no mutant was drawn"]
