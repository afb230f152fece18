"""A device that no machine needs: its tensors have shapes, strides and types, and no values.

As on a GPU, an operation over tensors of two devices raises. What stays on the CPU is computed as usual, so the
project's code runs unchanged, from the loader to the table. Copies back to the CPU hold ones. Of single numbers read
from the device (``item``), counts are 1 and others 0: loss scaling reads that nothing overflowed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils import backend_registration
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

NAME = "pretended"
HALF = (torch.bfloat16, torch.float16)
AUTOCAST = torch._C.DispatchKey.AutocastPrivateUse1
aten = torch.ops.aten


class _WithoutValues(FakeTensorMode):
    def __deepcopy__(self, memo: Any) -> "_WithoutValues":
        """Copied tensors stay together."""
        return self


WITHOUT_VALUES = _WithoutValues(allow_non_fake_inputs=True)  # one in a process, as the project caches tensors by device


@contextmanager
def pretended_device() -> Iterator[torch.device]:
    """The device, which exists within this context. Skips the test where torch cannot pretend, or need not."""
    if torch.cuda.is_available():
        pytest.skip("there is a GPU: the tests marked gpu run on it")
    if not hasattr(backend_registration, "_setup_privateuseone_for_python_backend"):
        pytest.skip("this torch has no devices written in Python")
    _register()
    torch._C._set_only_lift_cpu_tensors(True)  # torch.tensor(..., device=...) is made on the CPU and copied
    try:
        with _Dispatch():
            yield torch.device(NAME)
    finally:
        torch._C._set_only_lift_cpu_tensors(False)


class _Dispatch(TorchDispatchMode):
    def __torch_dispatch__(self, operation: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if not any(issubclass(kind, FakeTensor) for kind in types):
            if not _is_here(kwargs.get("device")):
                return operation(*args, **kwargs)
            args = tree_map_only(Tensor, WITHOUT_VALUES.from_tensor, args)
        elif operation is aten._local_scalar_dense.default:
            return 0.0 if args[0].is_floating_point() else 1
        elif operation is aten.copy_.default and type(args[0]) is Tensor:  # from the device into a tensor of the CPU
            return args[0].fill_(1)
        answer = WITHOUT_VALUES.__torch_dispatch__(operation, types, args, kwargs)
        WITHOUT_VALUES.fake_tensor_converter.meta_converter.tensor_memo.clear()  # nn.Module.to refuses weak references
        return _brought_back(answer) if isinstance(answer, Tensor) and not _is_here(answer.device) else answer


def _brought_back(tensor: Tensor) -> Tensor:
    layout = {"dtype": tensor.dtype, "device": tensor.device}
    return torch.empty_strided(tensor.shape, tensor.stride(), **layout).fill_(1)


def _is_here(device: Any) -> bool:
    return device is not None and torch.device(device).type == NAME


@cache
def _register() -> tuple[torch.library.Library, ...]:
    """Once in a process; autocast ends with what is returned."""
    backend_registration._setup_privateuseone_for_python_backend(NAME)
    getattr(torch, NAME).get_amp_supported_dtype = lambda: list(HALF)
    every, some = torch.library.Library("_", "IMPL"), torch.library.Library("aten", "IMPL")
    every.fallback(torch.library.fallthrough_kernel, AUTOCAST.name)
    for name in ("conv2d", "linear"):
        some.impl(name, _in_half_precision(getattr(aten, name)), AUTOCAST.name)
    return every, some


def _in_half_precision(operation: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def cast(*args: Any) -> Tensor:
        with torch._C._ExcludeDispatchKeyGuard(torch._C.DispatchKeySet(AUTOCAST)):
            half = torch.get_autocast_dtype(NAME)
            return operation(*tree_map_only(Tensor, lambda tensor: tensor.to(half), args))

    return cast
