"""Layouts that differ in their label files alone: made of empty files, since nothing is decoded here."""

import pytest

from ffn.data.layouts.registry import open_dataset


def make(root, files):
    """Write files: their text by path."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def found(videos, classes):
    """Each video's id, class and place on disk."""
    return [(video.id, classes[video.label], video.path.exists()) for video in videos]


CLASS_FOLDERS = {
    f"{split}/{name}/{number}{end}": ""
    for split, count in (("train", 3), ("VAL", 1))
    for name, end in (("jump high", ".mp4"), ("run [fast]", ".MOV"))
    for number in range(count)
}
UCF101 = {
    "ucfTrainTestlist/classInd.txt": "1 Archery\r\n2 HandstandPushups\r\n",
    "ucfTrainTestlist/trainlist01.txt": "Archery/v_A_g02_c01.avi 1\nHandstandPushups/v_H_g02_c01.avi 2\n",
    "ucfTrainTestlist/testlist01.txt": "Archery/v_A_g01_c01.avi\nHandStandPushups/v_H_g01_c01.avi\n",
    "ucfTrainTestlist/trainlist02.txt": "Archery/v_A_g01_c01.avi 1\nHandstandPushups/v_H_g01_c01.avi 2\n",
    "ucfTrainTestlist/testlist02.txt": "Archery/v_A_g02_c01.avi\n",
    "videos/Archery/v_A_g01_c01.mp4": "",
    "videos/Archery/v_A_g02_c01.mp4": "",
    "videos/HandstandPushups/v_H_g01_c01.mp4": "",
}
HMDB51 = {
    "testTrainMulti_7030_splits/brush_hair_test_split1.txt": "a (1) #b.avi 1 \nc.avi 2 \nd.avi 0 \n",
    "testTrainMulti_7030_splits/wave_test_split1.txt": "c.avi 1 \ne.avi 2 \n",
    "testTrainMulti_7030_splits/brush_hair_test_split2.txt": "a (1) #b.avi 2 \nc.avi 1 \nd.avi 0 \n",
    "testTrainMulti_7030_splits/wave_test_split2.txt": "c.avi 1 \ne.avi 2 \n",
    "hmdb51_org/brush_hair/a (1) #b.avi": "",
    "hmdb51_org/brush_hair/c.avi": "",
    "hmdb51_org/wave/c.avi": "",
    "hmdb51_org/brush_hair/e.avi": "",
}
HEADER = "label,youtube_id,time_start,time_end,split\n"
KINETICS = {
    "annotations/train.csv": f'{HEADER}"testing, apple",---QUuC4vJs,84,94,train\nabseiling,a_b-1,0,10,train\n',
    "annotations/val.csv": f"{HEADER}abseiling,a_b-2,12.0,22.0,validate\nabseiling,gone,1,2,validate\n",
    "annotations/test.csv": "youtube_id,time_start,time_end,split\nx,1,2,test\n",
    "train/testing, apple/---QUuC4vJs_000084_000094.mkv": "",
    "train/abseiling/a_b-1_0_10.mp4": "",
    "val/a_b-2_000012_000022.MP4": "",
}
JESTER = {
    "jester-v1-labels.csv": "Swiping Left\nDoing other things\n",
    "jester-v1-train.csv": "34870;Doing other things\n1;Swiping Left\n",
    "jester-v1-validation.csv": '2;"Swiping Left"\n',
    "20bn-jester-v1/34870/00001.jpg": "",
    "20bn-jester-v1/2/00001.jpg": "",
}
SSV1 = {name.replace("jester", "something-something"): text for name, text in JESTER.items()}
SSV2_FRAMES = {
    "labels/labels.json": '{"Moving something up": "0", "Moving something down": "1"}',
    "labels/train.json": '[{"id": "34870", "template": "Moving something down"},'
    '{"id": 1, "template": "Moving something up"}]',
    "labels/validation.json": '[{"id": "2", "template": "Moving [something] up"}]',
    "20bn-something-something-v2-frames/34870/000001.jpg": "",
    "20bn-something-something-v2-frames/2/000001.jpg": "",
}


@pytest.mark.parametrize(
    ("files", "train", "validation"),
    [
        (
            CLASS_FOLDERS,
            [(f"train/jump high/{number}.mp4", "jump high", True) for number in range(3)]
            + [(f"train/run [fast]/{number}.MOV", "run [fast]", True) for number in range(3)],
            [("VAL/jump high/0.mp4", "jump high", True), ("VAL/run [fast]/0.MOV", "run [fast]", True)],
        ),
        (
            KINETICS,
            [("---QUuC4vJs_000084_000094", "testing, apple", True), ("a_b-1_000000_000010", "abseiling", True)],
            [("a_b-2_000012_000022", "abseiling", True), ("gone_000001_000002", "abseiling", False)],
        ),
        *(
            (files, [("34870", last, True), ("1", first, False)], [("2", first, True)])
            for files, first, last in (
                (JESTER, "Swiping Left", "Doing other things"),
                (SSV1, "Swiping Left", "Doing other things"),
                (SSV2_FRAMES, "Moving something up", "Moving something down"),
            )
        ),
    ],
    ids=["class folders", "kinetics", "jester", "ssv1", "ssv2 frames"],
)
def test_the_splits_are_those_of_the_files_and_nothing_is_mirrored(tmp_path, files, train, validation):
    make(tmp_path, files)
    dataset = open_dataset(tmp_path)
    dataset.check()
    assert (dataset.splits, dataset.num_folds, dataset.flip) == (("train", "validation"), 0, False)
    assert found(dataset.labelled("train"), dataset.classes) == train
    assert found(dataset.labelled("validation"), dataset.classes) == validation
    assert found(dataset.all_videos(), dataset.classes) == train + validation
    with pytest.raises((ValueError, FileNotFoundError), match="test"):
        dataset.labelled("test")


@pytest.mark.parametrize(
    ("files", "train", "validation"),
    [
        (
            UCF101,
            [
                ["Archery/v_A_g02_c01.avi", "HandstandPushups/v_H_g02_c01.avi"],
                ["Archery/v_A_g01_c01.avi", "HandstandPushups/v_H_g01_c01.avi"],
            ],
            [["Archery/v_A_g01_c01.avi", "HandStandPushups/v_H_g01_c01.avi"], ["Archery/v_A_g02_c01.avi"]],
        ),
        (
            HMDB51,
            [["brush_hair/a (1) #b.avi", "wave/c.avi"], ["brush_hair/c.avi", "wave/c.avi"]],
            [["brush_hair/c.avi", "wave/e.avi"], ["brush_hair/a (1) #b.avi", "wave/e.avi"]],
        ),
    ],
    ids=["ucf101", "hmdb51"],
)
def test_numbered_splits_are_folds(tmp_path, files, train, validation):
    make(tmp_path, files)
    dataset = open_dataset(tmp_path)
    dataset.check()
    assert (dataset.splits, dataset.num_folds, dataset.flip) == ((), 2, False)
    with pytest.raises(ValueError, match="2 folds instead of splits"):
        dataset.labelled("train")
    for number in range(2):
        fold = dataset.fold(number)
        assert [video.id for video in fold.labelled("train")] == train[number]
        assert [video.id for video in fold.labelled("validation")] == validation[number]
        for video in fold.labelled("train") + fold.labelled("validation"):
            assert dataset.classes[video.label].lower() == video.id.split("/")[0].lower()
            assert video.path.exists() == (video.id.split("/")[1] not in ("v_H_g02_c01.avi", "e.avi"))
            assert not video.path.exists() or video.path.parent.name.lower() == video.id.split("/")[0].lower()


@pytest.mark.parametrize(
    ("files", "changes", "named"),
    [
        (CLASS_FOLDERS, {"VAL/jumping/1.mp4": ""}, "'jumping' of the split validation is not in the split train"),
        (CLASS_FOLDERS, {"valid/run/1.mp4": ""}, "VAL and .*valid could both be meant"),
        (UCF101, {"ucfTrainTestlist/classInd.txt": "0 Archery\n"}, "classInd.txt: line 1 must be `1 class`"),
        (UCF101, {"ucfTrainTestlist/trainlist01.txt": "Bow/v.avi 1\n"}, "trainlist01.txt: line 1: the class 'Bow'"),
        (UCF101, {"ucfTrainTestlist/trainlist02.txt": ""}, "trainlist02.txt lists no video"),
        (UCF101, {"ucfTrainTestlist/testlist02.txt": "Archery/v_A_g01_c01.avi\n"}, "in the split validation and in"),
        (UCF101, {"copy/Archery/v_A_g01_c01.mkv": ""}, "v_A_g01_c01.avi could be .* or "),
        (HMDB51, {"testTrainMulti_7030_splits/wave_test_split2.txt": "c.avi 3\n"}, "wave_test_split2.txt: line 1"),
        (HMDB51, {"testTrainMulti_7030_splits/wave_test_split1.txt": "c.avi 1\nc.avi 1\n"}, "split1.txt, line 2"),
        (KINETICS, {"annotations/val.csv": f"{HEADER}run,x,1,2,val\n"}, "'run' of the split validation"),
        (KINETICS, {"annotations/val.csv": f"{HEADER}run,x,a,2,val\n"}, "val.csv: line 2: time_start"),
        (KINETICS, {"annotations/val.csv": f"{HEADER}run,x,1,2,other\n"}, "val.csv: line 2: split"),
        (KINETICS, {"annotations/val.csv": f"{HEADER},x,1,2,val\n"}, "val.csv: line 2 has no label"),
        (JESTER, {"jester-v1-train.csv": "34870\n"}, "jester-v1-train.csv: line 1 must be `id;class`"),
        (JESTER, {"jester-v1-train.csv": "id;label\n1;Swiping Left\n"}, "train.csv: line 1: the class 'label'"),
        (JESTER, {"jester-v1-validation.csv": "\n"}, "jester-v1-validation.csv lists no video"),
    ],
)  # fmt: skip
def test_what_is_unusable_is_named_with_its_file_and_line(tmp_path, files, changes, named):
    make(tmp_path, files | changes)
    with pytest.raises(ValueError, match=named):
        open_dataset(tmp_path).check()


@pytest.mark.parametrize(
    "missing",
    ["ucfTrainTestlist/classInd.txt", "ucfTrainTestlist/testlist02.txt", "jester-v1-validation.csv",
     "testTrainMulti_7030_splits/wave_test_split2.txt"],
)  # fmt: skip
def test_a_missing_list_is_named(tmp_path, missing):
    files = next(files for files in (UCF101, HMDB51, JESTER) if missing in files)
    make(tmp_path, files)
    (tmp_path / missing).unlink()
    with pytest.raises(FileNotFoundError, match=missing):
        open_dataset(tmp_path).check()


def test_videos_that_are_all_missing_are_an_error_of_the_dataset(tmp_path):
    make(tmp_path, {name: text for name, text in UCF101.items() if text})
    with pytest.raises(ValueError, match="none of its 4 videos can be read, the first is .*Archery"):
        open_dataset(tmp_path).check()


def test_the_fingerprint_of_class_folders_is_that_of_their_files(tmp_path):
    make(tmp_path, CLASS_FOLDERS)
    before = open_dataset(tmp_path).fingerprint()
    assert before == open_dataset(tmp_path).fingerprint()
    make(tmp_path, {"train/jump high/9.mp4": ""})
    assert before != open_dataset(tmp_path).fingerprint()


def test_class_folders_without_splits_are_to_be_indexed(tmp_path):
    make(tmp_path, {"jump/1.mp4": "", "run/1.mp4": ""})
    with pytest.raises(FileNotFoundError, match="`python -m study data index` writes videos.csv"):
        open_dataset(tmp_path)
