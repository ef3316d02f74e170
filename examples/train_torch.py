"""A small PyTorch network with its scaling inside: as ONNX, and once more as the exported program that a Python worker serves."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from urth import FEATURES, options, prepared, save

import presage

SEED = 5


class Network(nn.Module):
    """Probabilities of down and up from raw features; the training mean and deviation are buffers."""

    def __init__(self, x: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", x.mean(dim=0))
        self.register_buffer("deviation", x.std(dim=0))
        self.layers = nn.Sequential(nn.Linear(len(FEATURES), 16), nn.Tanh(), nn.Dropout(0.3), nn.Linear(16, 2))

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        """Scores of down and up."""
        return self.layers((x - self.mean) / self.deviation)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Probabilities of down and up."""
        return torch.softmax(self.logits(x), dim=1)


def train(rows: presage.Rows, epochs: int) -> Network:
    """A trained network; the same rows give the same weights on the same machine."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    x, y = torch.from_numpy(rows.x.astype(np.float32)), torch.from_numpy(rows.up)
    network = Network(x)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.1)
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(128):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network.logits(x[batch]), y[batch]).backward()
            optimizer.step()
    return network.eval()


def main() -> None:
    """Trains and saves."""
    chosen = options(__doc__ or "")
    matrix, parts = prepared(chosen.matrix)
    network = train(parts.train, 1 if chosen.quick else 20)
    provenance = {"framework": f"torch {torch.__version__}", "script": "examples/train_torch.py", "seed": SEED}
    save(network, (matrix, parts), provenance, name="torch_network", models_dir=chosen.models)
    save(network, (matrix, parts), provenance, name="torch_original", models_dir=chosen.models, runtimes=["python"])


if __name__ == "__main__":
    main()
