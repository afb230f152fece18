import re

import torch

from ffn.models.parts import Parts
from ffn.training.frame_schedule import constant
from study.__main__ import main


def test_a_checkpoint_becomes_a_file_that_answers_alike_beside_what_each_count_costs(saved, tmp_path, capsys):
    path, model = saved(schedule=constant(2, 4), parts=Parts())
    out = tmp_path / "three.pt2"
    assert main(["export", "--checkpoint", str(path), "--frames", "3", "--out", str(out)]) == 0
    clips = torch.randn(3, 3, 3, 48, 48)
    torch.testing.assert_close(torch.export.load(out).module()(clips), model(clips), rtol=1e-4, atol=1e-4)
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if re.match(r"\s*\d+ ", line)]
    assert [row[0] for row in rows] == ["2", "3", "4"]
    assert len({row[1] for row in rows}) == 1
    costs = [float(row[2]) for row in rows]
    assert costs == sorted(costs)


def test_what_cannot_be_exported_is_refused_in_a_line(saved, tmp_path, capsys):
    words = ["export", "--checkpoint", str(saved()[0])]
    assert main([*words, "--frames", "0", "--out", str(tmp_path / "a.pt2")]) == 2
    assert "--frames" in capsys.readouterr().err
    assert main([*words, "--frames", "4", "--out", str(tmp_path / "none" / "a.pt2")]) == 2
    assert "--out" in capsys.readouterr().err
    assert main([*words[:2], str(tmp_path / "none.pt"), "--frames", "4", "--out", "/proc/self/a.pt2"]) == 2
    assert "/proc/self must be a folder that can be written to" in capsys.readouterr().err


def test_a_count_that_the_network_does_not_take_is_refused_in_a_line(saved, tmp_path, capsys):
    path, _ = saved(backbone="tests.ffn.clip_networks:Guarded", schedule=constant(4))
    assert main(["export", "--checkpoint", str(path), "--frames", "9", "--out", str(tmp_path / "a.pt2")]) == 2
    printed = capsys.readouterr().err
    assert "takes no clips of 9 frames" in printed and len(printed.splitlines()) == 1
