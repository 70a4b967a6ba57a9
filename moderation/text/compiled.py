"""Compiles the loops over characters: once, then read from a cache, also where nothing may be written."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba import types

_PACKAGE = Path(__file__).parent.parent
_LOOPS = (
    "text/letters.py", "text/folding.py", "text/leet.py", "text/disguises.py", "text/normalise.py",
    "classifier/identities.py", "classifier/hashing.py", "classifier/distinct.py", "classifier/kernel.py",
)  # fmt: skip


def compiled(signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function for these types when its module is imported, not when the first text comes."""

    def decorate(function: Callable[..., Any]) -> Any:
        if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]  # plain Python, which a fuzzer can follow, and which minds every index
            return function
        dispatcher = numba.njit(nogil=True)(function)
        try:
            dispatcher.enable_caching()
            # numba looks at the function's own file only, but compiled code holds what it took from the others.
            dispatcher._cache._cache_file._source_stamp = sources()  # type: ignore[attr-defined]  # no public way
        except (RuntimeError, OSError):  # no place for the cache is writable
            dispatcher = numba.njit(nogil=True)(function)
        dispatcher.compile(signature)
        dispatcher.disable_compile()
        return dispatcher

    return decorate


@cache
def sources() -> str:
    """The hash of all files with compiled functions and their constants."""
    content = b"".join((_PACKAGE / name).read_bytes() for name in _LOOPS if (_PACKAGE / name).exists())
    return hashlib.sha256(content).hexdigest()


def readonly(kind: types.Type, ndim: int = 1) -> types.Array:
    """The type of an array that is only read; it may be memory-mapped or writable."""
    return types.Array(kind, ndim, "C", readonly=True)
