import pytest
from support.budgets import FAR, Budgets, area_of


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("tests/unit/runtime/risk/test_rules.py", "runtime/risk"),
        ("tests/integration/runtime/risk/test_creditor_history.py", "runtime/risk"),
        ("tests/unit/runtime/test_money.py", "runtime"),
        ("tests/integration/actors/test_reviews.py", "actors"),
        ("tests/unit/loadtests/books/test_sums.py", "loadtests"),
        ("tests/acceptance/test_wheel.py", "acceptance"),
    ],
)
def test_an_area_is_a_folder_of_the_code(path: str, area: str) -> None:
    assert area_of(path) == area


@pytest.mark.parametrize(
    ("times", "workers", "in_ci", "ends", "told"),
    [
        (0.9, 1, True, pytest.ExitCode.OK, 0),
        (1.1, 1, True, pytest.ExitCode.OK, 1),
        (1.9, 2, True, pytest.ExitCode.OK, 0),
        (2.1, 2, True, pytest.ExitCode.OK, 1),
        (FAR + 0.1, 1, True, pytest.ExitCode.TESTS_FAILED, 1),
        (FAR + 0.1, 1, False, pytest.ExitCode.OK, 1),
    ],
)
def test_far_over_its_budget_a_run_fails_in_ci_alone(
    times: float, workers: int, in_ci: bool, ends: int, told: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Session:
        exitstatus: int = pytest.ExitCode.OK

    class Report:
        nodeid = "tests/unit/actors/test_intake.py::test_one"
        duration = times * 60

    monkeypatch.setenv("CI", "true" if in_ci else "")
    budgets, session = Budgets(None, 60.0, workers), Session()
    budgets.pytest_runtest_logreport(Report())  # type: ignore[arg-type]  # as much of a report as is read
    budgets.pytest_sessionfinish(session)  # type: ignore[arg-type]  # as much of a session as is read
    assert session.exitstatus == ends
    assert len(budgets._over) == told
