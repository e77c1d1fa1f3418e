"""What refusals of events mean in HTTP."""

from headrace.runtime.refusals import Refusal
from headrace.serve.http.problem_type import ProblemType
from headrace.serve.http.problems import declare

PROBLEMS = declare(
    "events",
    {
        Refusal.POSITION_EXPIRED: ProblemType(
            410,
            "Position expired",
            "A stream's positions can be resumed for 30 days.",
            "Read the events again without a position, and drop those whose `id` you have.",
        ),
    },
)
