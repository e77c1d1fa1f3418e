import pytest

from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.doors import DOORS
from headrace.serve.http.door import Door, routes
from headrace.serve.http.problems import Problem
from headrace.serve.http.router import Router

ROUTES = routes(DOORS)
ROUTER = Router(DOORS)


def test_every_route_is_found() -> None:
    for route in ROUTES:
        path = route.path.replace("{", "").replace("}", "")
        found, params = ROUTER.find(route.method, path)
        assert found.route is route
        assert route in found.door.routes()
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


def test_two_routes_cannot_share_a_path() -> None:
    twice = Door(prefix="/v1/payments", families=DOORS[0].families[:1], ask=DOORS[0].ask)
    with pytest.raises(ValueError, match="two routes"):
        Router([DOORS[0], twice])


def test_two_doors_cannot_share_a_prefix() -> None:
    with pytest.raises(ValueError, match="two doors"):
        Router([Door(prefix="/", families=()), *DOORS])


@pytest.mark.parametrize(
    ("path", "prefix"), [("/v1/nothing", "/v1/"), ("/v1", "/"), ("/v11/payments", "/"), ("", "/")]
)
def test_what_has_no_route_is_turned_down_by_the_nearest_door(path: str, prefix: str) -> None:
    assert ROUTER.door(path).prefix == prefix
