"""A parallel map over processes."""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor

ITEMS_PER_TASK = 8


def parallel_map(function: Callable, items: Iterable, workers: int | None = None) -> Iterator:
    """Yield ``function`` of each item, in order, as results arrive.

    ``workers`` processes share the work, one per core by default; with 1 it runs in this process. A calling script
    needs the usual ``if __name__ == "__main__"``.
    """
    workers = workers or os.cpu_count() or 1
    if workers == 1:
        yield from map(function, items)
        return
    # spawn: a fork can hang once the caller has started threads (torch, Ray). A fresh worker imports only the
    # function's module.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(function, items, chunksize=ITEMS_PER_TASK)
