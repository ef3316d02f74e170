"""`presage models import PATH`: a saved model and the matrix it was trained on, made into a bundle. Also `presage-import`, and `python -m presage`: it needs no server."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .description import Description, duration_ms
from .errors import BundleError
from .evidence import Parts
from .feature_ids import split_ids
from .frameworks.python_class import PythonClass
from .input_tensor import InputTensor
from .matrix import Matrix, read_matrix, windows
from .report import Report
from .saving import RUNTIMES, save
from .splits import borders_at, split_by_time


# What each option means, for `presage` too, which needs no Python to say it.
HELP = {flags.split()[0]: text for flags, text in json.loads((Path(__file__).parent / "import_options.json").read_text(encoding="utf-8")).items()}


def _shares(text: str) -> tuple[float, float]:
    try:
        first, second = (float(share) for share in text.split(","))
    except ValueError:
        first = second = float("nan")
    if not 0 < first < second < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: write two rising shares between 0 and 1, such as 0.6,0.8")
    return first, second


def parser() -> argparse.ArgumentParser:
    """The options; what the matrix says by itself need not be said again."""
    made = argparse.ArgumentParser("presage models import", description=(__doc__ or "").split(". ")[0])
    made.add_argument("path", type=Path, help=HELP["path"])
    made.add_argument("--name", required=True, help=HELP["--name"])
    made.add_argument("--version", required=True, help=HELP["--version"])
    made.add_argument("--matrix", required=True, type=Path, help=HELP["--matrix"])
    made.add_argument("--models", type=Path, default=Path(os.environ.get("PRESAGE_MODELS_DIR", "models")), help=HELP["--models"])
    made.add_argument("--kind", choices=["binary", "multiclass", "regression"], default="binary", help=HELP["--kind"])
    made.add_argument("--classes", type=lambda text: text.split(","), help=HELP["--classes"])
    made.add_argument("--symbol", help=HELP["--symbol"])
    made.add_argument("--symbols", type=lambda text: text.split(","), help=HELP["--symbols"])
    made.add_argument("--window", type=int, default=1, help=HELP["--window"])
    made.add_argument("--optional", type=split_ids, default=[], help=HELP["--optional"])
    made.add_argument("--max-age", help=HELP["--max-age"])
    made.add_argument("--act-on", type=float, default=0.1, help=HELP["--act-on"])
    made.add_argument("--borders", type=_shares, default=(0.6, 0.8), help=HELP["--borders"])
    made.add_argument("--embargo", help=HELP["--embargo"])
    made.add_argument("--training-date", help=HELP["--training-date"])
    made.add_argument("--class", dest="klass", metavar="MODULE:CLASS", help=HELP["--class"])
    made.add_argument("--method", choices=["predict_proba", "predict", "decision_function"], help=HELP["--method"])
    made.add_argument("--tensor", help=HELP["--tensor"])
    made.add_argument("--tensors", nargs="+", metavar="INPUT", default=[], help=HELP["--tensors"])
    made.add_argument("--runtimes", type=lambda text: text.split(","), default=list(RUNTIMES), help=HELP["--runtimes"])
    return made


def import_model(options: argparse.Namespace) -> Report:
    """Saves what the options name. Raises BundleError."""
    if not options.path.exists():
        raise BundleError(f"{options.path} is not there")
    matrix = read_matrix(options.matrix, options.symbol)
    model = options.path if options.klass is None else PythonClass(options.path, options.klass)
    tensors = [InputTensor.parse(each) for each in options.tensors]
    how = {"tensor": options.tensor, "tensors": tensors, "method": options.method, "runtimes": options.runtimes}
    return save(model, options.models, name=options.name, version=options.version, description=_description(options, matrix), parts=_parts(options, matrix), **how)


def _description(options: argparse.Namespace, matrix: Matrix) -> Description:
    about = matrix.about
    changed = datetime.fromtimestamp(options.path.stat().st_mtime, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    usual = ("down", "flat", "up") if options.kind == "multiclass" else ("down", "up")
    imported: dict[str, Any] = {"imported": options.path.name, "matrix_sha256": hashlib.sha256(options.matrix.read_bytes()).hexdigest()}
    return Description(
        features=matrix.features,
        timeframe=about["timeframe"],
        symbols=options.symbols or [options.symbol or about["symbols"][0]],
        horizon=about["horizon"],
        cost_bps=about["cost_bps"],
        training_date=options.training_date or changed,
        window=options.window,
        optional=options.optional,
        feature_set_digest=matrix.feature_set_digest,
        max_age=options.max_age,
        gaps=matrix.about.get("gaps"),
        ranges=matrix.about.get("ranges"),
        act_on=options.act_on,
        kind=options.kind,
        classes=tuple(options.classes or usual),
        provenance=imported,
    )


def _parts(options: argparse.Namespace, matrix: Matrix) -> Parts:
    rows = matrix.rows if options.window == 1 else windows(matrix.rows, options.window, duration_ms(matrix.about["timeframe"]))
    return split_by_time(rows, borders_at(rows, options.borders), duration_ms(options.embargo or matrix.about["horizon"]))


def main(words: Sequence[str] | None = None) -> int:
    """Imports, and prints the report or what to change; the exit code."""
    try:
        import_model(parser().parse_args(words))
    except BundleError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("given up; a bundle that is there by now is whole", file=sys.stderr)
        return 130
    return 0
