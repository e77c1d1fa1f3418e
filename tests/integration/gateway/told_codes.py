"""What schemathesis checks beside its own: a problem's code is one that the answer is told to have.

The document names them as examples; a schema that held each answer to them would be a class of its
own in every generated client.
"""

import schemathesis

PROBLEM = "application/problem+json"


@schemathesis.check
def told_code(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    if response.headers.get("content-type") != [PROBLEM]:
        return
    answer = case.operation.definition.raw["responses"].get(str(response.status_code), {})
    told = answer.get("content", {}).get(PROBLEM, {}).get("examples", {})
    code = response.json()["code"]
    assert not told or code in told, f"{code} is none of {', '.join(told)}"
