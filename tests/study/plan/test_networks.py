"""What a network cannot do is said before any clip is drawn, with the trial's name."""

from dataclasses import replace

import pytest

from experiments.architectures import experiment
from experiments.demo import TINY
from study.__main__ import main
from study.plan.networks import check_networks


def of(*trials, **changes):
    return replace(experiment, trials=trials, **changes)


def test_the_experiments_own_networks_pass():
    check_networks(experiment)


@pytest.mark.parametrize(
    ("trial", "changes", "word"),
    [
        (TINY.vary(backbone="tiny_vit", recalibration_clips=9), {}, "recalibration_clips must be 0"),
        (TINY.vary(backbone="tiny_vit", recalibration_clips=0, crop_size=40), {}, "of 40 pixels .* takes none"),
        (TINY.vary(backbone="s3d", crop_size=224, short_side=256), {"eval_frames": (8, 16)}, "no clips of 4, 8 frames"),
        (TINY.vary(backbone="nowhere:at_all"), {}, "nowhere:at_all cannot be imported"),
    ],
)
def test_what_cannot_be_is_refused_with_the_trials_name(trial, changes, word):
    with pytest.raises(ValueError, match=word):
        check_networks(of(trial, **changes))


def test_a_dry_run_says_it_too(tmp_path, capsys):
    (tmp_path / "small.py").write_text(
        "from dataclasses import replace\nfrom experiments.demo import TINY, experiment as demo\n"
        "small = TINY.vary(backbone='tiny_vit', crop_size=40, recalibration_clips=0)\n"
        "experiment = replace(demo, name='small', trials=(small,))\n"
    )
    assert main(["run", str(tmp_path / "small.py"), "--dry-run"]) == 2
    printed = capsys.readouterr().err
    assert "tiny_vit takes no clips of 2, 4, 6, 8, 12, 16, 24 frames of 40 pixels" in printed
    assert len(printed.strip().splitlines()) == 1
