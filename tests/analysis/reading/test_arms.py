from analysis.reading.arms import arm_looks, highest_tsm_counts, label_arms, order_arms, with_settings
from analysis.reading.roles import LOOKS, distinct_looks
from analysis.reading.tables import load_study

GREYS = {"#7F7F7F", "#5F6B76"}
OKABE_ITO = {"#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"}


def labelled(folder):
    study = load_study(folder)
    return label_arms(with_settings(study.evaluations, study.trials), highest_tsm_counts(study))


def test_every_method_has_its_own_colour_and_marker():
    assert {look.color for look in LOOKS.values()} == OKABE_ITO | GREYS
    assert len({look.color for look in LOOKS.values()}) == len(LOOKS)
    assert len({look.symbol for look in LOOKS.values()}) == len(LOOKS)


def test_tsm_below_its_highest_count_is_separated_training(make_study):
    assert order_arms(labelled(make_study())) == [
        "TSM (16)", "Separated Training (4)", "Separated Training (8)", "Re-calibrated TSM (16)", "FFN {4,8,16}",
    ]  # fmt: skip


def test_tsm_and_ffn_share_a_backbone_so_that_they_are_compared(make_study):
    assert set(labelled(make_study())["backbone"]) == {"tiny"}


def test_several_backbones_are_told_apart(write_tables):
    trials = [{"trial": name, "model": f"tsm_{name}", "method": "tsm", "train_frames": frames}
              for name, frames in (("resnet18", 8), ("resnet50", 16))]  # fmt: skip
    evaluations = [{**trial, "eval_frames": 8, "top1": 50.0} for trial in trials]
    table = labelled(write_tables(trials=trials, evaluations=evaluations))
    assert order_arms(table) == ["TSM (8), resnet18", "TSM (16), resnet50"]


def test_networks_that_are_no_tsm_bear_their_own_names(write_tables):
    networks = ("tsm_tiny", "tsn_tiny", "tiny_vit")
    trials = [{"trial": f"{model}{frames}", "model": model, "method": "tsm", "train_frames": frames}
              for model in networks for frames in (4, 16)]  # fmt: skip
    trials += [{"trial": f"ffn_{name}", "model": f"ffn_{name}", "method": "ffn", "train_frames": "4+16"}
               for name in ("tiny", "tsn_tiny", "tiny_vit")]  # fmt: skip
    evaluations = [{**trial, "eval_frames": 4, "top1": 50.0} for trial in trials]
    evaluations.append({**evaluations[3], "adaptation": "recalibrated"})
    table = labelled(write_tables(trials=trials, evaluations=evaluations))
    assert {backbone: set(rows["arm"]) for backbone, rows in table.groupby("backbone")} == {
        "tiny": {"TSM (16), tiny", "Separated Training (4), tiny", "FFN {4,16}, tiny"},
        "tsn_tiny": {"TSN (16), tsn_tiny", "Re-calibrated TSN (16), tsn_tiny", "Separated Training (4), tsn_tiny",
                     "FFN {4,16}, tsn_tiny"},
        "tiny_vit": {"tiny_vit (16)", "Separated Training (4), tiny_vit", "FFN {4,16}, tiny_vit"},
    }  # fmt: skip


def test_variants_share_their_methods_colour_and_differ_in_their_line(write_tables):
    trials = [{"trial": f"ffn{variant}", "model": "ffn_tiny", "method": "ffn", "variant": variant,
               "train_frames": "4+16"} for variant in ("", "shared BatchNorm", "no distillation")]  # fmt: skip
    table = labelled(write_tables(trials=trials, evaluations=[{**trial, "eval_frames": 4} for trial in trials]))
    dashes = {arm: look.dash for arm, look in arm_looks(table).items()}
    assert dashes["FFN {4,16}"] == "solid"
    assert len(set(dashes.values())) == 3


def test_no_two_of_twenty_arms_look_alike(write_tables):
    methods = [("retrofit", "4"), ("ffn", "4+16"), ("mixed", "4+16")]
    trials = [{"trial": f"{method}{number}", "model": "tsm_tiny", "method": method, "variant": f"layers {number}",
               "train_frames": frames} for number in range(20) for method, frames in methods]  # fmt: skip
    table = labelled(write_tables(trials=trials, evaluations=[{**trial, "eval_frames": 4} for trial in trials]))
    looks = arm_looks(table).values()
    assert len({(look.color, look.symbol, look.dash) for look in looks}) == 60


def test_a_roles_own_symbol_and_line_are_no_variants():
    for role, own in LOOKS.items():
        plain, *variants = distinct_looks(dict.fromkeys(map(str, range(20)), role)).values()
        assert plain == own
        assert own.symbol not in {look.symbol for look in variants}
        assert own.dash not in {look.dash for look in variants}


def test_unknown_roles_and_ensembles_are_grey_and_told_apart():
    roles = {"a": "recalibrated mixed", "b": "recalibrated ffn", "c": "ensemble", "d": "ensemble"}
    looks = distinct_looks(roles).values()
    assert len({(look.color, look.symbol, look.dash) for look in looks}) == len(roles)


def test_the_highest_count_is_known_before_its_trial_is_evaluated(write_tables):
    trials = [{"trial": f"tsm{frames}", "model": "tsm_tiny", "method": "tsm", "train_frames": frames}
              for frames in (4, 16)]  # fmt: skip
    table = labelled(write_tables(trials=trials, evaluations=[{**trials[0], "eval_frames": 4}]))
    assert order_arms(table) == ["Separated Training (4)"]
