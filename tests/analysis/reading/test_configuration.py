from analysis.reading.configuration import settings_of, shared_settings, trained_by, versions


def test_only_what_all_trials_share_is_kept_at_every_depth():
    trials = [{"lr": 0.1, "epochs": 8, "recipe": {"momentum": 0.9, "decay": decay}, "seed": seed}
              for seed, decay in ((0, 1e-4), (1, 5e-4))]  # fmt: skip
    assert shared_settings(trials) == {"lr": 0.1, "epochs": 8, "recipe": {"momentum": 0.9}}


def test_a_record_without_trials_has_no_settings():
    assert shared_settings([]) == trained_by({}) == {}


def test_resources_and_columns_of_trials_csv_are_no_settings():
    training = {"backbone": "tiny", "lr": 0.1, "weight_decay": 1e-4, "seed": 0}
    trial = {"name": "a", "method": "tsm", "members": [], "training": training, "resources": {"cpus": 2}}
    assert trained_by({"trials": [trial]}) == {"a": training}
    assert settings_of(training) == {"weight_decay": 1e-4}


def test_an_ensemble_is_not_trained():
    assert trained_by({"trials": [{"name": "joined", "training": {"lr": 0.1}, "members": ["a", "b"]}]}) == {}


def test_a_record_without_sessions_has_no_versions():
    assert versions({"sessions": [{"versions": None}]}) == {}


def test_a_version_that_changed_between_sessions_shows_both():
    sessions = [{"versions": {"ray": "2.59"}}, {"versions": {"ray": "2.60", "torch": "2.14"}}]
    assert versions({"sessions": sessions}) == {"ray": "2.59, then 2.60", "torch": "2.14"}
