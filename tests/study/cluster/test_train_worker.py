import pytest
import torch

from study.cluster.train_worker import may_be_a_lost_worker


@pytest.mark.parametrize(
    ("error", "retried"),
    [
        (RuntimeError("Connection closed by peer"), True),
        (torch.distributed.DistBackendError("NCCL error: remote process exited"), True),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"), False),
        (ValueError("batch_size must be at least the 4 workers, got 2"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_several_workers_are_restarted_only_after_what_a_lost_one_can_raise(error, retried):
    assert may_be_a_lost_worker(error) == retried
