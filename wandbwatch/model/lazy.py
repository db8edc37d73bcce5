"""A dataclass, as the standard library's, whose methods are made when one is used.

The library's own compiles up to six functions for a class, in up to a millisecond. A
command imports some fifty classes, and makes objects of a dozen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, fields
from dataclasses import dataclass as _dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, eq=True, repr=True):  # noqa: A002
        """Make *cls* a dataclass, without slots; each field is a parameter.

        A default that is given by `field` is no attribute of the class itself.
        """

        def made(cls: type) -> type:
            makers = {"__init__": partial(_init, cls, frozen=frozen)}
            if eq:
                makers |= {"__eq__": partial(_eq, cls), "__hash__": partial(_hash, cls)}
            for name in _BY_LIBRARY if repr else _BY_LIBRARY[1:]:
                makers[name] = partial(_by_library, cls, name)
            for name, make in makers.items():
                if vars(cls).get(name) is None:  # beside an __eq__, __hash__ is None
                    setattr(cls, name, _Late(cls, name, make))
            if frozen:
                cls.__setattr__ = cls.__delattr__ = _refusal(cls)
            elif eq:
                cls.__hash__ = None
            return cls

        return made if cls is None else made(cls)


_REPR = "__repr__"
_BY_LIBRARY = (
    *(_REPR, "__match_args__", "__dataclass_fields__", "__dataclass_params__"),
)


class _Late:
    """Stands for an attribute of *cls* until it is used.

    Two threads may make it at the same time; both are the same then.
    """

    def __init__(self, cls: type, name: str, make: Callable[[], Any]) -> None:
        self._cls, self._name, self._make = cls, name, make

    def __get__(self, instance: object, owner: type) -> Any:
        made = self._make()
        setattr(self._cls, self._name, made)
        return made.__get__(instance, owner) if callable(made) else made


def _by_library(cls: type, name: str) -> Any:
    """Let the library make the attribute *name* for a copy of *cls*."""
    own = {
        key: value
        for key, value in vars(cls).items()
        if not isinstance(value, _Late) and key not in {"__dict__", "__weakref__"}
    }
    own["__doc__"] = "-"  # without one, the library makes it of the signature
    copy = type(cls)(cls.__name__, cls.__bases__, own)
    make = _dataclass(init=False, eq=False, repr=name == _REPR)
    return vars(make(copy))[name]


def _eq(cls: type) -> Callable[..., Any]:
    values = _compared(cls)

    def equal(self: object, other: object) -> Any:
        if other.__class__ is self.__class__:
            return values(self) == values(other)
        return NotImplemented

    return equal


def _hash(cls: type) -> Callable[..., int]:
    values = _compared(cls)
    return lambda self: hash(values(self))


def _compared(cls: type) -> Callable[[object], object]:
    names = [one.name for one in fields(cls) if one.compare]
    return attrgetter("__class__", *names)  # a tuple, if it has a field at all


def _init(cls: type, *, frozen: bool) -> Callable[..., None]:
    """Compile an `__init__`; the library compiles three methods for a frozen class."""
    assign = "set__(self, {0!r}, {1})" if frozen else "self.{0} = {1}"
    given, body = ["self"], ["pass"]
    known: dict[str, Any] = {"set__": object.__setattr__, "absent__": MISSING}
    for one in fields(cls):
        name, default = one.name, f"{one.name}__"
        if one.default_factory is not MISSING:
            known[default] = one.default_factory
            given.append(f"{name}=absent__")
            body.append(f"if {name} is absent__: {name} = {default}()")
        elif one.default is not MISSING:
            known[default] = one.default
            given.append(f"{name}={default}")
        else:
            given.append(name)
        body.append(assign.format(name, name))
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    return _compiled(cls, given, body, known)


def _compiled(
    cls: type, given: list[str], body: list[str], known: dict[str, Any]
) -> Callable[..., None]:
    lines = "\n  ".join([f"def __init__({', '.join(given)}):", *body])
    code = f"def make({', '.join(known)}):\n {lines}\n return __init__"
    scope: dict[str, Any] = {}
    exec(code, vars(sys.modules[cls.__module__]), scope)  # noqa: S102 -- fields' names
    made: Callable[..., None] = scope["make"](**known)
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    made.__annotations__ = {one.name: one.type for one in fields(cls)}
    made.__annotations__["return"] = None
    return made


def _refusal(cls: Any) -> Callable[..., None]:
    def refuse(self: object, name: str, *value: object) -> None:
        if type(self) is cls or name in {one.name for one in fields(cls)}:
            what = "assign to" if value else "delete"
            raise FrozenInstanceError(f"cannot {what} field {name!r}")
        change = super(cls, self).__setattr__ if value else super(cls, self).__delattr__
        change(name, *value)

    return refuse
