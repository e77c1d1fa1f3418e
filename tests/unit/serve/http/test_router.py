import pytest

from headrace.runtime.payments.refusals import Refusal
from headrace.serve.gateway.doors import FAMILIES
from headrace.serve.gateway.reference.pages import pages
from headrace.serve.http.problems import Problem
from headrace.serve.http.router import Router

ROUTES = [route for family in (*FAMILIES, pages(FAMILIES)) for route in family.routes]
ROUTER = Router(ROUTES)


def test_every_route_is_found() -> None:
    for route in ROUTES:
        path = route.path.replace("{", "").replace("}", "")
        found, params = ROUTER.find(route.method, path)
        assert found is route
        assert all(f"{{{name}}}" in route.path and value == name for name, value in params.items())


def test_names_of_operations_are_unique() -> None:
    names = [route.handler.__name__ for route in ROUTES]
    assert len(set(names)) == len(names)


def test_head_is_a_get_without_its_body() -> None:
    assert ROUTER.find("HEAD", "/v1/payments")[0] is ROUTER.find("GET", "/v1/payments")[0]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "OPTIONS", "BREW"])
def test_other_methods_learn_which_are_allowed(method: str) -> None:
    with pytest.raises(Problem) as refused:
        ROUTER.find(method, "/v1/payments")
    assert refused.value.refusal is Refusal.METHOD_NOT_ALLOWED
    assert refused.value.headers == ((b"allow", b"GET, HEAD, POST"),)


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/v1", "/v1/", "/v1/payments/", "/v1/payments//captures", "/v1/payments/x/y/z",
        "//v1/payments",
    ],
)  # fmt: skip
def test_unknown_paths(path: str) -> None:
    with pytest.raises(Problem) as refused:
        ROUTER.find("GET", path)
    assert refused.value.refusal is Refusal.NOT_FOUND


def test_two_routes_cannot_share_a_place() -> None:
    with pytest.raises(ValueError, match="two routes"):
        Router([ROUTES[0], ROUTES[0]])
