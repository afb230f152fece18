import pytest

from analysis.comparison.ranking import better_variant, described_arms, is_variant, recovering_arms
from analysis.comparison.report_data import gather


def study(write_tables, *arms):
    rows = [{"trial": f"{method}{variant}{frames}", "method": method, "variant": variant, "train_frames": frames,
             "eval_frames": count, "lr": 0.1, "seed": 0, "split": "test", "selection": "last", "clips": 600,
             "top1": top1} for method, variant, frames, accuracies in arms
            for count, top1 in zip((4, 16), accuracies)]  # fmt: skip
    return gather(write_tables(evaluations=rows)).comparisons[0]


TSM = ("tsm", "", "16", (20, 95))


def test_the_arm_that_is_good_at_both_ends_comes_first(write_tables):
    comparison = study(write_tables, TSM, ("finetune", "", "16->4", (94, 27)), ("ffn", "", "4+16", (90, 94)))
    assert recovering_arms(comparison) == ["FFN {4,16}", "Fine-tuning (16→4)"]


def test_a_variant_comes_after_the_plain_arms_unless_its_method_has_none(write_tables):
    comparison = study(write_tables, TSM, ("ffn", "", "4+16", (80, 90)), ("ffn", "without SN", "4+16", (85, 95)),
                       ("mixed", "rho=0.50", "4+16", (82, 92)))  # fmt: skip
    assert recovering_arms(comparison) == ["Mixed {4,16}, rho=0.50", "FFN {4,16}", "FFN {4,16}, without SN"]
    assert not is_variant(comparison, "Mixed {4,16}, rho=0.50")


@pytest.mark.parametrize(("of_variant", "described"), [
    ((85, 95), ["Mixed {4,16}, rho=0.50", "FFN {4,16}, without SN"]),
    ((81, 91), ["Mixed {4,16}, rho=0.50", "FFN {4,16}"]),
])  # fmt: skip
def test_a_variant_is_described_beside_the_best_plain_arm_where_it_is_better(write_tables, of_variant, described):
    comparison = study(write_tables, TSM, ("ffn", "", "4+16", (80, 90)), ("ffn", "without SN", "4+16", of_variant),
                       ("mixed", "rho=0.50", "4+16", (82, 92)))  # fmt: skip
    assert described_arms(comparison) == described
    assert better_variant(comparison) == (described[1] if "without" in described[1] else None)


def test_without_a_lower_count_nothing_recovers(write_tables):
    assert recovering_arms(study(write_tables, ("ffn", "", "4+16", (80, 90)))) == []
