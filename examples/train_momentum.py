"""Momentum on BTC/USDT: 500 LightGBM trees that also know what to say when only price, volume and RSI are given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import lightgbm as lgb
import numpy as np
from workshop import BTC_BARS, Export, arguments, baselines, export_matrix, now, print_results, sha256_of_file

import presage
from presage.description import duration_ms

REQUIRED = ["close@1m", "volume@1m", "rsi(14)@1m"]
OPTIONAL = [
    "macd(12,26,9)@1m", "macd_signal(12,26,9)@1m", "macd_hist(12,26,9)@1m", "sma(20)@1m", "ema(20)@1m", "ema(50)@1m", "atr(14)@1m",
    "logret(1)@1m", "logret(5)@1m", "logret(15)@1m", "logret(60)@1m", "rsi(6)@1m", "rsi(28)@1m", "natr(14)@1m", "natr(60)@1m",
    "bb_pctb(20,2)@1m", "bb_width(20,2)@1m", "bb_pctb(60,2)@1m", "roc(10)@1m", "roc(30)@1m", "obv_slope(20)@1m", "obv_slope(60)@1m",
    "vol_z(96)@1m", "rv(15)@1m", "rv(60)@1m", "tod_sin", "tod_cos",
]  # fmt: skip
FEATURES = REQUIRED + OPTIONAL
IN_PRICE = ["close", "macd", "macd_signal", "macd_hist", "sma", "ema", "atr"]
HORIZON = "15m"
COST_BPS = 8
PARAMETERS = {
    "objective": "binary",
    "num_leaves": 31,
    "learning_rate": 0.01,
    "min_data_in_leaf": 400,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
TREES = 500


@dataclass(frozen=True)
class Recipe:
    """What one version differs in."""

    version: str
    seed: int
    l2: float


RECIPES = [Recipe("1.2.2", seed=11, l2=5.0), Recipe("1.2.3", seed=23, l2=20.0)]


def masked(x: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A copy without any optional input in half of the rows, and without random ones in the other half."""
    x = x.copy()
    first = len(REQUIRED)
    share = np.where(random.random(len(x)) < 0.5, 1.0, random.random(len(x)))
    drop = random.random((len(x), x.shape[1] - first)) < share[:, None]
    x[:, first:][drop] = np.nan
    return x


def rescaled(x: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A copy whose prices are up to 30 times larger or smaller, and volumes up to 1,000 times: their level must teach nothing."""
    x = x.copy()
    in_price = [i for i, name in enumerate(FEATURES) if name.split("@")[0].split("(")[0] in IN_PRICE]
    x[:, in_price] *= np.exp(random.uniform(-np.log(30), np.log(30), len(x)))[:, None]
    x[:, FEATURES.index("volume@1m")] *= np.exp(random.uniform(-np.log(1000), np.log(1000), len(x)))
    return x


def train(rows: presage.Rows, recipe: Recipe) -> lgb.Booster:
    """The booster of a version: each row once complete and once masked, prices and volumes at random scales."""
    random = np.random.default_rng(recipe.seed)
    x = rescaled(np.concatenate([rows.x, masked(rows.x, random)]), random)
    data = lgb.Dataset(x, np.tile(rows.up, 2), feature_name=[f"f{i}" for i in range(len(FEATURES))], free_raw_data=True)
    return lgb.train({**PARAMETERS, "seed": recipe.seed, "lambda_l2": recipe.l2}, data, num_boost_round=TREES)


def prepared(bars: Path) -> tuple[presage.Matrix, presage.Parts]:
    """The exported matrix, and its parts: 60 % train, 20 % validation, 20 % test, in order of time, an hour and the horizon kept clear between them."""
    matrix = export_matrix(Export(bars, "BTC/USDT", "1m", FEATURES, HORIZON, COST_BPS))
    return matrix, presage.split_by_time(matrix.rows, presage.borders_at(matrix.rows, (0.6, 0.8)), duration_ms("1h"))


def describe(matrix: presage.Matrix, recipe: Recipe, provenance: dict) -> presage.Description:
    """The description of a version."""
    return presage.Description(
        features=FEATURES,
        timeframe="1m",
        symbols=["BTC/USDT", "ETH/USDT"],
        horizon=HORIZON,
        cost_bps=COST_BPS,
        training_date=now(),
        optional=OPTIONAL,
        feature_set_digest=matrix.feature_set_digest,
        max_age="120s",
        provenance={"framework": f"lightgbm {lgb.__version__}", "script": "examples/train_momentum.py", "seed": recipe.seed, "lambda_l2": recipe.l2, **provenance},
    )


def main() -> None:
    """Trains and writes the versions that are asked for."""
    parser = arguments(__doc__ or "", BTC_BARS)
    parser.add_argument("--version", choices=[recipe.version for recipe in RECIPES], help="only this one (default: both)")
    options = parser.parse_args()
    matrix, parts = prepared(options.bars)
    guesses = baselines(parts.train, parts.test)
    provenance = {"dataset": options.bars.name, "dataset_sha256": sha256_of_file(options.bars), **{f"accuracy of {k}": v for k, v in guesses.items()}}
    for recipe in RECIPES:
        if options.version in (None, recipe.version):
            booster = train(parts.train, recipe)
            description = describe(matrix, recipe, provenance)
            report = presage.save(booster, options.models, name="momentum", version=recipe.version, description=description, parts=parts)
            print_results(report.folder, guesses)


if __name__ == "__main__":
    main()
