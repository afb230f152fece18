"""A study's folder as many trials would leave it, made in seconds: rows of random results, nothing trained."""

import numpy as np

from experiments.methods import ffn, tsm
from ffn.evaluation.prediction import CountPredictions
from study.evaluation import Evaluated
from study.plan.experiment import Experiment
from study.plan.trial import Trial
from study.results.folder import EPOCHS, EVALUATIONS, OUTCOME, PREDICTIONS, StudyFolder, write_json, write_table
from study.results.tables import epoch_table, evaluation_table, prediction_table

COUNTS, CLASSES, EPOCHS_DONE, SEEDS = (2, 4, 6, 8, 12, 16, 24), 174, 5, 10


def made_experiment(trials: int) -> Experiment:
    """TSM and FFN by turns, over ever more learning rates, with ``SEEDS`` seeds each."""
    arms = (tsm(16), ffn(4, 8, 16))
    made = [
        arms[number % 2].vary(backbone="tiny", epochs=EPOCHS_DONE, seed=number // 2 % SEEDS, lr=_rate(number))
        for number in range(trials)
    ]
    return Experiment(name="made", question="Made up", trials=made, eval_frames=COUNTS)


def leave_rows(experiment: Experiment, folder: StudyFolder, clips: int, *, predictions: bool) -> None:
    """What the experiment's trials leave when they have run on ``clips`` clips."""
    rng = np.random.default_rng(0)
    for trial in experiment.trials:
        rows, results = folder.trial(trial.name), _results(trial, clips, rng)
        write_table(rows / EPOCHS, epoch_table(trial.name, _history(trial)))
        write_table(rows / EVALUATIONS, evaluation_table(trial, "validation", results))
        if predictions:
            write_table(rows / PREDICTIONS, prediction_table(trial, "validation", results))
        write_json(rows / OUTCOME, {"status": "finished", "epochs_done": EPOCHS_DONE, "best_epoch": 1, "seconds": 1.0})
    record = {"name": experiment.name, "question": experiment.question, "configuration": experiment.as_dict()}
    write_json(folder.study_file, record | {"trials": [trial.as_dict() for trial in experiment.trials], "sessions": []})


def _rate(number: int) -> float:
    return round(1e-3 * (1 + number // (2 * SEEDS)), 4)


def _history(trial: Trial) -> list[dict[str, float]]:
    losses = {f"{split}_{name}_{count}": 1.0 for split in ("train", "validation") for name in ("loss", "top1")
              for count in trial.training.frame_counts}  # fmt: skip
    facts = {"lr": trial.training.lr, "clips_per_second": 1.0, "seconds": 1.0}
    return [{"epoch": epoch + 1, **facts, **losses} for epoch in range(EPOCHS_DONE)]


def _results(trial: Trial, clips: int, rng: np.random.Generator) -> list[Evaluated]:
    facts = {"selection": "last", "epoch": EPOCHS_DONE, "gmacs": 1.0}
    return [Evaluated(eval_frames=count, predictions=_predictions(clips, rng), **facts) for count in COUNTS]


def _predictions(clips: int, rng: np.random.Generator) -> CountPredictions:
    labels = np.arange(clips) % CLASSES
    top_classes = rng.integers(CLASSES, size=(clips, 5))
    right = rng.random(clips) < 0.5
    top_classes[right, 0] = labels[right]
    probability = rng.random(clips, dtype=np.float32)
    return CountPredictions(np.arange(clips), labels, top_classes, probability)
