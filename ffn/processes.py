"""A parallel map over processes that survives their death."""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from queue import SimpleQueue
from typing import Any

from ffn.cores import available_cores

AHEAD = 4  # items per process that are begun before the first of their results is taken


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
    workers = workers or available_cores()
    idle: SimpleQueue[_Process] = SimpleQueue()
    for _ in range(workers):
        idle.put(_Process(function, died))

    def call(item: Any) -> Any:
        process = idle.get()
        try:
            return process.call(item)
        finally:
            idle.put(process)

    threads = ThreadPoolExecutor(workers)
    try:
        yield from _in_order(threads, call, items, AHEAD * workers)
    finally:
        threads.shutdown(cancel_futures=True)
        for _ in range(workers):
            idle.get().stop()


def _in_order(threads: ThreadPoolExecutor, call: Callable, items: Sequence, ahead: int) -> Iterator:
    running: deque = deque()
    for item in items:
        running.append(threads.submit(call, item))
        if len(running) == ahead:
            yield running.popleft().result()
    while running:
        yield running.popleft().result()


class _Process:
    """Calls ``function`` in a process of its own, which after a death is a new one; it dies of the item it is at.

    One pool of several processes would do, but CPython 3.11 waits for ever if one dies while another is being started.
    """

    def __init__(self, function: Callable, died: Callable[[Any], Any] | None) -> None:
        self.function, self.died = function, died
        self.pool: ProcessPoolExecutor | None = None

    def call(self, item: Any) -> Any:
        self.pool = self.pool or _started(self.function)
        try:
            return self.pool.submit(_call, item).result()
        except BrokenProcessPool:
            self.stop()
            if self.died is None:
                raise
            return self.died(item)

    def stop(self) -> None:
        if self.pool is not None:
            self.pool.shutdown()
        self.pool = None


def _started(function: Callable) -> ProcessPoolExecutor:
    """A process that has ``function`` and has begun. Raises BrokenProcessPool if it cannot begin."""
    # spawn: a fork can hang once the caller has started threads (torch, Ray). A fresh worker imports only the
    # function's module.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(1, mp_context=context, initializer=_begin, initargs=(function,))
    pool.submit(int).result()
    return pool


_function: Callable


def _begin(function: Callable) -> None:
    """Keep the function in the worker, so that it travels once and not with every item."""
    global _function
    _function = function


def _call(item: Any) -> Any:
    return _function(item)
