"""Ray Train's trainer as a trial uses it."""

from ray.train.v2._internal.callbacks import DatasetsCallback
from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer


class TrainerWithoutDatasets(DataParallelTrainer):
    """Leaves out Ray Data, which reads no clip here: its manager would be one more process of every trial."""

    def _create_default_callbacks(self) -> list:
        usual = super()._create_default_callbacks()
        return [callback for callback in usual if not isinstance(callback, DatasetsCallback)]
