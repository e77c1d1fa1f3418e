"""Which of all mutants a run tries: the seed's choice, nobody's."""

from collections.abc import Sequence
from random import Random

from headrace.loadtests.mutants.mutant import Mutant


def draw(mutants: Sequence[Mutant], seed: int, count: int) -> list[Mutant]:
    """Without putting back, in the order of their text; all of them when there are no more."""
    chosen = Random(seed).sample(range(len(mutants)), min(count, len(mutants)))
    return [mutants[place] for place in sorted(chosen)]
