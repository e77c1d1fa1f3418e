"""Which tests can see a mutant: those that ran its lines while nothing was changed.

What runs at import is seen by whoever runs anything of its module, or of one that imports it.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable
from itertools import accumulate, islice
from math import inf
from pathlib import Path

from headrace.loadtests.mutants.house import House
from headrace.loadtests.mutants.jobs import Ran, Report
from headrace.loadtests.mutants.mutant import Mutant


class Reach:
    """`report` is that of all tests on an unchanged tree."""

    def __init__(self, house: House, report: Report) -> None:
        self._ran = sorted(report.ran.items(), key=lambda test: test[1].seconds)
        self._at_import = report.at_import
        self._importers = importers(house)
        self._test_imports = {
            path: _imported(house.root / path) for path in {_file(test) for test in report.ran}
        }

    def tests(self, mutant: Mutant, seconds_max: float = inf) -> dict[str, Ran]:
        """The quick ones first, those that ran the very lines before all others; as many as took
        so long together, and one in any case."""
        module, lines = mutant.key.module, range(mutant.lines[0], mutant.lines[1] + 1)

        def ran_it(ran: Ran) -> bool:
            return not ran.lines.get(module, set()).isdisjoint(lines)

        tests = {} if mutant.at_import else {t: ran for t, ran in self._ran if ran_it(ran)}
        if mutant.at_import or not self._at_import.get(module, set()).isdisjoint(lines):
            affected = {module, *self._importers.get(module, ())}
            tests |= {
                test: ran for test, ran in self._ran
                if test not in tests and self._uses(test, ran, affected)
            }  # fmt: skip
        spent = accumulate(ran.seconds for ran in tests.values())
        fitting = max(sum(seconds <= seconds_max for seconds in spent), 1)
        return dict(islice(tests.items(), fitting))

    def _uses(self, test: str, ran: Ran, modules: set[str]) -> bool:
        return not ran.modules.isdisjoint(modules) or not (
            self._test_imports[_file(test)].isdisjoint(modules)
        )


def files(tests: Iterable[str]) -> list[str]:
    """Where tests stand, each once."""
    return list(dict.fromkeys(map(_file, tests)))


def importers(house: House) -> dict[str, set[str]]:
    """By module, those that import it, whatever they take from it."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    top = house.root / house.path
    for path in _python_files(top / house.package):
        module = ".".join(path.relative_to(top).with_suffix("").parts).removesuffix(".__init__")
        for name in _imported(path):
            found[name].add(module)
    return found


def _python_files(folder: Path) -> Iterable[Path]:
    """Through links, of which a package's folders may be made."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield from _python_files(path)
        elif path.suffix == ".py":
            yield path


def _imported(path: Path) -> set[str]:
    """Modules, and for `from a import b` both a and a.b, of which only one may be one."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def _file(test: str) -> str:
    return test.split("::")[0]
