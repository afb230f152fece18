import re

import torch

import ffn
from ffn.models.parts import Parts
from ffn.training.checkpoint import model_from_checkpoint, save_checkpoint
from ffn.training.frame_schedule import constant
from study.__main__ import main


def saved(path, tiny_settings, **changes):
    """A checkpoint of an untrained network, as training would write it."""
    settings = tiny_settings(**changes)
    model = ffn.create_model(**settings.architecture(12))
    content = {"settings": settings.as_dict(), "architecture": model.architecture, "model": model.state_dict()}
    save_checkpoint(path, content | {"history": [], "record": {}})
    return model_from_checkpoint(content)


def test_a_checkpoint_becomes_a_file_that_answers_alike_beside_what_each_count_costs(tiny_settings, tmp_path, capsys):
    model = saved(tmp_path / "last.pt", tiny_settings, schedule=constant(2, 4), parts=Parts())
    out = tmp_path / "three.pt2"
    assert main(["export", "--checkpoint", str(tmp_path / "last.pt"), "--frames", "3", "--out", str(out)]) == 0
    clips = torch.randn(3, 3, 3, 48, 48)
    torch.testing.assert_close(torch.export.load(out).module()(clips), model(clips), rtol=1e-4, atol=1e-4)
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if re.match(r"\s*\d+ ", line)]
    assert [row[0] for row in rows] == ["2", "3", "4"]
    assert len({row[1] for row in rows}) == 1
    costs = [float(row[2]) for row in rows]
    assert costs == sorted(costs)


def test_what_cannot_be_exported_is_refused_in_a_line(tiny_settings, tmp_path, capsys):
    saved(tmp_path / "last.pt", tiny_settings)
    words = ["export", "--checkpoint", str(tmp_path / "last.pt")]
    assert main([*words, "--frames", "0", "--out", str(tmp_path / "a.pt2")]) == 2
    assert "--frames" in capsys.readouterr().err
    assert main([*words, "--frames", "4", "--out", str(tmp_path / "none" / "a.pt2")]) == 2
    assert "--out" in capsys.readouterr().err
