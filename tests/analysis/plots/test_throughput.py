def test_speed_memory_and_time_are_means_over_seeds(full_report, full_plots):
    views = full_plots["throughput"].views
    assert list(views) == ["clips per second", "peak memory (GB)", "minutes per trial"]
    bars = {name: figure.data[0] for name, figure in views.items()}
    assert set(bars["clips per second"].x) == {180.5}
    assert set(bars["peak memory (GB)"].x) == {0.912}
    arms = full_report.comparisons[0].arms
    assert list(bars["minutes per trial"].y) == [arm for arm in arms if "Re-calibrated" not in arm]
