"""Run blocking work with a time limit."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Never, TypeVar

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T], give_up: Callable[[], object]) -> T:
    """Return what *work* returns; raise TimeoutError when it takes too long.

    It runs in its own thread, which is not joined at exit. *give_up* is called when
    the caller stops waiting, also after Ctrl-C.
    """
    done: queue.SimpleQueue[Callable[[], T]] = queue.SimpleQueue()

    def run() -> None:
        try:
            result = work()
        except BaseException as e:  # noqa: BLE001 (it is raised again, in the waiting thread)
            error = e
            done.put(lambda: _raise(error))
        else:
            done.put(lambda: result)

    threading.Thread(target=run, daemon=True, name="wandbwatch-cloud").start()
    try:
        outcome = done.get(timeout=seconds)
    except queue.Empty:
        give_up()
        raise TimeoutError from None
    except BaseException:
        give_up()
        raise
    return outcome()


def _raise(error: BaseException) -> Never:
    raise error
