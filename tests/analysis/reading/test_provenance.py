from analysis.reading.provenance import shared_configuration, versions


def test_only_what_all_trials_share_is_kept_at_every_depth():
    trials = [{"lr": 0.1, "epochs": 8, "recipe": {"momentum": 0.9, "decay": decay}, "seed": seed}
              for seed, decay in ((0, 1e-4), (1, 5e-4))]  # fmt: skip
    assert shared_configuration({"trials": trials}) == {"lr": 0.1, "epochs": 8, "recipe": {"momentum": 0.9}}


def test_a_record_without_trials_or_sessions_has_neither():
    assert shared_configuration({}) == {}
    assert versions({"sessions": [{"versions": None}]}) == {}


def test_a_version_that_changed_between_sessions_shows_both():
    sessions = [{"versions": {"ray": "2.59"}}, {"versions": {"ray": "2.60", "torch": "2.14"}}]
    assert versions({"sessions": sessions}) == {"ray": "2.59, then 2.60", "torch": "2.14"}
