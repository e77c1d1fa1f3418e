"""From method and path to a route."""

from collections.abc import Iterable

from headrace.runtime.payments.refusals import Refusal
from headrace.serve.http.problems import Problem
from headrace.serve.http.route import Route

Methods = dict[str, Route]


class Router:
    """Paths are exact, or templates whose `{name}` parts stand for one segment each."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._exact: dict[str, Methods] = {}
        self._templates: dict[int, dict[tuple[str, ...], Methods]] = {}
        for route in routes:
            methods = self._methods(route.path)
            if route.method in methods:
                raise ValueError(f"two routes for {route.method} {route.path}")
            methods[route.method] = route

    def _methods(self, path: str) -> Methods:
        if "{" not in path:
            return self._exact.setdefault(path, {})
        parts = tuple(path.split("/"))
        return self._templates.setdefault(len(parts), {}).setdefault(parts, {})

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route and its path parameters; Problem(NOT_FOUND, METHOD_NOT_ALLOWED)."""
        params: dict[str, str] = {}
        methods = self._exact.get(path)
        if methods is None:
            methods, params = self._match(path)
        route = methods.get("GET" if method == "HEAD" else method)
        if route is None:
            raise Problem(
                Refusal.METHOD_NOT_ALLOWED, headers=((b"allow", allowed(methods).encode()),)
            )
        return route, params

    def _match(self, path: str) -> tuple[Methods, dict[str, str]]:
        parts = path.split("/")
        for template, methods in self._templates.get(len(parts), {}).items():
            params = {}
            for expected, part in zip(template, parts, strict=True):
                if expected[:1] == "{" and part:
                    params[expected[1:-1]] = part
                elif expected != part:
                    break
            else:
                return methods, params
        raise Problem(Refusal.NOT_FOUND, "no such path")


def allowed(methods: Methods) -> str:
    """The value of `Allow`."""
    names = set(methods) | ({"HEAD"} if "GET" in methods else set())
    return ", ".join(sorted(names))
