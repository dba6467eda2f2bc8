"""The handler of the archive: predictions, and Captum's integrated gradients as explanations."""

from __future__ import annotations

from typing import Any

import torch
from mnist_rows import RowRefused, read_row  # type: ignore[import-not-found]
from ts.torch_handler.base_handler import BaseHandler
from ts.utils.util import PredictionException

_INTEGRATION_STEPS = 20


class MnistHandler(BaseHandler):  # type: ignore[misc]
    """Answers each row with the digit it shows; a row of several images with a list.

    All rows of a request go through the network at once.
    """

    def initialize(self, context: Any) -> None:
        """Load the network, and let it answer once: the first real request must not pay for that."""
        # More than one thread per worker only makes pods fight for the node's cores.
        torch.set_num_threads(1)
        super().initialize(context)
        with torch.inference_mode():
            self.model(torch.zeros(1, 1, 28, 28))
        self.initialized = True

    def handle(self, data: list[Any], context: Any) -> list[Any]:
        """Answer a request.

        Raises:
            PredictionException: 400: a row holds no digit; the message names it.
        """
        self.context = context
        images: list[list[list[float]]] = []
        for index, row in enumerate(data):
            try:
                images.append(read_row(row))
            except RowRefused as refused:
                raise PredictionException(f"instance {index}: {refused}", 400) from None
        pixels = torch.tensor([one for row in images for one in row]).reshape(-1, 1, 28, 28)
        counts = [len(row) for row in images]
        if self._is_explain():
            return fold(self._explain(pixels, self._targets(data, counts)), counts)
        with torch.inference_mode():
            return fold(self.model(pixels).argmax(1).tolist(), counts)

    def _targets(self, data: list[Any], counts: list[int]) -> list[int | None]:
        """The digit that each image is to be explained as: a row's "target", else what the network sees."""
        targets = []
        for index, (row, count) in enumerate(zip(data, counts, strict=True)):
            target = row.get("target") if isinstance(row, dict) else None
            if target is not None and target not in range(10):
                raise PredictionException(f"instance {index}: target {target} is not a digit", 400)
            targets += [target] * count
        return targets

    def _explain(self, pixels: torch.Tensor, targets: list[int | None]) -> list[Any]:
        """Attributions: how much each pixel spoke for the target, per image 1 x 28 x 28."""
        from captum.attr import IntegratedGradients  # 0.5 s and 60 MB that predictions do without

        with torch.inference_mode():
            seen = self.model(pixels).argmax(1).tolist()
        wanted = torch.tensor([s if t is None else t for s, t in zip(seen, targets, strict=True)])
        gradients = IntegratedGradients(self.model)
        attributions: list[Any] = gradients.attribute(
            pixels, target=wanted, n_steps=_INTEGRATION_STEPS
        ).tolist()
        return attributions


def fold(answers: list[Any], counts: list[int]) -> list[Any]:
    """Give each row its answers: one itself, several as a list."""
    rows, at = [], 0
    for count in counts:
        rows.append(answers[at] if count == 1 else answers[at : at + count])
        at += count
    return rows
