"""From method and path to a route and its door."""

from collections.abc import Sequence
from typing import NamedTuple

from headrace.runtime.refusals import Refusal
from headrace.serve.http.door import Door
from headrace.serve.http.problems import Problem
from headrace.serve.http.route import Route


class Served(NamedTuple):
    """A route, and the door that it is behind."""

    route: Route
    door: Door


Methods = dict[str, Served]


class Router:
    """Paths are exact, or templates whose `{name}` parts stand for one segment each."""

    def __init__(self, doors: Sequence[Door]) -> None:
        self._exact: dict[str, Methods] = {}
        self._templates: dict[int, dict[tuple[str, ...], Methods]] = {}
        self._doors = sorted(doors, key=lambda door: len(door.prefix), reverse=True)
        if not doors:
            raise ValueError("there is no door")
        if len({door.prefix for door in doors}) < len(doors):
            raise ValueError("two doors at one prefix")
        for door in doors:
            for route in door.routes():
                self._add(route, door)

    def _add(self, route: Route, door: Door) -> None:
        methods = self._methods(route.path)
        if route.method in methods:
            raise ValueError(f"two routes for {route.method} {route.path}")
        methods[route.method] = Served(route, door)

    def _methods(self, path: str) -> Methods:
        if "{" not in path:
            return self._exact.setdefault(path, {})
        parts = tuple(path.split("/"))
        return self._templates.setdefault(len(parts), {}).setdefault(parts, {})

    def find(self, method: str, path: str) -> tuple[Served, dict[str, str]]:
        """The route and its path parameters; Problem(NOT_FOUND, METHOD_NOT_ALLOWED)."""
        params: dict[str, str] = {}
        methods = self._exact.get(path)
        if methods is None:
            methods, params = self._match(path)
        served = methods.get("GET" if method == "HEAD" else method)
        if served is None:
            raise Problem(
                Refusal.METHOD_NOT_ALLOWED, headers=((b"allow", allowed(methods).encode()),)
            )
        return served, params

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

    def door(self, path: str) -> Door:
        """The one that turns a path without a route down: the longest prefix that fits, or the
        shortest there is."""
        for door in self._doors:
            if path.startswith(door.prefix):
                return door
        return self._doors[-1]


def allowed(methods: Methods) -> str:
    """The value of `Allow`."""
    names = set(methods) | ({"HEAD"} if "GET" in methods else set())
    return ", ".join(sorted(names))
