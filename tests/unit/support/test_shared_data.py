import pytest
from support.shared_data import NEEDED, shared


def test_in_ci_data_that_is_absent_fails_a_test_and_elsewhere_skips_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(NEEDED, raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"needs \.\./shared/no/such/file"):
        shared("no/such/file")
    monkeypatch.setenv(NEEDED, "1")
    with pytest.raises(pytest.fail.Exception, match=r"needs \.\./shared/no/such/file"):
        shared("no/such/file")
