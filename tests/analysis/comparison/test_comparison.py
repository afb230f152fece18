import numpy as np
import pandas as pd
import pytest

from analysis.comparison.report_data import gather


def evaluations(method, train_frames, top1_by_count, seed=0, **changes):
    return [{"trial": f"{method}-{changes}-{train_frames}-{seed}", "method": method, "train_frames": train_frames,
             "eval_frames": count, "lr": 0.1, "seed": seed, "split": "test", "selection": "last", "clips": 200,
             "top1": top1} | changes for count, top1 in top1_by_count.items()]  # fmt: skip


@pytest.fixture
def comparison(write_tables):
    return lambda *arms: gather(write_tables(evaluations=sum(arms, []))).comparisons[0]


def test_recovery_is_the_share_of_the_distance_to_separated_training(comparison):
    case = comparison(
        evaluations("tsm", "16", {2: 10, 4: 40, 8: 80, 16: 100}),
        evaluations("tsm", "4", {4: 90, 8: 70, 16: 30}),
        evaluations("ffn", "4+8+16", {4: 80, 8: 95, 16: 98}),
    )
    assert (case.highest, case.lowest, case.baseline) == (16, 4, "TSM (16)")
    assert case.recovery_counts() == [4, 8]
    assert case.gap("TSM (16)").value == 60
    assert case.gap("FFN {4,8,16}").value == 18
    assert case.recovery("FFN {4,8,16}", 4).value == pytest.approx((80 - 40) / (90 - 40))


def test_without_separated_training_full_recovery_is_tsm_at_its_own_count(comparison):
    case = comparison(evaluations("tsm", "16", {8: 80, 16: 100}), evaluations("ffn", "8+16", {8: 95, 16: 98}))
    assert case.reference(8) == ("TSM (16)", 16)
    assert case.recovery("FFN {8,16}", 8).value == pytest.approx(15 / 20)


def test_an_arm_may_lose_or_overshoot(comparison):
    case = comparison(evaluations("tsm", "16", {4: 40, 16: 100}), evaluations("tsm", "4", {4: 90}),
                      evaluations("mixed", "4+16", {4: 30}), evaluations("ffn", "4+16", {4: 95}))  # fmt: skip
    assert case.recovery("Mixed {4,16}", 4).value == pytest.approx(-0.2)
    assert case.recovery("FFN {4,16}", 4).value == pytest.approx(1.1)


def test_where_tsm_lacks_nothing_there_is_no_recovery(comparison):
    case = comparison(evaluations("tsm", "16", {4: 90, 16: 90}), evaluations("tsm", "4", {4: 90}),
                      evaluations("ffn", "4+16", {4: 95, 16: 90}))  # fmt: skip
    assert case.recovery("FFN {4,16}", 4) is None


def test_a_fall_within_the_noise_of_the_clips_has_no_recovery(comparison):
    case = comparison(evaluations("tsm", "16", {4: 88, 16: 90}), evaluations("ffn", "4+16", {4: 90, 16: 90}))
    assert case.recovery("FFN {4,16}", 4) is None


def test_a_fall_that_the_seeds_do_not_agree_on_is_none(comparison):
    """The means differ by 20 points, more than 200 clips explain, but one seed of three falls by 60 and two do not."""
    arms = [evaluations("tsm", "16", {4: top1, 16: 90}, seed) for seed, top1 in enumerate((30, 90, 90))]
    arms += [evaluations("ffn", "4+16", {4: 90, 16: 90}, seed) for seed in range(3)]
    case = comparison(*arms)
    assert case.gap("TSM (16)").value == pytest.approx(20)
    assert not case.falls_short(4, ("TSM (16)", 16))
    assert case.recovery("FFN {4,16}", 4) is None


def test_a_fall_that_all_seeds_agree_on_is_one_though_their_accuracies_differ(comparison):
    arms = [evaluations("tsm", "16", {4: 80 + 5 * seed, 16: 84 + 5 * seed + 0.1 * seed}, seed) for seed in range(3)]
    assert comparison(*arms).falls_short(4, ("TSM (16)", 16))


def test_seeds_are_paired(comparison):
    arms = [evaluations("tsm", "16", {4: 40 + 10 * seed, 16: 100}, seed) for seed in (0, 1, 2)]
    arms += [evaluations("tsm", "4", {4: 80 + 10 * seed}, seed) for seed in (0, 1)]
    arms += [evaluations("ffn", "4+16", {4: 60 + 10 * seed, 16: 100}, seed) for seed in (1, 2)]
    case = comparison(*arms)
    assert case.gap("TSM (16)").value == 50
    recovery = case.recovery("FFN {4,16}", 4)
    assert recovery.value == pytest.approx(20 / 40)
    assert np.isnan(recovery.low)


def test_equal_ratios_over_seeds_leave_no_doubt(comparison):
    arms = [evaluations("tsm", "16", {4: 40 + seed, 16: 100}, seed) for seed in (0, 1, 2)]
    arms += [evaluations("tsm", "4", {4: 80 + seed}, seed) for seed in (0, 1, 2)]
    arms += [evaluations("ffn", "4+16", {4: 70 + seed}, seed) for seed in (0, 1, 2)]
    assert comparison(*arms).recovery("FFN {4,16}", 4) == pytest.approx((0.75, 0.75, 0.75))


def test_the_lowest_count_is_one_that_another_arm_trains(comparison):
    tsm = evaluations("tsm", "16", {2: 10, 4: 40, 8: 80, 16: 100})
    assert comparison(tsm, evaluations("ffn", "8+16", {8: 95})).lowest == 8


def test_alone_tsm_falls_to_its_lowest_evaluated_count(comparison):
    case = comparison(evaluations("tsm", "16", {2: 10, 4: 40, 16: 100}))
    assert (case.lowest, case.gap("TSM (16)").value) == (2, 90)


def test_only_its_own_count_gives_no_gap(comparison):
    case = comparison(evaluations("tsm", "16", {16: 100}))
    assert case.lowest is None
    assert case.gap("TSM (16)") is None


def test_without_tsm_there_is_no_baseline(comparison):
    case = comparison(evaluations("ffn", "4+16", {4: 80, 16: 98}))
    assert (case.baseline, case.lowest, case.recovery("FFN {4,16}", 4)) == (None, None, None)


def test_predictions_give_a_single_seeds_differences_their_intervals(make_study):
    folder = make_study(predictions=True)
    case = gather(folder).comparisons[0]
    gap, recovery = case.gap("TSM (16)"), case.recovery("FFN {4,8,16}", 4)
    (folder / "predictions.parquet").unlink()
    blind = gather(folder).comparisons[0]
    assert np.isnan(blind.gap("TSM (16)").low)
    assert gap.value == pytest.approx(blind.gap("TSM (16)").value, abs=0.01)
    assert recovery.value == pytest.approx(blind.recovery("FFN {4,8,16}", 4).value, abs=0.001)
    assert gap.low < gap.value < gap.high
    assert recovery.low < recovery.value < recovery.high


def test_over_seeds_and_clips_an_accuracy_is_still_that_of_the_table(full_report):
    case = full_report.comparisons[0]
    estimate = case.accuracy("FFN {4,8,16}", 4)
    assert estimate.value == case.top1_by_seed("FFN {4,8,16}", 4).mean()
    assert estimate.low < estimate.value < estimate.high


def test_trials_with_the_same_seed_count_as_one(make_study):
    folder = make_study(predictions=True)
    for name in ("trials.csv", "epochs.csv", "evaluations.csv"):
        table = pd.read_csv(folder / name)
        twin = table[table["trial"] == "tsm_4_lr0.05_seed0"].assign(trial="twin")
        pd.concat([table, twin]).to_csv(folder / name, index=False)
    table = pd.read_parquet(folder / "predictions.parquet")
    twin = table[table["trial"] == "tsm_4_lr0.05_seed0"].assign(trial="twin")
    pd.concat([table, twin]).to_parquet(folder / "predictions.parquet")
    outcomes = gather(folder).comparisons[0].outcomes("Separated Training (4)", 4)
    assert outcomes.shape == (600, 1)


def test_of_very_many_arms_plain_ones_and_the_best_are_compared(comparison):
    variants = [evaluations("ffn", "4+16", {4: number, 16: 90}, variant=f"variant {number}") for number in range(40)]
    case = comparison(evaluations("tsm", "16", {4: 1, 16: 90}), *variants)
    assert (len(case.arms), case.hidden_arms) == (24, 17)
    assert case.baseline == "TSM (16)"
    assert "FFN {4,16}, variant 39" in case.arms
    assert "FFN {4,16}, variant 0" not in case.arms
