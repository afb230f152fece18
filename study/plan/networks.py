"""Whether the trials' networks can do what an experiment asks of them, seen before any clip is drawn or read."""

from ffn.evaluation.recalibration import check_statistics
from ffn.models.clip_network import check_frame_counts
from ffn.models.factory import create_model, is_frame_by_frame, plain_name
from study.plan.experiment import Experiment
from study.plan.trial import Trial

ANY_CLASSES = 2  # how many there are makes no difference


def check_networks(experiment: Experiment) -> None:
    """Raise ValueError for a network over clips that does not take the frame counts or has nothing to re-calibrate."""
    checked: set[tuple[str, int, tuple[int, ...], bool]] = set()
    for trial in experiment.trials:
        counts = _counts(trial, experiment)
        case = (trial.training.backbone, trial.training.crop_size, counts, trial.recalibration_clips > 0)
        if trial.members or is_frame_by_frame(trial.training.backbone) or case in checked:
            continue
        checked.add(case)
        _check(trial, counts)


def _counts(trial: Trial, experiment: Experiment) -> tuple[int, ...]:
    evaluated = () if trial.synthetic else experiment.eval_frames
    return tuple(sorted({*trial.training.frame_counts, *evaluated, *experiment.validation_frames}))


def _check(trial: Trial, counts: tuple[int, ...]) -> None:
    network = create_model(plain_name(trial.training.backbone), ANY_CLASSES)
    try:
        check_frame_counts(network, counts, trial.training.crop_size)
        if trial.recalibration_clips:
            check_statistics(network)
    except ValueError as error:
        raise ValueError(f"{trial.name}: {error}") from error
