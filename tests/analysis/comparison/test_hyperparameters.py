import json

import pytest

from analysis.comparison.hyperparameters import chance_level, importances, varied_settings
from analysis.comparison.report_data import gather


def searched(write_tables, trials=20):
    """A study whose score rises with weight decay and has nothing to do with momentum; its last trial was stopped."""
    rows = [{"trial": f"t{number}", "method": "ffn", "model": "ffn_tiny", "train_frames": "4", "lr": 0.1, "seed": 0,
             "status": "finished" if number < trials - 1 else "stopped", "setting": f"decay{number}"}
            for number in range(trials)]  # fmt: skip
    epochs = [{"trial": f"t{number}", "epoch": 1, "validation_top1_4": 10 + number / 100} for number in range(trials)]
    evaluated = [{**row, "eval_frames": 4, "split": "test", "selection": "last", "clips": 9, "top1": 50}
                 for row in rows[:-1]]  # fmt: skip
    folder = write_tables(trials=rows, epochs=epochs, evaluations=evaluated)
    settings = [{"name": f"t{number}", "resources": {"gpus": number},
                 "training": {"lr": 0.1, "weight_decay": 1e-5 * (number + 1), "momentum": (number * 7) % 3,
                              "recipe": {"crop": "random"}}} for number in range(trials)]  # fmt: skip
    (folder / "study.json").write_text(json.dumps({"trials": settings}))
    return folder


def read(folder):
    report = gather(folder)
    return varied_settings(report.study, report.results)


def test_only_settings_that_vary_and_change_the_training_are_kept(write_tables):
    settings = read(searched(write_tables))
    assert set(settings.columns[5:]) == {"momentum", "weight_decay"}
    assert len(settings) == 20


def test_a_setting_that_orders_the_scores_has_importance_one(write_tables):
    found = importances(read(searched(write_tables))).set_index("setting")
    assert found.loc["weight_decay", "importance"] == pytest.approx(1)
    assert found.loc["weight_decay", "direction"] == "+"
    assert found.loc["momentum", "importance"] < chance_level(19)


def test_texts_have_a_share_of_the_ranks(write_tables):
    folder = searched(write_tables)
    record = json.loads((folder / "study.json").read_text())
    for number, trial in enumerate(record["trials"]):
        trial["training"]["recipe"]["crop"] = "random" if number < 10 else "multi_scale"
    (folder / "study.json").write_text(json.dumps(record))
    found = importances(read(folder)).set_index("setting")
    assert found.loc["recipe.crop", "importance"] == pytest.approx(0.867, abs=0.001)


@pytest.mark.filterwarnings("error")
def test_no_setting_has_importance_where_all_score_alike(write_tables):
    settings = read(searched(write_tables)).assign(score=50.0)
    found = importances(settings)
    assert set(found["setting"]) == {"momentum", "weight_decay"}
    assert (found["importance"] == 0).all()


def test_where_nothing_varies_there_is_nothing_to_rank(make_study):
    assert importances(read(make_study(arms=(("tsm", "4"),)))).empty
