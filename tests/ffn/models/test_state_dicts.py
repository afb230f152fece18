import argparse
import random

import numpy as np
import pytest
import torch

from ffn.models.state_dicts import checked_state_dict, read_torch_file


class Explosive:
    def __reduce__(self):
        return exec, ("raise SystemExit('code ran')",)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before PyTorch 1.6"])
def test_tensors_and_plain_values_are_read(tmp_path, zipped):
    """Also numpy's floats, under today's name of their class and under the name before numpy 2."""
    content = {"w": torch.arange(3), "epoch": 4, "lr": np.float64(1e-4), "log": [1.5]}
    path = tmp_path / "a.pth"
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    if not zipped:
        path.write_bytes(path.read_bytes().replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    read = read_torch_file(path)
    assert torch.equal(read.pop("w"), torch.arange(3))
    assert read == {"epoch": 4, "lr": 1e-4, "log": [1.5]}


@pytest.mark.parametrize(("stranger", "named"), [(Explosive(), "exec"), (argparse.Namespace(), "argparse.Namespace")])
def test_other_objects_are_named_and_never_built(tmp_path, stranger, named):
    torch.save({"args": stranger}, tmp_path / "a.pth")
    with pytest.raises(ValueError, match=rf"a.pth cannot be opened: it contains {named}[^\n]*$"):
        read_torch_file(tmp_path / "a.pth")


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("keep", [0.0, 0.1, 0.5, 0.9])
def test_a_truncated_file_is_named(tmp_path, keep, zipped):
    path = tmp_path / "a.pth"
    torch.save({"w": torch.randn(1000)}, path, _use_new_zipfile_serialization=zipped)
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    with pytest.raises(ValueError, match=r"a.pth cannot be opened[^\n]*$"):
        read_torch_file(path)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("seed", range(30))
def test_a_damaged_file_is_named_or_read(tmp_path, seed):
    """torch.load answers damaged bytes with UnicodeDecodeError, KeyError, IndexError and others."""
    path, chance = tmp_path / "a.pth", random.Random(seed)
    torch.save({"w": torch.ones(3)}, path, _use_new_zipfile_serialization=False)
    damaged = bytearray(path.read_bytes())
    for place in chance.sample(range(len(damaged)), 4):
        damaged[place] = chance.randrange(256)
    path.write_bytes(damaged)
    try:
        read_torch_file(path)
    except ValueError as error:
        assert str(error).startswith(f"{path} cannot be opened")


def test_a_text_a_folder_and_a_missing_file_are_named(tmp_path):
    (tmp_path / "text.pth").write_text("hello world")
    with pytest.raises(ValueError, match="text.pth cannot be opened"):
        read_torch_file(tmp_path / "text.pth")
    for name in ("none.pth", "."):
        with pytest.raises(FileNotFoundError, match="is missing"):
            read_torch_file(tmp_path / name)


def test_everything_that_does_not_fit_stands_in_one_line():
    wanted = {"a": (2,), "b": (3,), "c": (1, 2)}
    with pytest.raises(ValueError) as caught:
        checked_state_dict({"a": torch.ones(2), "c": torch.ones(2), "d": torch.ones(1)}, wanted, "file.pth")
    found = "1 missing: b; 1 left over: d; 1 of the wrong shape: c (2,) instead of (1, 2)"
    assert str(caught.value) == f"file.pth does not fit the model: {found}"


def test_counters_are_filled_in_where_none_is_stored():
    wanted = {"a.num_batches_tracked": (), "b.num_batches_tracked": ()}
    assert checked_state_dict({}, wanted, "file") == {name: torch.tensor(0) for name in wanted}
    with pytest.raises(ValueError, match="1 missing: b.num_batches_tracked"):
        checked_state_dict({"a.num_batches_tracked": torch.tensor(3)}, wanted, "file")


@pytest.mark.parametrize("source", [None, [torch.ones(1)], {"a": 1}, {1: torch.ones(1)}])
def test_what_is_no_state_dict_is_said_to_be_none(source):
    with pytest.raises(ValueError, match="file.pth is not a state dict"):
        checked_state_dict(source, {}, "file.pth")
