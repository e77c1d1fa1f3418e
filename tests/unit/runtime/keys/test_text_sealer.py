"""The writer's memory of subjects' keys: when one is made, looked up again, taken back, dropped."""

from itertools import count

import pytest

from headrace.runtime.keys.cipher import Cipher, NotAuthentic
from headrace.runtime.keys.master_key import MasterKey
from headrace.runtime.keys.sealed_text import KeyName, Where, key_of, unseal
from headrace.runtime.keys.text_sealer import GENERATION_MAX, Newest, NewKey, TextSealer

MASTER = MasterKey(b"m" * 32)
WHERE = Where(1, 2, bytes(16))
NOW = 1_790_000_000_000_000
ANNA, BEN = 4096, 4097


class Scene:
    def __init__(self, kept_max: int = 100) -> None:
        self.now = 0.0
        self.numbers = count(1)
        self.sealer = TextSealer(
            MASTER, kept_max, 5.0, monotonic=lambda: self.now, random=self._random
        )
        self.ledger: dict[int, Newest] = {}
        self.made: list[NewKey] = []

    def _random(self, size: int) -> bytes:
        return next(self.numbers).to_bytes(size, "big")

    def look_up(self, *subjects: int) -> list[int]:
        lacking = self.sealer.lacking(subjects)
        self.sealer.learn(lacking, {s: self.ledger[s] for s in lacking if s in self.ledger})
        return lacking

    def seal(self, subject: int, text: bytes = b"text", *, new: bool = False) -> bytes:
        return self.sealer.seal(subject, WHERE, text, NOW, self.made, new=new)

    def commit(self) -> None:
        for key in self.made:
            self.ledger[key.name.subject] = Newest(key.name.generation, key.wrapped)
        self.sealer.committed([key.name for key in self.made])
        self.made = []

    def undo(self) -> None:
        self.sealer.undo([key.name for key in self.made])
        self.made = []

    def opened(self, sealed: bytes) -> bytes:
        """By way of the ledger."""
        name = key_of(sealed)
        assert name is not None
        kept = self.ledger[name.subject]
        assert kept.wrapped is not None
        return unseal(Cipher(MASTER.unwrap(*name, kept.wrapped)), WHERE, sealed)


def test_a_subjects_first_text_makes_its_key_and_the_next_ones_use_it():
    scene = Scene()
    assert scene.look_up(ANNA, BEN) == [ANNA, BEN]
    first, second, other = scene.seal(ANNA), scene.seal(ANNA), scene.seal(BEN)
    assert [key.name for key in scene.made] == [KeyName(ANNA, 0), KeyName(BEN, 0)]
    assert {key.at for key in scene.made} == {NOW}
    assert first != second != other
    scene.commit()
    assert [scene.opened(s) for s in (first, second, other)] == [b"text"] * 3
    assert scene.look_up(ANNA, BEN) == []


def test_a_key_that_the_ledger_has_is_used():
    scene = Scene()
    scene.ledger[ANNA] = Newest(3, MASTER.wrap(ANNA, 3, b"k" * 32))
    scene.look_up(ANNA)
    sealed = scene.seal(ANNA)
    assert scene.made == []
    assert key_of(sealed) == KeyName(ANNA, 3)
    assert scene.opened(sealed) == b"text"


def test_after_a_destroyed_key_comes_the_next_generation():
    scene = Scene()
    scene.ledger[ANNA] = Newest(3, None)
    scene.look_up(ANNA)
    assert key_of(scene.seal(ANNA)) == KeyName(ANNA, 4)
    assert [key.name for key in scene.made] == [KeyName(ANNA, 4)]


def test_a_key_destroyed_meanwhile_is_used_no_longer_than_it_is_trusted():
    scene = Scene()
    scene.look_up(ANNA)
    scene.seal(ANNA)
    scene.commit()
    scene.ledger[ANNA] = Newest(0, None)
    scene.now = 4.9
    assert scene.look_up(ANNA) == []
    scene.now = 5.0
    assert scene.look_up(ANNA) == [ANNA]
    assert key_of(scene.seal(ANNA)) == KeyName(ANNA, 1)


def test_a_batch_rolled_back_leaves_its_keys_to_be_made_anew():
    """Not looked up again: the batch is decided at once, on what was brought in for it."""
    scene = Scene()
    scene.look_up(ANNA)
    scene.seal(ANNA)
    (lost,) = scene.made
    scene.undo()
    sealed = scene.seal(ANNA)
    (made,) = scene.made
    assert made.name == lost.name
    assert made.wrapped != lost.wrapped
    scene.commit()
    assert scene.opened(sealed) == b"text"


def test_a_key_that_is_not_committed_yet_stays_however_long_that_takes():
    scene = Scene(kept_max=1)
    scene.look_up(ANNA)
    scene.seal(ANNA)
    scene.now = 60.0
    assert scene.look_up(ANNA) == []
    assert scene.look_up(BEN) == [BEN]
    scene.seal(ANNA)
    assert [key.name.subject for key in scene.made] == [ANNA]


def test_it_keeps_no_more_than_its_bound_and_those_used_last():
    scene = Scene(kept_max=2)
    scene.look_up(1, 2)
    scene.look_up(1)
    scene.look_up(3)
    assert len(scene.sealer) == 2
    assert scene.sealer.lacking([1, 2, 3]) == [2]


def test_a_subject_that_was_not_looked_up_gets_no_second_key():
    scene = Scene()
    with pytest.raises(LookupError, match="4096 was not looked up"):
        scene.seal(ANNA)
    assert scene.made == []
    scene.seal(ANNA, new=True)
    assert [key.name for key in scene.made] == [KeyName(ANNA, 0)]


def test_on_doubt_all_is_looked_up_again():
    scene = Scene()
    scene.look_up(ANNA)
    scene.seal(ANNA)
    scene.sealer.forget_all()
    assert len(scene.sealer) == 0
    assert scene.sealer.lacking([ANNA]) == [ANNA]


def test_a_key_under_another_master_key_is_no_key():
    scene = Scene()
    scene.ledger[ANNA] = Newest(0, MasterKey(b"x" * 32).wrap(ANNA, 0, b"k" * 32))
    with pytest.raises(NotAuthentic):
        scene.look_up(ANNA)


def test_generations_end():
    scene = Scene()
    scene.ledger[ANNA] = Newest(GENERATION_MAX, None)
    scene.look_up(ANNA)
    with pytest.raises(LookupError, match="forgotten"):
        scene.seal(ANNA)
