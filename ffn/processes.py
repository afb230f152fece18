"""A parallel map over processes that survives their death."""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from ffn.cores import available_cores

IN_FLIGHT = 4  # items per process that are handed out at once


def parallel_map(
    function: Callable, items: Sequence, workers: int | None = None, died: Callable[[Any], Any] | None = None
) -> Iterator:
    """Yield ``function`` of each item, in order, as results arrive.

    ``workers`` processes share the work, by default one per available core; with 0 it runs in this process. A calling
    script needs the usual ``if __name__ == "__main__"``. If a process dies, as of a crash in native code or for lack of
    memory, ``died`` gives the result of the item that it was at, and the others go on. Raises BrokenProcessPool if a
    process dies without ``died``, or before it has begun with an item.
    """
    if workers == 0:
        yield from map(function, items)
        return
    workers, rest = workers or available_cores(), deque(items)
    while rest:
        for result in _until_a_death(function, rest, workers):
            rest.popleft()
            yield result
        if not rest:
            return
        if died is None:
            raise BrokenProcessPool("a process died")
        suspects = [rest.popleft() for _ in range(min(len(rest), IN_FLIGHT * workers))]
        yield from _one_by_one(function, suspects, died)


def _until_a_death(function: Callable, items: Sequence, workers: int) -> Iterator:
    """The results of the first items: of all, unless a process dies."""
    with _pool(function, workers) as pool:
        running: deque = deque()
        try:
            for item in tuple(items):
                running.append(pool.submit(_call, item))
                if len(running) == IN_FLIGHT * workers:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        except BrokenProcessPool:
            return


def _one_by_one(function: Callable, items: Sequence, died: Callable[[Any], Any]) -> Iterator:
    """The results of ``items``, no two of which are at work together, so that a process dies of its own item alone."""
    rest = deque(items)
    while rest:
        with _pool(function, 1) as pool:
            try:
                while rest:
                    result = pool.submit(_call, rest[0]).result()
                    rest.popleft()
                    yield result
            except BrokenProcessPool:
                yield died(rest.popleft())


@contextmanager
def _pool(function: Callable, workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that have ``function``; one of them has begun. Raises BrokenProcessPool if none can begin."""
    # spawn: a fork can hang once the caller has started threads (torch, Ray). A fresh worker imports only the
    # function's module.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(function,)) as pool:
        pool.submit(int).result()
        yield pool


_function: Callable


def _begin(function: Callable) -> None:
    """Keep the function in the worker, so that it travels once and not with every item."""
    global _function
    _function = function


def _call(item: Any) -> Any:
    return _function(item)
