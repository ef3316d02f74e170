"""An LSTM over the last 60 one-minute vectors of BTC/USDT: PyTorch, which `save` exports to ONNX, with everything that prepares the raw features inside the graph."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from workshop import BTC_BARS, Export, arguments, baselines, export_matrix, now, print_results, sha256_of_file

import presage
from presage.description import duration_ms

FEATURES = [
    "close@1m", "volume@1m", "rsi(14)@1m", "macd(12,26,9)@1m", "logret(1)@1m", "roc(10)@1m", "bb_pctb(20,2)@1m", "natr(14)@1m", "vol_z(96)@1m",
]  # fmt: skip
WINDOW = 60
HORIZON = "15m"
COST_BPS = 8
SEED = 7
EPOCHS = 3
HIDDEN = 24


class LstmMomentum(nn.Module):
    """
    [N, 60, 9] raw features in, [N, 2] probabilities of down and up out. Close is taken as the logarithm over the newest close, volume over the window's mean, MACD as a
    share of the close: no price or volume level reaches the network. A missing value counts as the training mean.
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(len(FEATURES)))
        self.register_buffer("deviation", torch.ones(len(FEATURES)))
        self.lstm = nn.LSTM(len(FEATURES), HIDDEN, batch_first=True)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(HIDDEN, 2)

    def unscaled(self, x: Tensor) -> Tensor:
        """The features without units, not yet centred; NaN where the input is."""
        close, volume, macd = x[:, :, 0:1], x[:, :, 1:2], x[:, :, 3:4]
        log_close = torch.log(torch.clamp(close, min=1e-12))
        log_volume = torch.log(1 + torch.clamp(volume, min=0.0))
        price = log_close - log_close[:, -1:, :]
        activity = log_volume - log_volume.mean(dim=1, keepdim=True)
        return torch.cat([price, activity, x[:, :, 2:3], macd / close, x[:, :, 4:]], dim=2)

    def logits(self, x: Tensor) -> Tensor:
        """Scores of down and up."""
        z = (self.unscaled(x) - self.mean) / self.deviation
        z = torch.where(torch.isnan(z), torch.zeros_like(z), torch.clamp(z, -5.0, 5.0))
        sequence, _ = self.lstm(z)
        return self.head(self.dropout(sequence[:, -1, :]))

    def forward(self, x: Tensor) -> Tensor:
        """Probabilities of down and up."""
        return torch.softmax(self.logits(x), dim=1)


def tensor_of(rows: presage.Rows) -> Tensor:
    """Rows as the server hands them to ONNX: float32, [N, 60, 9]."""
    return torch.from_numpy(rows.x.astype(np.float32).reshape(-1, WINDOW, len(FEATURES)))


def settle_scale(model: LstmMomentum, x: Tensor) -> None:
    """Sets mean and deviation from the training rows."""
    with torch.no_grad():
        z = model.unscaled(x).reshape(-1, len(FEATURES))
        model.mean.copy_(z.mean(dim=0))
        model.deviation.copy_(z.std(dim=0).clamp(min=1e-6))


def train(rows: presage.Rows) -> LstmMomentum:
    """A trained model in evaluation mode; the same rows give the same weights on the same machine."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    model, x, y = LstmMomentum(), tensor_of(rows), torch.from_numpy(rows.up)
    settle_scale(model, x)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)
    for epoch in range(EPOCHS):
        total = 0.0
        for batch in torch.randperm(len(x)).split(256):
            loss = nn.functional.cross_entropy(model.logits(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            total += float(loss.detach()) * len(batch)
        print(f"epoch {epoch + 1} of {EPOCHS}: log loss {total / len(x):.5f}")
    return model.eval()


def describe(matrix: presage.Matrix, provenance: dict) -> presage.Description:
    """The description of the version."""
    return presage.Description(
        features=FEATURES,
        timeframe="1m",
        symbols=["BTC/USDT"],
        horizon=HORIZON,
        cost_bps=COST_BPS,
        training_date=now(),
        window=WINDOW,
        feature_set_digest=matrix.feature_set_digest,
        max_age="120s",
        provenance={"framework": f"torch {torch.__version__}", "script": "examples/train_lstm.py", "seed": SEED, "epochs": EPOCHS, **provenance},
    )


def main() -> None:
    """Trains, exports, and writes the bundle."""
    options = arguments(__doc__ or "", BTC_BARS).parse_args()
    matrix = export_matrix(Export(options.bars, "BTC/USDT", "1m", FEATURES, HORIZON, COST_BPS))
    rows = presage.windows(matrix.rows, WINDOW, duration_ms("1m"))
    parts = presage.split_by_time(rows, presage.borders_at(rows, (0.6, 0.8)), duration_ms("75m"))
    guesses = baselines(parts.train, parts.test)
    provenance = {"dataset": options.bars.name, "dataset_sha256": sha256_of_file(options.bars), **{f"accuracy of {k}": v for k, v in guesses.items()}}
    model = train(parts.train)
    report = presage.save(model, options.models, name="lstm_momentum_v1", version="1.2.3", description=describe(matrix, provenance), parts=parts)
    print_results(report.folder, guesses)


if __name__ == "__main__":
    main()
