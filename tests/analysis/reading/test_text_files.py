"""A study's files after an editor or a spreadsheet saved them."""

import pandas as pd
import pytest

from analysis.reading.study_error import StudyError
from analysis.reading.tables import load_study

FILES = ("study.json", "trials.csv", "epochs.csv", "evaluations.csv")


def test_byte_order_marks_and_windows_lines_change_nothing(make_study):
    folder = make_study()
    before = load_study(folder)
    for name in FILES:
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    after = load_study(folder)
    assert after.record == before.record
    for name in ("trials", "epochs", "evaluations"):
        pd.testing.assert_frame_equal(getattr(after, name), getattr(before, name))


@pytest.mark.parametrize(
    "content", ["größe,ä\n".encode("latin-1"), 'a,"b\n1,2\n'.encode("utf-16"), b'a,b\n"1,2\n3,4,5\n']
)
@pytest.mark.parametrize("name", FILES)
def test_what_cannot_be_read_is_named_in_one_line(make_study, name, content):
    folder = make_study()
    (folder / name).write_bytes(content)
    with pytest.raises(StudyError, match=name) as caught:
        load_study(folder)
    assert "\n" not in str(caught.value)
