"""What `macs.py` finds in one file."""

from __future__ import annotations

import collections
from dataclasses import dataclass, field

Shape = list[int]

# Operators that multiply and that no rule of ours covers, in both formats.
UNCOUNTED = {
    *("Attention", "DeformConv", "Einsum", "GRU", "If", "Loop", "LSTM", "MultiHeadAttention"),
    *("QAttention", "RNN", "Scan"),
    *("BIDIRECTIONAL_SEQUENCE_LSTM", "BIDIRECTIONAL_SEQUENCE_RNN", "CUSTOM", "IF", "LSTM", "RNN"),
    *("SVDF", "UNIDIRECTIONAL_SEQUENCE_LSTM", "UNIDIRECTIONAL_SEQUENCE_RNN", "WHILE"),
    *("STABLEHLO_CONVOLUTION", "STABLEHLO_DOT_GENERAL"),
}


@dataclass
class Count:
    """What was found in one file; `macs.py` says the meaning of each figure."""

    inputs: dict[str, Shape] = field(default_factory=dict)
    shapes: str = "runtime"
    macs_by_operator: collections.Counter = field(default_factory=collections.Counter)
    without_macs: collections.Counter = field(default_factory=collections.Counter)
    uncounted: collections.Counter = field(default_factory=collections.Counter)
    bias_additions: int = 0
    parameters: int = 0
    constant_elements: int = 0
    onnx_tool: int | None = None

    def add(self, operator: str, macs: int | None, bias_additions: int = 0) -> None:
        """Adds one operator; `macs` is `None` where there is no rule for its type."""
        if macs is not None:
            self.macs_by_operator[operator] += macs
            self.bias_additions += bias_additions
        elif operator in UNCOUNTED:
            self.uncounted[operator] += 1
        else:
            self.without_macs[operator] += 1

    def summary(self) -> dict:
        """Returns the figures as they are written."""
        return {
            "inputs": self.inputs,
            "shapes": self.shapes,
            "macs": sum(self.macs_by_operator.values()),
            "macsByOperator": dict(sorted(self.macs_by_operator.items())),
            "biasAdditions": self.bias_additions,
            "uncounted": dict(sorted(self.uncounted.items())),
            "withoutMacs": dict(sorted(self.without_macs.items())),
            "parameters": self.parameters,
            "constantElements": self.constant_elements,
            "onnxTool": self.onnx_tool,
        }
