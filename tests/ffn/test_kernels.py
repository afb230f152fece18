import torch

from ffn.kernels import choose_kernels, kernel_choices


def test_a_gpus_kernels_are_chosen_and_said_and_a_cpus_left_alone():
    with torch.backends.cudnn.flags(benchmark=False, allow_tf32=False):
        choose_kernels(torch.device("cpu"))
        assert kernel_choices() == []
        choose_kernels(torch.device("cuda", 1))
        assert kernel_choices() == ["TF32", "cudnn.benchmark"]
