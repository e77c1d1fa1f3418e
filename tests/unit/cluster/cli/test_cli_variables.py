"""A command is told of a misspelt HEADRACE_ variable instead of quietly doing without it."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from headrace.cluster.cli.main import app


@pytest.mark.parametrize(
    "command", [["up"], ["down"], ["verify"], ["tenant", "create", "shop"], ["account", "list"]]
)
def test_every_kind_of_command_ends_before_it_begins(command: list[str]) -> None:
    result = CliRunner().invoke(app, [*command, "--json"], env={"HEADRACE_API_KY": "hr_secret"})
    assert result.exit_code == 2
    said = json.loads(result.stdout.splitlines()[-1])["error"]
    assert said["code"] == "bad_input"
    assert said["detail"] == (
        "HEADRACE_API_KY is no setting of Headrace: did you mean HEADRACE_API_KEY?"
    )
    assert "hr_secret" not in result.output


def test_the_settings_are_no_cost_to_who_sets_none() -> None:
    """pydantic would be half of what `headrace --help` takes."""
    code = "import sys, headrace.cluster.cli.main as m; print('pydantic' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
