"""KServe's serving runtimes: which model formats and protocols each serves.

Taken from `config/runtimes` of the KServe 0.20.0 module (a test compares the two). Rules need it to refuse a
service that no runtime would ever take: KServe itself accepts such a service and leaves it pending.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

RuntimeName = Literal[
    "kserve-autogluonserver",
    "kserve-huggingfaceserver",
    "kserve-huggingfaceserver-multinode",
    "kserve-lgbserver",
    "kserve-mlserver",
    "kserve-paddleserver",
    "kserve-pmmlserver",
    "kserve-predictiveserver",
    "kserve-sklearnserver",
    "kserve-tensorflow-serving",
    "kserve-torchserve",
    "kserve-tritonserver",
    "kserve-vllmserver",
    "kserve-xgbserver",
]
ALL_RUNTIMES: tuple[RuntimeName, ...] = get_args(RuntimeName)

# What the built-in example runs on.
EXAMPLE_RUNTIME: RuntimeName = "kserve-torchserve"

Protocol = Literal["v1", "v2", "grpc-v1", "grpc-v2"]


@dataclass(frozen=True)
class Runtime:
    """What one ClusterServingRuntime serves.

    Attributes:
        chosen_for: Model formats that it is chosen for by itself (`autoSelect`).
        asked_for: Model formats that it serves only when a service names it.
        protocols: Inference protocols; empty where its manifest names none, which KServe takes as any.
    """

    chosen_for: tuple[str, ...]
    protocols: tuple[Protocol, ...]
    asked_for: tuple[str, ...] = ()

    @property
    def formats(self) -> tuple[str, ...]:
        """Every model format that it serves."""
        return self.chosen_for + self.asked_for


RUNTIMES: Mapping[RuntimeName, Runtime] = MappingProxyType(
    {
        "kserve-autogluonserver": Runtime(("autogluon",), ("v1", "v2")),
        "kserve-huggingfaceserver": Runtime(("huggingface",), ("v2", "v1")),
        "kserve-huggingfaceserver-multinode": Runtime(("huggingface",), ("v2", "v1")),
        "kserve-lgbserver": Runtime(("lightgbm",), ("v1", "v2")),
        "kserve-mlserver": Runtime(("sklearn", "xgboost", "lightgbm", "mlflow"), ("v2",)),
        "kserve-paddleserver": Runtime(("paddle",), ("v1", "v2")),
        "kserve-pmmlserver": Runtime(("pmml",), ("v1", "v2")),
        "kserve-predictiveserver": Runtime((), ("v1", "v2"), ("sklearn", "xgboost", "lightgbm")),
        "kserve-sklearnserver": Runtime(("sklearn",), ("v1", "v2")),
        "kserve-tensorflow-serving": Runtime(("tensorflow",), ("v1", "grpc-v1")),
        "kserve-torchserve": Runtime(("pytorch",), ("v1", "v2", "grpc-v2")),
        "kserve-tritonserver": Runtime(
            ("tensorrt", "tensorflow", "onnx", "triton"), ("v2", "grpc-v2"), ("pytorch",)
        ),
        "kserve-vllmserver": Runtime(("vLLM",), ()),
        "kserve-xgbserver": Runtime(("xgboost",), ("v1", "v2")),
    }
)

MODEL_FORMATS: tuple[str, ...] = tuple(
    sorted({name for runtime in RUNTIMES.values() for name in runtime.formats}, key=str.lower)
)
