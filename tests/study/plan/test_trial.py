from dataclasses import replace
from pathlib import Path

import pytest

from ffn.data.synthetic import SyntheticDataset
from ffn.data.views import Views
from ffn.evaluation.protocol import EvaluationProtocol
from ffn.models.parts import Parts
from ffn.training.frame_schedule import constant, fine_tuned, proportional
from ffn.training.objectives import Distillation
from ffn.training.recipe import RELEASED
from study.plan.experiment import Experiment, load_experiment
from study.plan.trial import Resources, Trial, map_trials, trials_from_dicts


@pytest.mark.parametrize(
    "trial",
    [
        Trial(),
        Trial().vary(
            method="ffn", schedule=constant(4, 8), parts=Parts(classifier=True), recipe=RELEASED, lr_milestones=(0.5,)
        ),
        Trial().vary(method="proportional", schedule=proportional(16, 4, probability=0.75), variant="p=0.75"),
        Trial().vary(method="finetune", schedule=fine_tuned(16, 4, share=0.2)),
        Trial(fold=2),
        Trial(synthetic=SyntheticDataset(motions="fine")),
    ],
)
def test_a_trial_comes_back_from_plain_values(trial):
    import json

    assert Trial.from_dict(json.loads(json.dumps(trial.as_dict()))) == trial


def test_names_carry_the_values():
    trial = Trial().vary(method="ffn", schedule=constant(16, 4), lr=0.025, seed=3)
    assert trial.name == "ffn-4+16-lr0.025-seed3"
    assert trial.vary(fold=2).name == "ffn-4+16-lr0.025-seed3-fold2"


def test_a_trial_written_before_there_were_folds_comes_back():
    before = {name: value for name, value in Trial().as_dict().items() if name not in ("fold", "synthetic")}
    assert Trial.from_dict(before) == Trial()


def test_a_field_of_another_version_is_named():
    with pytest.raises(ValueError, match="colour"):
        Trial.from_dict(Trial().as_dict() | {"colour": "red"})


@pytest.mark.parametrize(("field", "value"), [
    ("recalibration_clips", -1), ("fold", -1), ("cpus", 0), ("gpus", -1), ("gpus", 2), ("workers", 0), ("workers", 33),
    ("accelerator", "H200"),
])  # fmt: skip
def test_wrong_values_are_refused_with_the_fields_name(field, value):
    with pytest.raises(ValueError, match=field):
        Trial().vary(**{field: value})


def test_workers_of_one_trial_do_not_share_a_gpu():
    with pytest.raises(ValueError, match="gpus"):
        Trial().vary(workers=2, gpus=0.5)


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"trials": ()}, "trials"), ({"trials": (Trial(), Trial())}, "trials"), ({"eval_frames": ()}, "eval_frames"),
     ({"eval_frames": (0,)}, "eval_frames"), ({"eval_frames": (8, 8)}, "eval_frames"),
     ({"samplings": ("spiral",)}, "samplings"),
     ({"views": ("2x3",)}, "views")],
)  # fmt: skip
def test_unusable_experiments_are_refused(changes, named):
    with pytest.raises(ValueError, match=named):
        Experiment(**{"name": "x", "question": "?", "trials": (Trial(),), "eval_frames": (4,)} | changes)


def test_views_come_back_from_the_record_and_make_protocols():
    experiment = Experiment(
        name="x", question="?", trials=(Trial(),), eval_frames=(4,), samplings=("segments",), views=(Views(2, 3),)
    )
    assert Experiment.from_dict(experiment.as_dict()) == experiment
    assert experiment.other_protocols == (
        EvaluationProtocol(sampling="segments"), EvaluationProtocol(views=Views(2, 3)),
    )  # fmt: skip
    before_views = {name: value for name, value in experiment.as_dict().items() if name != "views"}
    assert Experiment.from_dict(before_views).views == ()


def test_a_retrofit_needs_the_trial_or_the_file_that_it_starts_from():
    tsm = Trial()
    retrofit = tsm.vary(method="retrofit", schedule=constant(4), parts=Parts(classifier=True), start=tsm)
    assert retrofit.needs == (tsm,)
    assert retrofit.vary(start=Path("ckpt.pth.tar")).needs == ()
    arguments = {"name": "x", "question": "?", "eval_frames": (4,)}
    assert Experiment(trials=(retrofit, tsm), **arguments)
    assert Experiment(trials=(retrofit.vary(start=Path("ckpt.pth.tar")),), **arguments)
    with pytest.raises(ValueError, match="start"):
        Experiment(trials=(retrofit,), **arguments)
    for changes in ({"start": None}, {"weights": "imagenet"}, {"objective": Distillation()}):
        with pytest.raises(ValueError, match=next(iter(changes)) + "|start"):
            retrofit.vary(**changes)


def test_a_trial_begins_with_the_weights_of_one_whose_weights_fit():
    tsm, ffn = Trial(), Trial(method="ffn").vary(schedule=constant(4, 16), parts=Parts())
    retrofit = tsm.vary(method="retrofit", schedule=constant(4), parts=Parts(), start=tsm)
    ensemble = tsm.vary(method="ensemble", members=(tsm,))
    arguments = {"name": "n", "question": "q", "eval_frames": (4,)}
    for start, trial in ((tsm, tsm), (tsm, ffn), (ffn, ffn)):
        begun = trial.vary(variant="begun", start=start)
        assert begun.needs == (start,)
        assert Experiment(trials=(start, begun), **arguments).trials[1] == begun
        assert trials_from_dicts([begun.as_dict(), start.as_dict()]) == (begun, start)
        assert begun.vary(start=Path("before.pt")).needs == ()
    for start, trial in ((ffn, tsm), (ffn, ffn.vary(parts=Parts(classifier=True))), (ensemble, tsm), (retrofit, ffn)):
        with pytest.raises(ValueError, match="^start"):
            Experiment(trials=(tsm, start, trial.vary(variant="begun", start=start)), **arguments)
    with pytest.raises(ValueError, match="^start: .* backbone is tiny"):
        Experiment(trials=(tsm, tsm.vary(variant="begun", backbone="tiny", start=tsm)), **arguments)
    for changes in ({"method": "ensemble", "members": (tsm,)}, {"weights": "imagenet"}):
        with pytest.raises(ValueError, match="start"):
            tsm.vary(start=Path("before.pt"), **changes)
    with pytest.raises(ValueError, match="start must be given to the trial"):
        tsm.vary(pretrained="before.pt")


@pytest.mark.parametrize("fold", [None, 2])
def test_a_trial_does_not_build_on_what_was_trained_on_its_own_fold(fold):
    start = Trial(variant="before", fold=1)
    for trial in (Trial(start=start, fold=fold), Trial(method="ensemble", members=(start,), fold=fold)):
        with pytest.raises(ValueError, match="^fold: tsm-before"):
            Experiment(trials=(trial, start), name="n", question="q", eval_frames=(4,))


def test_a_pre_training_has_neither_fold_nor_members():
    for changes in ({"fold": 0}, {"method": "ensemble", "members": (Trial(),)}):
        with pytest.raises(ValueError, match="synthetic"):
            Trial(synthetic=SyntheticDataset(), **changes)


def test_varied_fields_reach_the_part_that_has_them():
    trial = Trial().vary(variant="a", lr=0.5, cpus=3)
    assert (trial.variant, trial.training.lr, trial.resources.cpus) == ("a", 0.5, 3)
    assert trial.vary(variant="", lr=Trial().training.lr, resources=Resources()) == Trial()
    with pytest.raises(TypeError, match="colour"):
        trial.vary(colour="red")


def built_on_each_other():
    tsm = Trial()
    retrofit = tsm.vary(method="retrofit", schedule=constant(4), parts=Parts(classifier=True), start=tsm)
    return tsm.vary(method="ensemble", members=(tsm, retrofit)), retrofit, tsm


def test_what_trials_build_on_changes_with_them():
    ensemble, retrofit, tsm = map_trials(built_on_each_other(), lambda trial: trial.vary(seed=3))
    assert {trial.training.seed for trial in (ensemble, retrofit, tsm)} == {3}
    assert retrofit.start == tsm
    assert ensemble.members == (tsm, retrofit)
    assert map_trials(built_on_each_other(), lambda trial: trial) == built_on_each_other()


def test_trials_that_build_on_others_come_back_in_any_order():
    for trials in (built_on_each_other(), built_on_each_other()[::-1]):
        experiment = Experiment(name="x", question="?", trials=trials, eval_frames=(4,))
        assert Experiment.from_dict(experiment.as_dict()) == experiment


def test_an_experiment_comes_back_from_plain_values():
    experiment = load_experiment(Path("experiments/demo.py"))
    assert Experiment.from_dict(experiment.as_dict()) == experiment
    assert Experiment.from_dict(replace(experiment, synthetic=None).as_dict()).synthetic is None
