"""Each operator on a line of its own, and what no operator touches."""

from pathlib import Path

import pytest

from headrace.loadtests.mutants.mutant import Mutant, Source
from headrace.loadtests.mutants.operators import OPERATORS, mutants


def _mutants(text: str) -> list[Mutant]:
    return mutants(Source("tiny", Path("tiny.py"), text.encode()))


def _made(line: str, operator: str, before: str = "") -> set[str]:
    """Of a function's last line, by one operator."""
    text = f"def f(a, b, c):\n{before}    {line}\n"
    return {m.key.after for m in _mutants(text) if m.key.operator == operator}


@pytest.mark.parametrize(
    ("line", "operator", "changed"),
    [
        ("x = a < b", "comparison", {"x = (a <= b)", "x = (a >= b)"}),
        ("x = a <= b", "comparison", {"x = (a < b)", "x = (a > b)"}),
        ("x = a > b", "comparison", {"x = (a >= b)", "x = (a <= b)"}),
        ("x = a >= b", "comparison", {"x = (a > b)", "x = (a < b)"}),
        ("x = a == b", "comparison", {"x = (a != b)"}),
        ("x = a != b", "comparison", {"x = (a == b)"}),
        ("x = a is b", "comparison", {"x = (a is not b)"}),
        ("x = a is not b", "comparison", {"x = (a is b)"}),
        ("x = a in b", "comparison", {"x = (a not in b)"}),
        ("x = a not in b", "comparison", {"x = (a in b)"}),
        ("x = a == b in c", "comparison", {"x = (a != b in c)", "x = (a == b not in c)"}),
        ("x = a + b", "sign", {"x = (a - b)"}),
        ("x = a - b", "sign", {"x = (a + b)"}),
        ("x = -a", "sign", {"x = (a)"}),
        ("a += b", "sign", {"a -= b"}),
        ("a -= b", "sign", {"a += b"}),
        ("x = a * 5", "constant", {"x = a * (6)", "x = a * (4)"}),
        ("x = a[0]", "constant", {"x = a[(1)]", "x = a[(-1)]"}),
        ("x = 0.5", "constant", {"x = (1.5)", "x = (-0.5)"}),
        ("x = True", "constant", {"x = (False)"}),
        ("x = a and b", "logic", {"x = (a or b)"}),
        ("x = a or b", "logic", {"x = (a and b)"}),
        ("x = not a", "logic", {"x = (a)"}),
        ("x = b if a else c", "logic", {"x = b if (not a) else c"}),
        ("x = [y for y in a if y]", "logic", {"x = [y for y in a if (not y)]"}),
        ("return a", "return", {"return (None)"}),
        ("return 'a'", "return", {"return (None)"}),
        ("if a: return", "return", {"if (a and False): return"}),
        ("if a: raise b", "return", {"if (a and False): raise b"}),
        ("if a: b = c", "return", set()),
        ("return None", "return", set()),
        ("return False", "return", set()),
    ],
)
def test_what_an_operator_makes(line: str, operator: str, changed: set[str]) -> None:
    assert _made(line, operator) == changed


def test_loops_are_left_and_gone_on_with_early() -> None:
    for leaving in ("continue", "break"):
        made = _mutants(f"for a in b:\n    if a > c: {leaving}\n")
        assert f"if (a > c and False): {leaving}" in {m.key.after for m in made}


@pytest.mark.parametrize(
    "text",
    [
        '"""At most 5, not -1."""',
        "x: Literal[1, 2]",
        "x: Literal[1] = y",
        "def f(a: Literal[1]) -> Literal[2]: ...",
        "if TYPE_CHECKING:\n    x = 1",
        "@dataclass(slots=True)\nclass A(Struct, frozen=True): ...",
        "class A:\n    __slots__ = ('a' + 'b',)",
        "assert a < 1 and not b",
        "x = zip(a, b, strict=True)",
        "x = f'{a + 1}'",
        "log.warning('late', seconds=a - 1)",
    ],
)
def test_what_is_left_alone(text: str) -> None:
    assert _mutants(text) == []


def test_a_mutant_is_the_whole_module_and_other_lines_keep_their_numbers() -> None:
    text = "def f(a):\n    return (a +\n            1)\n\n\nX = 7\n"
    (sign,) = [m for m in _mutants(text) if m.key.operator == "sign"]
    assert sign.mutated.decode() == "def f(a):\n    return ((a - 1\n))\n\n\nX = 7\n"
    assert sign.key.before == "return (a + 1)"
    assert sign.lines == (2, 3)


def test_letters_of_many_bytes_before_it_move_nothing() -> None:
    (sign,) = [m for m in _mutants("x = 'ä€' + y\n") if m.key.operator == "sign"]
    assert sign.mutated.decode() == "x = ('ä€' - y)\n"


def test_it_is_known_by_module_function_and_text_wherever_it_stands() -> None:
    text = "class A:\n    def f(self):\n        if self.x:\n            return\n        y()\n"
    (guard, _) = sorted(_mutants(text), key=lambda m: m.key.operator, reverse=True)
    above, _ = sorted(_mutants("# moved\n" + text), key=lambda m: m.key.operator, reverse=True)
    assert guard.key == above.key
    assert guard.key[:3] == ("tiny", "A.f", "return")
    assert (guard.line, above.line) == (3, 4)


def test_the_head_of_a_block_is_not_its_body() -> None:
    text = "def f(a):\n    while (a <\n           5):\n        b()\n        c()\n"
    assert {m.lines for m in _mutants(text)} == {(2, 3)}


def test_defaults_and_what_stands_in_no_function_run_at_import() -> None:
    text = "X = 1\ndef f(a=2):\n    return a + 3\nclass A:\n    y = 4\n"
    told = {m.key.before: m.at_import for m in _mutants(text)}
    assert told == {"X = 1": True, "def f(a=2):": True, "return a + 3": False, "y = 4": True}


def test_every_mutant_differs_and_can_be_compiled() -> None:
    text = "def f(x):\n    match x:\n        case -1: return 2\n        case 3: return -x\n"
    made = _mutants(text)
    assert len({m.mutated for m in made}) == len(made)
    for mutant in made:
        compile(mutant.mutated, "tiny", "exec")
    assert {m.key.operator for m in made} <= set(OPERATORS)
