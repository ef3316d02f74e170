"""XGBoost's own JSON and UBJSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ..load_args import LoadArgs
from .adapter import Model, check_columns, framework


def load(args: LoadArgs) -> Model:
    """A booster that answers as `Booster.predict` on a DMatrix does (docs/adr/0010), with probabilities where it was trained to give the class."""
    xgboost = framework("xgboost", "XGBoost")
    booster = xgboost.Booster({"nthread": args.threads}, model_file=args.path)
    check_columns(args, booster.num_features(), "booster")
    if json.loads(booster.save_config())["learner"]["objective"]["name"] == "multi:softmax":
        booster.set_param({"objective": "multi:softprob"})

    def predict(rows: np.ndarray) -> Any:
        matrix = xgboost.DMatrix(
            rows, nthread=args.threads, feature_names=booster.feature_names, feature_types=booster.feature_types, enable_categorical=True
        )
        return booster.predict(matrix)

    return Model("xgboost", xgboost.__version__, "Booster", predict)
