import csv
import json

import torch
from rich.console import Console

from experiments.benchmarks.device import traffic
from experiments.benchmarks.measure import (
    Measurement,
    compared,
    fitting,
    interleaved,
    show,
    show_surroundings,
    without_room,
    write,
)
from study.results.provenance import surroundings


def test_repeats_take_the_variants_in_turn_and_ratios_are_within_a_repeat():
    calls = []
    speeds = {"plain": iter([1.0, 10.0, 2.0]), "fast": iter([3.0, 20.0, 8.0])}

    def variant(name):
        def call():
            calls.append(name)
            return next(speeds[name])

        return call

    rows = compared("reading", "clips/s", {name: variant(name) for name in speeds}, repeats=3, floor=30.0)
    assert calls == ["plain", "fast", "fast", "plain", "plain", "fast"]
    assert [(row.variant, row.value, row.ratio, row.floor) for row in rows] == [
        ("plain", 2.0, 1.0, 30.0),
        ("fast", 8.0, 3.0, 30.0),
    ]


def test_every_variant_is_measured_in_every_repeat():
    assert interleaved({"a": lambda: 1.0, "b": lambda: 2.0}, 2) == {"a": [1.0, 1.0], "b": [2.0, 2.0]}


def test_what_does_not_fit_is_a_row_without_a_value_and_the_others_are_measured():
    def too_large():
        raise torch.OutOfMemoryError("CUDA out of memory")

    fits, names = fitting({"small": lambda: 1.0, "large": too_large})
    assert (fits, names) == ({"small": 1.0}, ["large"])
    (row,) = without_room("reading", "clips/s", names)
    assert (row.variant, row.value) == ("large: does not fit", None)


def test_traffic_counts_each_operand_once_also_backward_and_no_view():
    x = torch.ones(1000, requires_grad=True)
    assert traffic(lambda: x.detach().view(10, 100).t()) == 0
    assert traffic(lambda: x.detach() + x.detach()) == 3 * x.nbytes
    assert traffic(lambda: (x * x).sum().backward()) > traffic(lambda: (x * x).sum()) >= 4 * x.nbytes


def test_the_table_is_printed_and_written_with_where_it_was_measured(tmp_path):
    rows = [Measurement(benchmark="reading", variant="plain", value=0.0, unit="clips/s", ratio=1.0)]
    record = {"load_before": (0.5, 0.5, 0.5), "load_after": (1.0, 1.0, 1.0), **surroundings("experiments.benchmarks.x")}
    console = Console(record=True, width=200)
    show(rows, console)
    show_surroundings(record, console)
    printed = console.export_text()
    assert all(
        text in printed for text in ("reading", "clips/s", record["hardware"]["cpu"], record["versions"]["torch"])
    )
    write(tmp_path / "out", "x", rows, record)
    with (tmp_path / "out" / "x.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row == {
        "benchmark": "reading", "variant": "plain", "value": "0.0", "unit": "clips/s", "ratio": "1.0", "floor": "",
    }  # fmt: skip
    assert json.loads((tmp_path / "out" / "x.json").read_text())["hardware"] == record["hardware"]
