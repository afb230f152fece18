"""A list of videos with their labels and folds or splits."""

import pytest

from ffn.data.layouts.registry import open_dataset
from ffn.data.verification import verify
from tests.damaged_videos import small_dataset

FOLDS = "path,label,fold\na 1.mp4,up,1\nb/../b/2.MOV,down,0\n./c.mp4,up,0\nd.mp4,down,2\ne.mp4,up,1\n"


def listed(root, text):
    (root / "videos.csv").write_text(text)
    return open_dataset(root)


def ids(videos):
    return [video.id for video in videos]


def test_splits_are_those_of_the_file_in_its_order(tmp_path):
    dataset = listed(tmp_path, "split,label,path\ntest,10,a\ntrain,2,b\ntest,2,/c/d\ntrain,9,e\ntrain,10,f\n")
    assert (dataset.splits, dataset.num_folds, dataset.flip) == (("train", "test"), 0, False)
    assert dataset.classes == ("2", "9", "10")
    assert ids(dataset.labelled("test")) == ["a", "/c/d"]
    assert [video.label for video in dataset.labelled("test")] == [2, 0]
    assert [video.path for video in dataset.labelled("train")] == [tmp_path / "b", tmp_path / "e", tmp_path / "f"]
    with pytest.raises(ValueError, match="no split 'validation' with labels, only train, test"):
        dataset.labelled("validation")
    with pytest.raises(ValueError, match="no folds"):
        dataset.fold(0)


def test_every_video_is_validated_in_its_fold_alone(tmp_path):
    dataset = listed(tmp_path, FOLDS)
    everything = ids(dataset.all_videos())
    assert everything == ["a 1.mp4", "b/2.MOV", "c.mp4", "d.mp4", "e.mp4"]
    validated = [ids(dataset.fold(number).labelled("validation")) for number in range(3)]
    assert validated == [["b/2.MOV", "c.mp4"], ["a 1.mp4", "e.mp4"], ["d.mp4"]]
    for number, found in enumerate(validated):
        fold = dataset.fold(number)
        assert ids(fold.labelled("train")) == [id for id in everything if id not in found]
        assert fold.splits == ("train", "validation")
        assert ids(fold.all_videos()) == everything
        assert fold.fingerprint() == dataset.fingerprint()


def test_folds_are_no_splits_until_one_is_chosen(tmp_path):
    dataset = listed(tmp_path, FOLDS)
    assert (dataset.splits, dataset.num_folds, dataset.fold(2).num_folds) == ((), 3, 3)
    with pytest.raises(ValueError, match="3 folds instead of splits"):
        dataset.labelled("train")
    with pytest.raises(ValueError, match="no split 'test'"):
        dataset.fold(0).labelled("test")
    for number in (-1, 3):
        with pytest.raises(ValueError, match="fold must be 0 to 2"):
            dataset.fold(number)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("path,label,split,fold\na,up,train,0\n", "either a column split or a column fold"),
        ("path,label\na,up\n", "either a column split or a column fold"),
        ("path,label,split\n", "must list videos"),
        ("path,label,split\na,up,train\nb,up,val\n", "line 3: split must be one of train.*'val'"),
        ("path,label,fold\na,up,0\nb,up,1.5\n", "line 3: fold must be a whole number.*'1.5'"),
        ("path,label,fold\na,up,0\nb,,1\n", "line 3 has no label"),
        ("path,label,fold\na,up,0\n,up,1\n", "line 3 has no path"),
        ("path,label,fold\na,up,0\nb,up,2\n", "without a gap"),
        ("path,label,fold\na,up,0\n", "at least two"),
        ("path,label,fold\na,up,0\nb,up,1\n./a,down,1\n", "line 4 has the same id 'a' as line 2"),
        ("path,label,split\na,up,train\nb,Up,test\n", "class 'Up' of the split test is not in the split train"),
        ("path,label,fold\na,up,0\nb,up,1\nc,Up,1\n", "class 'Up' is in fold 1 alone"),
        ("path,label,fold,group\na,up,0,x\nb,up,1,\nc,up,1,x\n", "lines 2 and 4 are of group 'x'"),
    ],
)
def test_an_unusable_file_is_named_with_its_line(tmp_path, text, named):
    with pytest.raises(ValueError, match=f"videos.csv.*{named}"):
        listed(tmp_path, text)


def test_verification_reads_the_videos_of_all_folds(videos, tmp_path):
    small_dataset(videos, tmp_path / "elsewhere", train=3)
    files = sorted((tmp_path / "elsewhere/20bn-something-something-v2").iterdir())
    (tmp_path / "data").mkdir()
    rows = "".join(f"{file},up,{fold}\n" for fold, file in enumerate(files))
    dataset = listed(tmp_path / "data", f"path,label,fold\n{rows}")
    assert [row.id for row in verify(dataset, workers=0)] == [str(file) for file in files]
    assert [video.frames for video in dataset.fold(0).videos("train")] == [24, 24]
