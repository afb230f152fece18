"""Studies as study/ would leave them, with accuracies near those of a real run on the synthetic motion clips."""

import json

import numpy as np
import pandas as pd

from study.results import schema

EVAL_FRAMES = (2, 4, 6, 8, 12, 16, 24)
CLIPS = 600
EPOCHS = 8
TOP1 = {
    ("tsm", "16"): (13.5, 42.3, 65.8, 90.0, 100.0, 99.8, 99.3),
    ("recalibrated", "16"): (25.2, 61.3, 75.3, 93.2, 99.7, 99.8, 99.2),
    ("tsm", "4"): (52.3, 89.0, 81.7, 79.8, 59.8, 41.5, 33.7),
    ("tsm", "8"): (17.0, 72.0, 88.3, 99.5, 99.7, 98.0, 75.8),
    ("ffn", "4+8+16"): (33.8, 82.5, 90.0, 99.8, 100.0, 100.0, 99.7),
}
LEARNING_RATES = {
    ("tsm", "16"): (0.02, 0.05),
    ("tsm", "4"): (0.05,),
    ("tsm", "8"): (0.05,),
    ("ffn", "4+8+16"): (0.02, 0.05),
}
LOSS_AT_LOW_RATE = 6.0
CLASSES = [f"motion {letter}" for letter in "abcdefghijkl"]
SOURCE = "tsm_16_lr0.05_seed0"
"""The trial that a retrofit keeps."""
LAYERS = ["bn1", *(f"layer{stage}.0.bn{place}" for stage in (1, 2, 3, 4) for place in (1, 2))]


def write_study(folder, seeds, arms):
    folder.mkdir(parents=True)
    noise = np.random.default_rng(0)
    runs = [
        (method, frames, rate, seed)
        for method, frames in arms
        for rate in LEARNING_RATES[method, frames]
        for seed in seeds
    ]
    (folder / "study.json").write_text(json.dumps(study_record(runs)))
    shifts = [0.0 if len(seeds) == 1 else noise.normal(0, 1.5) for _ in runs]
    pd.DataFrame([trial_row(*run) for run in runs]).to_csv(folder / "trials.csv", index=False)
    pd.DataFrame([row for run, shift in zip(runs, shifts) for row in epoch_rows(*run, shift)]).to_csv(
        folder / "epochs.csv", index=False
    )
    pd.DataFrame([row for run, shift in zip(runs, shifts) for row in evaluation_rows(*run, shift)]).to_csv(
        folder / "evaluations.csv", index=False
    )
    return folder


def write_predictions(folder):
    """Predictions that agree with evaluations.csv; hard clips are hard for every network, more or less."""
    noise = np.random.default_rng(1)
    difficulty, labels = noise.normal(size=CLIPS), np.arange(CLIPS) % len(CLASSES)
    tables = []
    for row in pd.read_csv(folder / "evaluations.csv", keep_default_na=False).itertuples():
        order = np.argsort(difficulty + noise.normal(size=CLIPS))
        predicted = (labels + 1 + noise.integers(0, 3, CLIPS)) % len(CLASSES)
        right = order[: round(row.top1 / 100 * CLIPS)]
        predicted[right] = labels[right]
        facts = dict(trial=row.trial, method=row.method, split=row.split, selection=row.selection,
                     eval_frames=row.eval_frames, adaptation=row.adaptation, sampling=row.sampling,
                     views=row.views)  # fmt: skip
        found = answers(predicted, labels)
        tables.append(pd.DataFrame({**facts, "clip": np.arange(CLIPS), "label": labels, **found}))
    pd.concat(tables).to_parquet(folder / "predictions.parquet", index=False)


def answers(predicted, labels):
    """The five most probable classes with their probabilities, and that of the clip's own: those that are right are
    surer, more or less."""
    noise = np.random.default_rng(2)
    sure = np.where(predicted == labels, noise.uniform(0.5, 1, CLIPS), noise.uniform(0.2, 0.8, CLIPS))
    classes = {name: (predicted + place) % len(CLASSES) for place, name in enumerate(schema.TOP_CLASSES)}
    probabilities = {name: (1 - sure) / 4 for name in schema.TOP_PROBABILITIES} | {"probability1": sure}
    return classes | probabilities | {"probability": np.where(predicted == labels, sure, (1 - sure) / 4)}


def add_retrofit(folder, *, right_at=(4,), **changes):
    """Adds a retrofit of TSM at 4 frames, which answers as TSM does but at the counts where it is always right.

    ``changes``: of its columns in predictions.parquet. Returns the folder.
    """
    for name in ("trials.csv", "evaluations.csv"):
        rows = pd.read_csv(folder / name, dtype={"train_frames": str}, keep_default_na=False)
        own = rows[(rows["trial"] == SOURCE) & (rows["adaptation"] == "" if "adaptation" in rows else True)]
        retrofit = own.assign(trial="retrofit", method="retrofit", train_frames="4")
        pd.concat([rows, retrofit]).to_csv(folder / name, index=False)
    rows = pd.read_parquet(folder / "predictions.parquet")
    own = rows[(rows["trial"] == SOURCE) & (rows["adaptation"] == "")].assign(trial="retrofit", **changes)
    own["top1"] = own["top1"].mask(own["eval_frames"].isin(right_at), own["label"])
    pd.concat([rows, own]).to_parquet(folder / "predictions.parquet", index=False)
    return folder


def write_batchnorm(folder):
    """The layers of every network, whose mean and variance depend on the count."""
    rows = [
        dict(trial=trial.trial, method=trial.method, train_frames=trial.train_frames, adaptation="", count=count,
             layer=layer, mean=-0.1 * count, variance=1 + count / 10, scale=0.9, bias=0.01 * count)
        for trial in pd.read_csv(folder / "trials.csv").itertuples()
        for count in map(int, trial.train_frames.split("+"))
        for layer in LAYERS
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(folder / "batchnorm.csv", index=False)


def trial_name(method, frames, rate, seed):
    return f"{method}_{frames.replace('+', '-')}_lr{rate:g}_seed{seed}"


def trial_row(method, frames, rate, seed):
    return dict(
        trial=trial_name(method, frames, rate, seed),
        method=method,
        variant="",
        model="ffn_tiny" if method == "ffn" else "tsm_tiny",
        train_frames=frames,
        lr=rate,
        setting="",
        epochs=EPOCHS,
        batch_size=16,
        seed=seed,
        status="finished",
        reason="",
        notice="",
        epochs_done=EPOCHS,
        best_epoch=EPOCHS - 1,
        seconds=84.2,
        peak_memory_mb=912,
        parameters=312_440,
        machine="2 x EPYC 9654, NVIDIA H200" if method == "ffn" else "EPYC 9654, NVIDIA H200",
    )


def epoch_rows(method, frames, rate, seed, shift):
    for epoch in range(1, EPOCHS + 1):
        row = dict(
            trial=trial_name(method, frames, rate, seed),
            epoch=epoch,
            lr=rate * (1 - epoch / EPOCHS),
            clips_per_second=180.5,
            seconds=10.5,
        )
        for count in map(int, frames.split("+")):
            final = top1_at(method, frames, rate, count, shift) - 0.5
            reached = 8.3 + (final - 8.3) * (1 - np.exp(-epoch / 2)) / (1 - np.exp(-EPOCHS / 2))
            row |= {
                f"train_top1_{count}": min(100, reached + 3),
                f"validation_top1_{count}": reached,
                f"train_loss_{count}": 2.5 * np.exp(-reached / 35),
                f"validation_loss_{count}": 2.5 * np.exp(-reached / 40),
            }
        yield row


def evaluation_rows(method, frames, rate, seed, shift):
    adaptations = ("", "recalibrated") if (method, frames) == ("tsm", "16") else ("",)
    for split, offset in (("validation", 0.4), ("test", 0.0)):
        for selection, epoch in (("last", EPOCHS), ("best", EPOCHS - 1)):
            for adaptation in adaptations:
                for count in EVAL_FRAMES:
                    top1 = round_to_clips(top1_at(method, frames, rate, count, shift + offset, adaptation))
                    yield dict(
                        trial=trial_name(method, frames, rate, seed),
                        method=method,
                        variant="",
                        train_frames=frames,
                        eval_frames=count,
                        lr=rate,
                        seed=seed,
                        split=split,
                        selection=selection,
                        epoch=epoch,
                        adaptation=adaptation,
                        sampling="centre",
                        views="1x1",
                        clips=CLIPS,
                        top1=top1,
                        top5=round_to_clips(min(100, 60 + top1 * 0.4)),
                        loss=round(2.5 - top1 / 45, 4),
                        gmacs_per_clip=0.004 * count,
                    )


def top1_at(method, frames, rate, count, shift, adaptation=""):
    own = TOP1[adaptation or method, frames][EVAL_FRAMES.index(count)]
    penalty = LOSS_AT_LOW_RATE if rate < max(LEARNING_RATES[method, frames]) else 0
    return float(np.clip(own - penalty + shift, 0, 100))


def round_to_clips(percent):
    return round(round(percent / 100 * CLIPS) / CLIPS * 100, 2)


def study_record(runs):
    session = dict(
        started="2026-11-22T18:40:00+00:00",
        finished="2026-11-22T18:49:12+00:00",
        command="python -m study run experiments/demo.py",
        git_commit="0123456789abcdef",
        git_dirty=False,
        versions={"python": "3.11.7", "torch": "2.14.1", "ray": "2.60.0"},
        hardware=dict(cpu="Xeon", cores=2, memory_gib=24, gpus=[]),
    )
    configuration = [
        dict(
            name=trial_name(*run),
            method=run[0],
            training=dict(
                lr=run[2],
                seed=run[3],
                epochs=EPOCHS,
                recipe=dict(momentum=0.9, clip_norm=20.0),
                schedule=dict(phases=[dict(frame_sets=[[int(count) for count in run[1].split("+")]], probabilities=[],
                                           share=1.0, restart=False)]),
            ),
        )
        for run in runs
    ]  # fmt: skip
    return dict(
        name="demo",
        question="Does a tiny TSM collapse away from its frame count, and does FFN recover it?",
        sessions=[session],
        trials=configuration,
        data=dict(
            root="data/synthetic",
            fingerprint="9f2c1a7b",
            num_classes=len(CLASSES),
            classes=CLASSES,
            clips=dict(train=3000, validation=600, test=600),
        ),
        protocol=dict(eval_frames=list(EVAL_FRAMES), crop_size=48, short_side=56),
    )
