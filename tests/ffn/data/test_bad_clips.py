"""Damaged files in training and evaluation: reported once, left out, never replaced."""

from contextlib import nullcontext
from dataclasses import replace

import pytest
import torch

import ffn
from ffn.data.batches import Batch
from ffn.data.clips import ClipDataset, ClipRequest
from ffn.data.decoded_cache import DecodedCache, build_decoded_cache
from ffn.data.layouts.registry import open_dataset
from ffn.data.loaders import ClipLoader, EvaluationBatches, TrainingBatches
from ffn.data.verification import verify
from ffn.data.videos import BadClip, refuse_too_many
from ffn.evaluation.prediction import predict
from ffn.evaluation.recalibration import recalibrated
from ffn.training.checkpoint import load_checkpoint
from ffn.training.frame_schedule import constant
from ffn.training.loop import Training
from tests.damaged_videos import READABLE, damage, decoded, small_dataset
from tests.ffn.data.samples import clip_of

UNREADABLE = {"missing", "empty", "text", "audio_only"}
SHORTENED = {"truncated", "fewer_frames", "one_frame"}
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def damaged(videos, tmp_path_factory):
    """A dataset with all kinds of damage: its folder, and the damaged ids by split and kind."""
    root = small_dataset(videos, tmp_path_factory.mktemp("data") / "damaged", train=410, validation=12)
    return root, {split: damage(root, split) for split in ("train", "validation")}


@pytest.fixture(scope="module")
def damaged_later(videos, tmp_path_factory):
    """As ``damaged``, with a manifest from before the damage."""
    root = small_dataset(videos, tmp_path_factory.mktemp("data") / "later", train=710, validation=12)
    verify(open_dataset(root), workers=0)
    return root, {split: damage(root, split) for split in ("train", "validation")}


@pytest.fixture(scope="module")
def settings(tiny_settings):
    return tiny_settings(schedule=constant(2), batch_size=60)


@pytest.fixture(scope="module")
def whole_run(damaged, settings, tmp_path_factory):
    """A run of two epochs over ``damaged``."""
    run = training(damaged[0], settings)
    run.run(tmp_path_factory.mktemp("whole"))
    return run


def clips_of(root, split, settings):
    return ClipDataset(open_dataset(root).videos(split), settings.preparation)


def answer_to(dataset, id, count=4):
    index = [video.id for video in dataset.videos].index(id)
    return dataset[ClipRequest(index=index, frame_counts=(count,))]


def training(root, settings, **resources):
    train, validation = (clips_of(root, split, settings) for split in ("train", "validation"))
    return Training(settings, train, validation, num_classes=12, **resources)


def ids_of(clips):
    return sorted(clip.id for clip in clips)


def ids_of_kinds(ids, kinds):
    return sorted(ids[kind] for kind in kinds)


def deterministic(row):
    return {key: value for key, value in row.items() if key not in ("seconds", "clips_per_second")}


@pytest.mark.parametrize("kind", sorted(UNREADABLE))
def test_a_file_that_cannot_be_read_is_answered_with_name_and_reason(kind, damaged, settings):
    root, ids = damaged
    dataset = clips_of(root, "train", settings)
    found = answer_to(dataset, ids["train"][kind])
    assert isinstance(found, BadClip)
    assert (found.id, found.path) == (ids["train"][kind], str(dataset.videos[found.index].path))
    assert found.reason
    assert "\n" not in found.reason


@pytest.mark.parametrize("kind", READABLE)
def test_odd_files_that_can_be_read_are_read(kind, damaged, settings):
    root, ids = damaged
    dataset = clips_of(root, "train", settings)
    sample = answer_to(dataset, ids["train"][kind], count=3)
    frames = decoded(dataset.videos[sample.index].path)
    expected = frames[ffn.segment_indices(len(frames), 3), 4:52, 4:52]
    assert torch.equal(clip_of(sample, 3), torch.from_numpy(expected).permute(0, 3, 1, 2))


@pytest.mark.parametrize("kind", sorted(SHORTENED))
def test_fewer_frames_than_the_manifest_says_make_a_bad_clip(kind, damaged, damaged_later, settings):
    (root, ids), (verified, _) = damaged, damaged_later
    assert not isinstance(answer_to(clips_of(root, "train", settings), ids["train"][kind]), BadClip)
    found = answer_to(clips_of(verified, "train", settings), ids["train"][kind])
    assert isinstance(found, BadClip)
    assert found.reason.endswith("frames instead of 24")


def test_training_goes_on_without_bad_clips_and_names_each_once(damaged, whole_run):
    _, ids = damaged
    assert len(whole_run.history) == 2
    for split, found in whole_run.bad_clips.items():
        assert ids_of(found.values()) == ids_of_kinds(ids[split], UNREADABLE)


def test_training_leaves_out_what_was_damaged_after_the_manifest(damaged_later, settings, tmp_path):
    root, ids = damaged_later
    run = training(root, replace(settings, epochs=1))
    run.run(tmp_path)
    for split, found in run.bad_clips.items():
        assert ids_of(found.values()) == ids_of_kinds(ids[split], UNREADABLE | SHORTENED)


class Interrupted(Exception):
    pass


def stop(row):
    raise Interrupted


def test_neither_interruption_nor_decoding_processes_change_a_run_with_bad_clips(
    damaged, whole_run, settings, tmp_path
):
    with pytest.raises(Interrupted):
        training(damaged[0], settings, loader_workers=2).run(tmp_path, stop)
    resumed = training(damaged[0], settings)
    resumed.restore(load_checkpoint(tmp_path / "last.pt"))
    assert resumed.bad_clips == whole_run.bad_clips
    resumed.run(tmp_path)
    assert [deterministic(row) for row in resumed.history] == [deterministic(row) for row in whole_run.history]
    for name, value in whole_run.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name


def test_what_a_manifest_calls_unreadable_is_left_out_of_the_batches(damaged, settings, tmp_path, videos):
    root = small_dataset(videos, tmp_path / "data", train=40, validation=4)
    ids = damage(root, "train")
    verify(open_dataset(root), workers=0)
    dataset = clips_of(root, "train", settings)
    batches = TrainingBatches(
        indices=dataset.readable(), batch_size=35, frame_set_of_step=lambda step: (2,), seed=0, epoch=0
    )
    batch = next(iter(ClipLoader(dataset, batches)))
    left_out = ids_of_kinds(ids, UNREADABLE | {"truncated"})
    assert (len(batch), batch.bad) == (35, ())
    assert ids_of(dataset.unreadable()) == left_out
    run = training(root, replace(settings, batch_size=35))
    assert ids_of(run.bad_clips["train"].values()) == left_out
    with pytest.raises(ValueError, match="5 of 40 training clips cannot be read, more than 1%: .*train0.webm"):
        run.run(tmp_path / "run")


def test_training_stops_when_more_than_one_in_a_hundred_is_bad(videos, settings, tmp_path):
    root = small_dataset(videos, tmp_path / "data", train=72, validation=4)
    damage(root, "train")
    with pytest.raises(ValueError, match="4 of 72 training clips cannot be read, more than 1%: .*train0.webm: the "):
        training(root, settings).run(tmp_path / "run")


@pytest.mark.parametrize(
    ("num_bad", "num_videos", "refused"),
    [(1, 2, False), (2, 3, True), (1, 1, True), (1, 99, False), (2, 199, True), (2, 200, False), (3, 200, True)],
)
def test_one_bad_clip_is_always_tolerated_unless_it_is_the_only_one(num_bad, num_videos, refused):
    bad = [BadClip(index=i, id=str(i), path=f"{i}.webm", reason="") for i in range(num_bad)]
    with pytest.raises(ValueError, match="0.webm") if refused else nullcontext():
        refuse_too_many(bad, num_videos)


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_a_batch_without_one_readable_clip_moves_the_learning_rate_alone(precision, videos, settings, tmp_path):
    root = small_dataset(videos, tmp_path / "data", train=4, validation=4)
    run = training(root, replace(settings, batch_size=1, epochs=1, precision=precision))
    order = TrainingBatches(
        indices=range(4), batch_size=1, frame_set_of_step=lambda step: (2,), seed=settings.seed, epoch=0
    )
    [second] = list(order)[1]
    run.train_set.videos[second.index].path.unlink()
    run.run(tmp_path / "run")
    assert run.optimisation.schedule.last_epoch == 4
    assert list(run.bad_clips["train"]) == [second.index]


@pytest.mark.parametrize("batch_size", [1, 5])
def test_evaluation_counts_what_it_could_read_and_replaces_nothing(batch_size, damaged, settings):
    root, ids = damaged
    dataset = clips_of(root, "validation", settings)
    model = ffn.create_model("tsm_tiny", num_classes=12)
    batches = EvaluationBatches(indices=range(len(dataset)), batch_size=batch_size, frame_counts=(2, 4))
    found = predict(model, ClipLoader(dataset, batches), (2, 4), CPU)
    for predictions in found.values():
        counted = {dataset.videos[index].id for index in predictions.indices}
        assert ids_of(predictions.bad) == ids_of_kinds(ids["validation"], UNREADABLE)
        assert counted == {video.id for video in dataset.videos} - set(ids_of(predictions.bad))
        assert len(predictions.probability) == 12 - len(UNREADABLE)


def test_evaluating_nothing_but_bad_clips_is_refused(damaged, settings):
    root, ids = damaged
    dataset = clips_of(root, "validation", settings)
    empty = [video.id for video in dataset.videos].index(ids["validation"]["empty"])
    batches = EvaluationBatches(indices=[empty], batch_size=1, frame_counts=(2,))
    with pytest.raises(ValueError, match="no clip to evaluate.*webm"):
        predict(ffn.create_model("tsm_tiny", num_classes=12), ClipLoader(dataset, batches), (2,), CPU)


def test_recalibration_passes_over_bad_clips(damaged, settings):
    dataset = clips_of(damaged[0], "validation", settings)
    batches = EvaluationBatches(indices=range(len(dataset)), batch_size=1, frame_counts=(2,))
    adapted = recalibrated(ffn.create_model("tsm_tiny", num_classes=12), ClipLoader(dataset, batches), (2,), CPU)
    assert all(value.isfinite().all() for value in adapted[2].state_dict().values())


def test_the_decoded_cache_knows_the_same_bad_clips(damaged_later, settings, tmp_path):
    dataset = clips_of(damaged_later[0], "validation", settings)
    cache = DecodedCache(build_decoded_cache(dataset.videos, tmp_path, short_side=56)).open
    cached = ClipDataset(dataset.videos, settings.preparation, cache)
    requests = [ClipRequest(index=index, frame_counts=(4,)) for index in range(len(dataset))]
    for answers in zip(map(dataset.__getitem__, requests), map(cached.__getitem__, requests)):
        first, second = (Batch.of([answer]) for answer in answers)
        assert first.bad == second.bad
        assert first.rows.keys() == second.rows.keys()
        assert all(torch.equal(first.clips(count), second.clips(count)) for count in first.rows)


@pytest.mark.parametrize("error", [RuntimeError, ValueError, KeyError])
def test_an_error_of_the_program_is_no_bad_clip(error, clips, settings):
    dataset = clips("test", settings)

    with pytest.raises(error, match="a mistake"), dataset.open_video(dataset.videos[0].path):
        raise error("a mistake")
    wrong = ClipDataset(dataset.videos, replace(settings.preparation, sampling="unknown"))
    with pytest.raises(ValueError, match="sampling"):
        wrong[ClipRequest(index=0, frame_counts=(4,), random_key=(0,))]
