"""What a report asks for in several places is computed once."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from analysis.comparison.comparison import Comparison

Result = TypeVar("Result")


def once_per_comparison(compute: Callable[[Comparison], Result]) -> Callable[[Comparison], Result]:
    """`compute` with its result kept on the comparison, so that it lives exactly as long."""

    @wraps(compute)
    def kept(comparison: Comparison) -> Result:
        results = comparison.kept
        if compute not in results:
            results[compute] = compute(comparison)
        return results[compute]

    return kept
