"""Videos as folders of pictures with TSM's list files, made from small real videos."""

import json
import shutil

import pytest
from PIL import Image

from ffn.data.layouts.something_something import SomethingSomething
from tests.damaged_videos import FRAMES, decoded

TEMPLATE = "img_{:05d}.jpg"


def describe(root, **changes):
    """Write frames.json."""
    layout = {
        "train": "lists/train.txt", "validation": "lists/val.txt", "classes": "category.txt",
        "folder": "pictures", "template": TEMPLATE, "flip": True,
    }  # fmt: skip
    (root / "frames.json").write_text(json.dumps(layout | changes))


@pytest.fixture(scope="module")
def made(videos, tmp_path_factory):
    """Twelve training and four validation videos as pictures, below folders whose names have a space."""
    root = tmp_path_factory.mktemp("frames")
    (root / "lists").mkdir()
    (root / "category.txt").write_text("".join(f"class {label}\n" for label in range(12)))
    for split, name, size in (("train", "train.txt", 12), ("validation", "val.txt", 4)):
        lines = []
        for video in SomethingSomething(videos).labelled(split)[:size]:
            path = f"{split} videos/clip {video.id}"
            folder = root / "pictures" / path
            folder.mkdir(parents=True)
            for number, frame in enumerate(decoded(video.path), start=1):
                Image.fromarray(frame).save(folder / TEMPLATE.format(number), quality=95)
            lines.append(f"{path} {FRAMES} {video.label}\n")
        (root / "lists" / name).write_text("".join(lines))
    describe(root)
    return root


@pytest.fixture
def root(made, tmp_path):
    """A copy to be changed."""
    shutil.copytree(made, tmp_path / "frames")
    return tmp_path / "frames"
