"""LightGBM's own text."""

from __future__ import annotations

from ..load_args import LoadArgs
from .adapter import Model, check_columns, framework


def load(args: LoadArgs) -> Model:
    """A booster that answers as `Booster.predict` does."""
    lightgbm = framework("lightgbm", "LightGBM")
    booster = lightgbm.Booster(model_file=args.path)
    check_columns(args, booster.num_feature(), "booster")
    return Model("lightgbm", lightgbm.__version__, "Booster", lambda rows: booster.predict(rows, num_threads=args.threads))
