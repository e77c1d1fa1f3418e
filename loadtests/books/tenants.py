"""Tenants made for a run, each with the keys that its clients use."""

from random import Random
from typing import NamedTuple

import httpx

from headrace.loadtests.books.api import Api
from headrace.loadtests.books.tally import Tally


class Tenant(NamedTuple):
    """Keys by what is done with them."""

    name: str
    submitter: Api
    """An administrator's."""
    reviewer: Api
    """Another administrator's."""
    member: Api


class Tenants:
    """Made by the operator."""

    def __init__(self, http: httpx.AsyncClient, operator_key: str, tally: Tally, seed: int) -> None:
        self._http, self._tally = http, tally
        self._random = Random(f"{seed} pauses")
        self._operator = Api(http, operator_key, tally, "operator", self._random)

    async def make(self, name: str) -> Tenant:
        """A new one; its name must be new as well."""
        told = await self._operator.post("/v1/tenants", {"name": name})
        if told.status != 201:
            raise RuntimeError(f"no tenant {name}: {told.told()}")
        submitter = Api(
            self._http, told.body["api_key"], self._tally, f"tenant {name}", self._random
        )
        reviewer = await self._key(submitter, "administrator")
        member = await self._key(submitter, "member")
        return Tenant(name, submitter, submitter.as_(reviewer), submitter.as_(member))

    @staticmethod
    async def _key(administrator: Api, role: str) -> str:
        told = await administrator.post("/v1/api-keys", {"role": role, "label": "books"})
        return str(told.body["api_key"])
