from analysis.reading.provenance import versions


def test_a_record_without_sessions_has_no_versions():
    assert versions({"sessions": [{"versions": None}]}) == {}


def test_a_version_that_changed_between_sessions_shows_both():
    sessions = [{"versions": {"ray": "2.59"}}, {"versions": {"ray": "2.60", "torch": "2.14"}}]
    assert versions({"sessions": sessions}) == {"ray": "2.59, then 2.60", "torch": "2.14"}
