import shutil

from PIL import Image

from study.dataset import StudyData
from study.results.examples import FRAMES, HEIGHT, write_examples


def test_every_class_has_a_strip_of_four_frames(videos, tmp_path):
    data = StudyData(root=videos)
    write_examples(tmp_path, data, "validation")
    assert {path.stem for path in tmp_path.iterdir()} == {str(number) for number in range(data.num_classes)}
    strip = Image.open(tmp_path / "0.jpg")
    assert strip.size == (FRAMES * HEIGHT, HEIGHT)  # the videos are square


def test_what_is_there_stays_and_what_cannot_be_read_is_passed_over(videos, tmp_path):
    copied = shutil.copytree(videos, tmp_path / "videos")
    data = StudyData(root=copied)
    of_class = [video for video in data.dataset.videos("validation") if video.label == 0]
    of_class[0].path.write_bytes(b"not a video")
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "1.jpg").write_bytes(b"kept")
    write_examples(tmp_path / "examples", data, "validation")
    assert Image.open(tmp_path / "examples" / "0.jpg").height == HEIGHT
    assert (tmp_path / "examples" / "1.jpg").read_bytes() == b"kept"
