"""Trains the classifier, inside the image's own Python and torch: `python3 -m models.mnist.train DIGITS OUT`.

The same digits give the same weights, to the byte, on every machine with AVX2: one thread, one seed, and the
vector instructions pinned (`ENVIRONMENT`), for a wider unit sums in another order.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch.nn import functional

from models.mnist.digits import Digit, DigitSets, load
from models.mnist.network import DigitNetwork

REQUIRED_ACCURACY = 0.95
_SEED = 20201027
_EPOCHS = 8
_BATCH = 64
_LARGEST_RATE = 0.004
_TURN = 0.2  # radians
_SLANT = 0.25  # pixels to the side for each pixel down
_STRETCH = 0.2
_SHIFT = 0.1  # of half the image's side


@dataclass(frozen=True)
class Metrics:
    """How training went.

    Attributes:
        accuracy: Share of the held-out digits that are recognised, 0 to 1.
        training_digits: How many it learned from.
        held_out_digits: How many it was tested on.
        sample: Index of the sample digit among the held-out ones.
        sample_label: What the sample shows.
    """

    accuracy: float
    training_digits: int
    held_out_digits: int
    sample: int
    sample_label: int


def main(archive: Path, out: Path) -> int:
    """Train; write weights, metrics and the sample to a folder; 1 if too few digits are recognised."""
    torch.manual_seed(_SEED)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    started = time.monotonic()
    sets = load(archive)
    network = fit(sets.training)
    metrics = judge(network, sets)
    print(f"accuracy {metrics.accuracy:.4f} on held-out digits after {time.monotonic() - started:.0f} s")
    if metrics.accuracy < REQUIRED_ACCURACY:
        print(f"refused: below {REQUIRED_ACCURACY}", file=sys.stderr)
        return 1
    torch.save(network.state_dict(), out / "weights.pt")
    (out / "sample.bin").write_bytes(sets.held_out[metrics.sample].pixels)
    (out / "metrics.json").write_text(json.dumps(asdict(metrics), indent=2) + "\n", encoding="utf-8")
    return 0


def fit(digits: tuple[Digit, ...]) -> DigitNetwork:
    """Train a network on digits, each epoch in another order and each digit moved anew; 15 s on one core."""
    network = DigitNetwork()
    network.train()
    pixels, labels = _tensors(digits)
    batches = -(-len(digits) // _BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), lr=_LARGEST_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, _LARGEST_RATE, epochs=_EPOCHS, steps_per_epoch=batches
    )
    for epoch in range(_EPOCHS):
        total = 0.0
        for chosen in torch.randperm(len(digits)).split(_BATCH):
            loss = functional.cross_entropy(network(moved(pixels[chosen])), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1} of {_EPOCHS}: loss {total / batches:.3f}", flush=True)
    network.eval()
    return network


def moved(pixels: torch.Tensor) -> torch.Tensor:
    """Turn, slant, stretch and shift each image a little, at random, as another hand would write it."""
    amount = torch.rand(5, len(pixels)) * 2 - 1
    turn, slant = amount[0] * _TURN, amount[1] * _SLANT
    wide, high = 1 + amount[2] * _STRETCH, 1 + amount[3] * _STRETCH
    shift = amount[4] * _SHIFT
    rows = (
        (turn.cos() * wide, -turn.sin() + slant, shift),
        (turn.sin(), turn.cos() * high, shift.roll(1)),
    )
    maps = torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)
    grid = functional.affine_grid(maps, list(pixels.shape), align_corners=False)
    return functional.grid_sample(pixels, grid, align_corners=False)


def judge(network: DigitNetwork, sets: DigitSets) -> Metrics:
    """Test a network on the held-out digits, and choose the sample: the first 2 that it recognises.

    KServe's own walkthrough of this example answers 2 as well.
    """
    pixels, labels = _tensors(sets.held_out)
    with torch.inference_mode():
        right = network(pixels).argmax(1) == labels
    sample = next((i for i, label in enumerate(labels.tolist()) if label == 2 and right[i]), 0)
    return Metrics(
        accuracy=right.float().mean().item(),
        training_digits=len(sets.training),
        held_out_digits=len(sets.held_out),
        sample=sample,
        sample_label=sets.held_out[sample].label,
    )


def _tensors(digits: tuple[Digit, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    joined = bytearray(b"".join(digit.pixels for digit in digits))
    pixels = torch.frombuffer(joined, dtype=torch.uint8).reshape(-1, 1, 28, 28).float() / 255
    return pixels, torch.tensor([digit.label for digit in digits])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
