"""Tune's schedulers as the workers ask them: one for each arm, the same after an interruption."""

import pytest

from study.cluster.early_stopping import ArmSchedulers
from study.plan.score import SCORE
from study.plan.stopping import ScheduledTrial, Stopping

EPOCHS = 8
METHODS = [Stopping(method="asha", grace_epochs=2, reduction=2), Stopping(method="median", grace_epochs=2)]


def trial(number, arm="tsm-16"):
    return ScheduledTrial(trial_id=f"{arm}-{number}", arm=arm, epochs=EPOCHS)


def row(epoch, top1):
    return {"epoch": epoch, "validation_top1_4": top1 - 10, "validation_top1_16": top1 + 10}


def run(schedulers, trials, epochs=range(1, EPOCHS + 1)):
    """Trains trials of the given accuracies one after the other; the reasons of those that were stopped."""
    reasons = {}
    for which, top1 in trials.items():
        for epoch in epochs:
            reason = schedulers.reason_to_stop(which, row(epoch, top1 + epoch))
            if reason:
                reasons[which] = reason
                break
    return reasons


GOOD = {trial(number): 50 + number for number in range(4)}
HOPELESS = {trial("hopeless"): 20}


@pytest.mark.parametrize("stopping", METHODS, ids=lambda stopping: stopping.method)
def test_a_trial_that_falls_behind_is_stopped_after_the_grace_epochs_with_its_reason(stopping):
    reasons = run(ArmSchedulers(stopping, (4, 16)), GOOD | HOPELESS)
    assert list(reasons) == list(HOPELESS)
    assert "after epoch 2 of 8: 22.00 % validation top-1 at 4+16 frames" in reasons[trial("hopeless")]


@pytest.mark.parametrize("stopping", METHODS, ids=lambda stopping: stopping.method)
def test_an_arm_is_not_judged_by_another(stopping):
    schedulers = ArmSchedulers(stopping, (4, 16))
    assert not run(schedulers, GOOD)
    assert not run(schedulers, {trial(number, "ffn-4+16"): 10 + number for number in range(4)})


@pytest.mark.parametrize("stopping", METHODS, ids=lambda stopping: stopping.method)
def test_a_trial_is_not_stopped_after_its_last_epoch(stopping):
    schedulers = ArmSchedulers(stopping, (4, 16))
    run(schedulers, GOOD)
    assert not run(schedulers, HOPELESS, epochs=[EPOCHS])


@pytest.mark.parametrize("stopping", METHODS, ids=lambda stopping: stopping.method)
def test_epochs_of_earlier_sessions_count(stopping):
    earlier = {
        which: [row(epoch, top1 + epoch) | {SCORE: top1 + epoch} for epoch in range(1, EPOCHS + 1)]
        for which, top1 in GOOD.items()
    }
    uninterrupted = ArmSchedulers(stopping, (4, 16))
    run(uninterrupted, GOOD)
    resumed = ArmSchedulers(stopping, (4, 16), earlier)
    later = {trial(f"later{top1}"): top1 for top1 in (20, 60, 52, 40, 55)}
    assert run(resumed, later) == run(uninterrupted, later) != {}


@pytest.mark.parametrize(("changes", "named"), [
    ({"method": "hyperband"}, "method"), ({"grace_epochs": 0}, "grace_epochs"), ({"reduction": 1}, "reduction"),
])  # fmt: skip
def test_wrong_values_are_refused_with_the_fields_name(changes, named):
    with pytest.raises(ValueError, match=named):
        Stopping(**changes)
