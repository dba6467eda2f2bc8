"""The classifier: 28x28 grey pixels to ten scores.

This file is also the model file inside the archive: TorchServe wants exactly one class in it.
"""

from __future__ import annotations

import torch
from torch import nn

_MEAN, _DEVIATION = 0.1307, 0.3081  # of MNIST's pixels, from 0 to 1


class DigitNetwork(nn.Module):  # type: ignore[misc]
    """Two convolutions and two linear layers, 107,000 weights.

    It normalises its input itself, so that whoever asks, and whoever reads Captum's attributions, deals in
    plain pixels from 0 (paper) to 1 (ink).
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.scores = nn.Sequential(
            nn.Flatten(), nn.Dropout(0.25), nn.Linear(32 * 7 * 7, 64), nn.ReLU(), nn.Linear(64, 10)
        )

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Scores (logits), n x 10, of images, n x 1 x 28 x 28."""
        hidden: torch.Tensor = self.scores(self.features((pixels - _MEAN) / _DEVIATION))
        return hidden
