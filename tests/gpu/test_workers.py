"""Two GPUs that train one network together, against one alone."""

import pytest
import torch

from tests.ffn.workers_together import FFN, answers_of_workers, assert_same_run, settings_of, trained

pytestmark = pytest.mark.gpu


@pytest.mark.skipif(torch.cuda.device_count() == 1, reason="there is one GPU")
def test_two_gpus_make_the_steps_of_one(videos, tmp_path):
    settings = settings_of(synchronised_batchnorm=True, **FFN)
    alone = trained(videos, settings, tmp_path / "alone", "cuda")
    calls = {"together": (trained, videos, settings, tmp_path / "together", "cuda")}
    for of_gpu in answers_of_workers(calls, tmp_path, "cpu:gloo,cuda:nccl")["together"]:
        assert_same_run(of_gpu, alone, rtol=1e-6)
