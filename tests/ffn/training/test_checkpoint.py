import pytest
import torch

import ffn
from ffn.training.checkpoint import (
    DamagedCheckpointError,
    load_checkpoint,
    model_from_checkpoint,
    resume_point,
    save_checkpoint,
)


class Explosive:
    def __reduce__(self):
        return exec, ("raise SystemExit('code ran')",)


class Unwritable:
    def __reduce__(self):
        raise RuntimeError("not to be written")


def test_round_trip(tmp_path):
    save_checkpoint(tmp_path / "a" / "last.pt", {"model": {"w": torch.arange(3)}, "history": [{"epoch": 1}]})
    loaded = load_checkpoint(tmp_path / "a" / "last.pt")
    assert torch.equal(loaded["model"]["w"], torch.arange(3))
    assert loaded["history"] == [{"epoch": 1}]


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "last.pt"
    save_checkpoint(path, {"epoch": 1})
    with pytest.raises(RuntimeError, match="not to be written"):
        save_checkpoint(path, {"epoch": Unwritable()})
    assert load_checkpoint(path)["epoch"] == 1
    assert [file.name for file in tmp_path.iterdir()] == ["last.pt"]


def test_a_changed_byte_is_noticed(tmp_path):
    path = tmp_path / "last.pt"
    save_checkpoint(path, {"model": {"w": torch.randn(1000)}})
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1  # in the middle of the numbers, which torch.load would not notice
    path.write_bytes(content)
    with pytest.raises(DamagedCheckpointError, match="last.pt"):
        load_checkpoint(path)


def test_a_best_checkpoint_that_someone_removed_is_asked_for(tmp_path):
    save_checkpoint(tmp_path / "last.pt", {"history": [{"epoch": 1}]})
    with pytest.raises(FileNotFoundError, match="best.pt is missing"):
        resume_point(tmp_path)


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.9])
def test_a_truncated_file_is_named(tmp_path, keep):
    path = tmp_path / "last.pt"
    save_checkpoint(path, {"model": {"w": torch.randn(1000)}})
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    with pytest.raises(ValueError, match="last.pt"):
        load_checkpoint(path)


def test_code_in_a_file_is_not_run(tmp_path):
    torch.save({"format": 1, "model": Explosive()}, tmp_path / "evil.pt")
    with pytest.raises(ValueError, match="evil.pt"):
        load_checkpoint(tmp_path / "evil.pt")


def test_a_file_of_another_version_is_refused_in_one_line(tmp_path):
    torch.save({"format": 1, "settings": {}, "model": {}}, tmp_path / "old.pt")
    with pytest.raises(ValueError, match=r"old\.pt was written by another version .*\(format 1, here 2\)"):
        load_checkpoint(tmp_path / "old.pt")


def test_a_foreign_file_and_a_missing_one_are_named(tmp_path):
    torch.save({"state_dict": {}}, tmp_path / "other.pt")
    with pytest.raises(ValueError, match="other.pt"):
        load_checkpoint(tmp_path / "other.pt")
    with pytest.raises(FileNotFoundError, match="none.pt"):
        load_checkpoint(tmp_path / "none.pt")


def test_a_network_whose_code_has_changed_is_refused_with_the_file(tmp_path):
    """As the checkpoint of a network of one's own after a layer was added."""
    model = ffn.create_model("tsm_tiny", 3)
    content = {"architecture": model.architecture, "model": {**model.state_dict(), "one.weight": torch.zeros(1)}}
    with pytest.raises(ValueError, match=r"old.pt does not fit the model: 1 left over: one.weight"):
        model_from_checkpoint(content, tmp_path / "old.pt")
