"""The study's driver (a Tune callback): a live table with the epoch, accuracy, speed and time left of each trial."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean
from typing import Any

from ray import tune
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from study.cluster.trial_process import trial_name
from study.plan.estimate import clock
from study.plan.trial import Trial

STYLES = {"finished": "green", "stopped": "yellow", "running": "bold", "pending": "dim", "failed": "red"}
AROUND_THE_ROWS = 3
"""Lines of a terminal: the summary, the header, and the cursor's."""


@dataclass
class TrialState:
    """The progress of one trial."""

    epochs: int
    status: str = "pending"
    row: dict[str, Any] = field(default_factory=dict)
    epoch_seconds: float = 0.0

    @property
    def stage(self) -> str:
        """One word for what the trial does, shown if its time left is unknown."""
        if self.status == "running":
            return "evaluating" if self.row else "starting"
        return "done" if self.status == "finished" else self.status

    @property
    def seconds_left(self) -> float:
        """Seconds of training left, estimated from its own epochs."""
        return (self.epochs - self.row.get("epoch", 0)) * self.epoch_seconds if self.status == "running" else 0.0


class ProgressTable(tune.Callback):
    """Shows the running study: a live table in a terminal, else a line per epoch."""

    def __init__(
        self, trials: Sequence[Trial], over: Mapping[str, str], console: Console, trials_to_come: int = 0
    ) -> None:
        """``over``: statuses of trials that ended in earlier sessions; ``trials_to_come``: number not yet suggested."""
        self.console, self.trials_to_come = console, trials_to_come
        self.states = {
            trial.name: TrialState(trial.training.epochs, over.get(trial.name, "pending")) for trial in trials
        }
        self.weights = {trial.name: trial.training_frames for trial in trials}
        self.counts = sorted({count for trial in trials for count in trial.training.frame_counts})
        self.begin = time.monotonic()
        self.live = Live(
            get_renderable=self.render,
            console=console,
            refresh_per_second=2,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> "ProgressTable":
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.console.is_terminal:
            self.live.stop()

    def __getstate__(self) -> dict:  # Tune saves its callbacks; a terminal cannot be saved
        return {}

    def on_trial_start(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        """Tune started a trial."""
        if trial_name(trial.config) not in self.states:
            self._add_suggested(Trial.from_dict(trial.config["trial"]))
        self._become(trial_name(trial.config), "running")

    def on_trial_result(self, iteration: int, trials: list, trial: Any, result: dict, **info: Any) -> None:
        """An epoch is over."""
        if "epoch" not in result:
            return
        state = self.states[trial_name(trial.config)]
        state.row, state.epoch_seconds = result, result["seconds"]
        self.counts = sorted({*self.counts, *_validated_counts(result)})
        self._line(f"{trial_name(trial.config)}  epoch {result['epoch']}/{state.epochs}  {_accuracies(result)}")
        if result.get("stopped"):
            self._become(trial_name(trial.config), "stopped")

    def on_trial_complete(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        """A trial is trained and evaluated, or was stopped."""
        if self.states[trial_name(trial.config)].status != "stopped":
            self._become(trial_name(trial.config), "finished")

    def on_trial_error(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        """A trial failed."""
        self._become(trial_name(trial.config), "failed")

    def render(self) -> Group:
        """The current table."""
        columns = ("epoch", "", *(f"@{count}" for count in self.counts), "clips/s", "left")
        table = Table(
            Column("trial", overflow="fold"),
            *(Column(column, justify="right", no_wrap=True) for column in columns),
            box=None,
            pad_edge=False,
            header_style="bold",
        )
        for name in self._shown():
            table.add_row(*self._cells(name, self.states[name]), style=STYLES[self.states[name].status])
        return Group(Text(self.summary(), style="dim"), table)  # what a terminal has no lines for is cut at the end

    def summary(self) -> str:
        """One line: trials done, time elapsed, time left."""
        over = sum(state.status in ("finished", "stopped") for state in self.states.values())
        left = self.seconds_left()
        text = f"{over} of {len(self.states) + self.trials_to_come} trials, {clock(time.monotonic() - self.begin)} gone"
        return text if left is None else f"{text}, about {clock(left)} left (validation top-1)"

    def seconds_left(self) -> float | None:
        """An estimate from the running trials' pace and the frames still to be trained."""
        running = {
            name: state for name, state in self.states.items() if state.epoch_seconds and state.status == "running"
        }
        if not running:
            return None
        pace = sum(s.epoch_seconds * s.epochs for s in running.values()) / sum(self.weights[name] for name in running)
        pending = sum(self.weights[name] for name, state in self.states.items() if state.status == "pending")
        waiting = pace * (pending + self.trials_to_come * mean(self.weights.values()))
        under_way = [state.seconds_left for state in running.values()]
        return max(max(under_way), (waiting + sum(under_way)) / len(under_way))

    def _add_suggested(self, trial: Trial) -> None:
        self.states[trial.name] = TrialState(trial.training.epochs)
        self.weights[trial.name] = trial.training_frames
        self.trials_to_come -= 1

    def _become(self, name: str, status: str) -> None:
        self.states[name].status = status
        self._line(f"{name}  {status}")

    def _line(self, text: str) -> None:
        if not self.console.is_terminal:
            self.console.print(text, highlight=False, soft_wrap=True)

    def _shown(self) -> list[str]:
        rank = {"running": 0, "failed": 1, "pending": 2, "stopped": 3, "finished": 4}
        rows = self.console.height - AROUND_THE_ROWS
        if len(self.states) <= rows:
            return list(self.states)
        return sorted(self.states, key=lambda name: rank[self.states[name].status])[:rows]

    def _cells(self, name: str, state: TrialState) -> list[Any]:
        row = state.row
        done = state.epochs if state.status == "finished" else row.get("epoch", 0)
        accuracies = [f"{row[key]:.1f}" if (key := f"validation_top1_{count}") in row else "" for count in self.counts]
        left = clock(state.seconds_left) if state.seconds_left else state.stage
        speed = f"{row['clips_per_second']:.0f}" if row else ""
        return [name, f"{done}/{state.epochs}", ProgressBar(state.epochs, done, width=10), *accuracies, speed, left]


def _validated_counts(row: dict) -> list[int]:
    return sorted(int(key.removeprefix("validation_top1_")) for key in row if key.startswith("validation_top1_"))


def _accuracies(row: dict) -> str:
    return "  ".join(f"{row[f'validation_top1_{count}']:.1f} @{count}" for count in _validated_counts(row))
