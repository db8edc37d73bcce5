from __future__ import annotations

import pytest
from wandbwatch.model.run import Run, State
from wandbwatch.sources.local.media import Media, media, on_disk

from tests.sources.local.reading import file_of, source


def test_media_of_a_real_run_are_on_disk(local_runs):
    (path,) = local_runs.glob("wandb/*-finished")
    found = {one.key: one for one in media(source(path).run())}
    assert {key: one.kind for key, one in found.items()} == {
        "image": "image-file",
        "images": "images/separated",
        "table": "table-file",
        "histogram": "histogram",
    }
    assert found["image"].caption == "a caption"
    assert len(found["images"].files) == 2
    assert found["histogram"].files == ()
    for one in found.values():
        for name in one.files:
            file = on_disk(file_of(path), name)
            assert file
            assert file.stat().st_size


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", "a/../../b", ""])
def test_a_path_that_leaves_the_run_is_not_followed(tmp_path, name):
    run = Run("a", "a", State.FINISHED, summary={"x": {"_type": "t", "path": name}})
    assert list(media(run)) == [Media("x", "t", ())]
    assert on_disk(tmp_path / "run-a.wandb", name) is None
