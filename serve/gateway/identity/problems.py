"""What refusals about tenants mean in HTTP."""

from headrace.runtime.refusals import Refusal
from headrace.serve.http.problem_type import ProblemType
from headrace.serve.http.problems import declare

R = Refusal
PROBLEMS = declare(
    "identity",
    {
        R.TENANT_EXISTS: ProblemType(
            409,
            "Tenant exists",
            "There is a tenant of this name already.",
            "Choose another name. The tenant's administrator manages its keys.",
        ),
    },
)
