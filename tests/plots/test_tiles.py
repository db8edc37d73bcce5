"""Pictures beside each other, and the first frame of what moves."""

from __future__ import annotations

import io

import PIL.Image
import pytest
from wandbwatch import plots


def picture(colour: str, size: tuple[int, int] = (40, 30), kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    PIL.Image.new("RGB", size, colour).save(file, format=kind)
    return file.getvalue()


def moving(*colours: str) -> bytes:
    file = io.BytesIO()
    first, *rest = (PIL.Image.new("RGB", (40, 30), colour) for colour in colours)
    first.save(file, format="GIF", save_all=True, append_images=rest)
    return file.getvalue()


def opened(png: bytes) -> PIL.Image.Image:
    return PIL.Image.open(io.BytesIO(png)).convert("RGB")


def colours(image: PIL.Image.Image) -> set[tuple[int, ...]]:
    found = image.getcolors(1 << 24) or []
    return {colour for _, colour in found if isinstance(colour, tuple)}


def test_each_picture_is_in_it_once_large_ones_smaller_small_ones_larger():
    tiny, large = picture("red", (2, 2)), picture("blue", (3000, 1000))
    drawn = opened(plots.gallery([(tiny, "tiny"), (large, "large $x$ 名前")]))
    assert drawn.width == 800
    counted = {c: n for n, c in drawn.getcolors(1 << 24) or []}
    assert counted[255, 0, 0] == 16 * 16
    assert counted[0, 0, 255] == 382 * 127


def test_at_most_sixteen_are_shown():
    one = picture("red")
    many = plots.gallery([(one, "")] * 90)
    assert opened(many).size == opened(plots.gallery([(one, "")] * 16)).size


def test_what_can_not_be_read_has_its_place_and_the_others_are_shown():
    drawn = opened(plots.gallery([(b"no picture", "x"), (picture("red"), "")]))
    assert (255, 0, 0) in colours(drawn)


def test_the_first_frame():
    assert colours(opened(plots.still(moving("red", "blue")))) == {(255, 0, 0)}


def test_a_tiny_picture_is_enlarged_what_moves_or_is_broken_is_not():
    assert opened(plots.seen(picture("red", (16, 8)))).size == (128, 64)
    for same in (picture("red", (200, 9)), moving("red", "blue"), b"broken"):
        assert plots.seen(same) is same


def test_a_bomb_is_not_decoded():
    bomb = io.BytesIO()
    PIL.Image.new("1", (20_000, 20_000)).save(bomb, format="PNG")
    with pytest.raises(ValueError, match="pixels"):
        plots.still(bomb.getvalue())


@pytest.mark.parametrize("content", [b"", b"GIF89a", picture("red")[:60]])
def test_a_broken_picture_is_no_bug_of_ours(content):
    with pytest.raises(ValueError, match=r"."):
        plots.still(content)
