"""Text, JSON and CSV files as editors and spreadsheets write them."""

import pytest

from ffn.data.text_files import read_csv, read_json, read_lines, read_text

TEXT = "path,label\na b.mp4,größer\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_every_reader_takes_marks_and_line_ends(tmp_path, encoding, end):
    path = tmp_path / "file"
    path.write_bytes(TEXT.replace("\n", end).encode(encoding))
    assert read_text(path) == TEXT
    assert read_lines(path) == {1: "path,label", 2: "a b.mp4,größer"}
    assert read_csv(path, ["label", "path"]) == {2: {"label": "größer", "path": "a b.mp4"}}
    path.write_bytes(f'{{"a":{end}1}}'.encode(encoding))
    assert read_json(path) == {"a": 1}


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16-le"])
def test_another_encoding_is_refused_with_the_file_and_the_mend(tmp_path, encoding):
    path = tmp_path / "list.csv"
    path.write_bytes(TEXT.encode(encoding))
    with pytest.raises(ValueError, match=r"list.csv is not a UTF-8 text.*save it as UTF-8"):
        read_csv(path, ["path"])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_has_quotes_other_columns_blank_rows_and_any_of_the_usual_delimiters(tmp_path, delimiter):
    path = tmp_path / "list.csv"
    rows = [
        ["Label", " path ", "notes"],
        ["", "", ""],
        ['"a, b; c"', "1.mp4", '"two\nlines"'],
        [""],
        ["d", "2.mp4", ""],
    ]
    path.write_text("\n".join(delimiter.join(row) for row in rows))
    assert read_csv(path, ["path", "label"], ["fold"]) == {
        4: {"path": "1.mp4", "label": "a, b; c"},
        6: {"path": "2.mp4", "label": "d"},
    }


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "empty"),
        ("path,name\n", "label is missing"),
        ("path,label,Path\n", "two columns path"),
        ("path,label\na.mp4,up\nb.mp4\n", "line 3 has 1 cells instead of 2"),
        ("path,label\na, b.mp4,up\n", "line 2 has 3 cells"),
        ('path,label\na.mp4,up\nb.mp4,"down\nc.mp4,up\n', "line 3 has a quote"),
        ('path,label\n"a.mp4" b,up\n', "line 2 has a quote"),
        ('path,label\n"' + 140_000 * "a" + "\n", "line 2 has a quote"),
    ],
)
def test_what_is_no_table_is_named_with_its_line(tmp_path, text, named):
    path = tmp_path / "list.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"list.csv.*{named}"):
        read_csv(path, ["path", "label"])


@pytest.mark.parametrize(("text", "named"), [("{", "not a JSON"), ('{"a": {"b": 1, "b": 2}}', "'b' stands twice")])
def test_an_unusable_json_file_is_named(tmp_path, text, named):
    path = tmp_path / "labels.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"labels.json.*{named}"):
        read_json(path)
