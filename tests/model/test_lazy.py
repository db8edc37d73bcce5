"""Our `dataclass` beside the library's: one class body, made by both."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, astuple, field, fields, replace
from inspect import signature
from typing import Any, ClassVar, Generic, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandbwatch.model import lazy

T = TypeVar("T")


@lazy.dataclass(frozen=True)
class Point:
    x: int
    y: int = 0
    name: str = field(default="", compare=False)


@lazy.dataclass
class Box(Generic[T]):
    items: list[T] = field(default_factory=list)
    limit: ClassVar[int] = 3


FIELDS = st.fixed_dictionaries(
    {
        "default": st.sampled_from(["none", "plain", "field", "factory"]),
        "compare": st.booleans(),
        "repr": st.booleans(),
    }
)


def _body(specs: list[dict[str, Any]]) -> dict[str, Any]:
    body: dict[str, Any] = {"__annotations__": {}, "__module__": __name__}
    specs = sorted(specs, key=lambda spec: spec["default"] != "none")
    for number, spec in enumerate(specs):
        name, of = f"f{number}", {k: spec[k] for k in ("compare", "repr")}
        body["__annotations__"][name] = "int"
        match spec["default"]:
            case "none":
                body[name] = field(**of)
            case "plain":
                body[name] = number
            case "field":
                body[name] = field(default=number, **of)
            case _:
                body[name] = field(default_factory=int, **of)
    return body


def _tried(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except (TypeError, AttributeError) as e:
        return type(e), str(e)


@given(
    st.lists(FIELDS, max_size=5),
    st.fixed_dictionaries(dict.fromkeys(("frozen", "eq", "repr"), st.booleans())),
    st.lists(st.integers(0, 2), max_size=6),
    st.lists(st.integers(0, 2), max_size=6),
)
def test_any_class_acts_as_the_librarys(specs, options, one, other):
    def acts(make: Callable[..., Any]) -> list[object]:
        cls: Any = make(**options)(type("Made", (), _body(specs)))
        if isinstance(a := _tried(lambda: cls(*one)), tuple):
            return [a]
        if isinstance(b := _tried(lambda: cls(*other)), tuple):
            return [b]
        same: list[Callable[[], object]] = [
            lambda: a == b,
            lambda: a == cls(*one),
            lambda: hash(a) == hash(b) if options["eq"] else None,
            lambda: repr(a) if options["repr"] else None,
            lambda: (astuple(a), asdict(b), cls.__match_args__),
            lambda: replace(a, f0=7) == a,
            lambda: setattr(a, "f0", 9),
            lambda: delattr(a, "f0"),
            lambda: setattr(a, "other", 9),
            lambda: vars(a),
            lambda: signature(cls) == signature(cls.__init__),
        ]
        return [_tried(work) for work in same]

    assert acts(lazy.dataclass) == acts(dataclasses.dataclass)


def test_nothing_is_made_before_it_is_used():
    @lazy.dataclass(frozen=True)
    class Fresh:
        x: int

    assert Fresh(1).x == 1
    made = {n for n, v in vars(Fresh).items() if type(v).__name__ != "_Late"}
    assert "__init__" in made
    assert not {"__eq__", "__hash__", "__repr__"} & made


def test_what_a_class_has_of_its_own_stays():
    @lazy.dataclass(frozen=True)
    class Own:
        x: int

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 7

        def __repr__(self) -> str:
            return "mine"

    assert Own(1) == Own(2) == "anything"
    assert (hash(Own(1)), repr(Own(1))) == (7, "mine")


def test_subclasses_take_the_fields_of_their_parents():
    @lazy.dataclass(frozen=True)
    class Parent:
        a: int
        b: tuple[int, ...] = ()

        def __post_init__(self) -> None:
            object.__setattr__(self, "seen", True)

    @lazy.dataclass(frozen=True)
    class Child(Parent):
        c: int = 5
        a: int = 4

    class Plain(Child):
        def __init__(self) -> None:
            super().__init__(c=9)
            self.more = 1

    child: Any = Child(c=1)
    assert (child.a, child.b, child.c, child.seen) == (4, (), 1, True)
    assert [one.name for one in fields(Child)] == ["a", "b", "c"]
    assert child != Parent(4)
    assert (Plain().c, Plain().more) == (9, 1)
    with pytest.raises(FrozenInstanceError):
        child.c = 2
    with pytest.raises(FrozenInstanceError):
        Plain().c = 2  # type: ignore[misc]


def test_copies_and_pickles_are_equal():
    point = Point(1, name="a")
    for other in (pickle.loads(pickle.dumps(point)), copy.deepcopy(point)):  # noqa: S301
        assert (other, hash(other), repr(other)) == (point, hash(point), repr(point))
    match point:
        case Point(x, y):
            assert (x, y) == (1, 0)
        case _:
            raise AssertionError
    assert Box[int]().items is not Box().items
    assert repr(Box([1])) == "Box(items=[1])"


PICKLED = """
import pickle, sys
from tests.model.test_lazy import Point
other = pickle.loads(bytes.fromhex(sys.argv[1]))
assert other == Point(1, name="b") and hash(other) == hash(Point(1))
try:
    other.x = 2
except AttributeError:
    print("fine")
"""


def test_a_pickle_is_read_where_no_object_was_made_before():
    words = [sys.executable, "-c", PICKLED, pickle.dumps(Point(1)).hex()]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == "fine\n"
