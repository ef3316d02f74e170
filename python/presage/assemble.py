"""Puts a bundle together from an artefact, its description and its predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .bundle import write_bundle
from .choose_form import Chosen
from .description import Description
from .errors import BundleError
from .evidence import Parts, class_columns, measure
from .golden import golden_text
from .reference import reference_text
from .source import Artefact, Source


def assemble(target: Path, identity: tuple[str, str], chosen: Chosen, evidence: tuple[Source, Description, Parts, np.ndarray]) -> None:
    """Measures, makes golden rows and reference bins, and writes the bundle into `target`. Raises BundleError, leaving nothing behind."""
    source, description, parts, golden = evidence
    artefact = chosen.artefact
    outputs = class_columns(source.predict(golden), description)
    if artefact.runtime == "trees" and description.kind == "binary":  # trees give the second class only; everywhere else the server makes a pair of it
        outputs = outputs[:, 1:]
    files = {
        "golden.json": golden_text(golden, outputs, artefact.tolerance).encode(),
        "reference.json": reference_text(parts.train.x, description.features).encode(),
    }
    measured = measure(source.predict, description, parts)
    write_bundle(target, _manifest(identity, artefact, (description, measured)), (chosen.folder, files))


def _output(artefact: Artefact, description: Description, measured: dict[str, Any]) -> dict[str, Any]:
    tensor = {} if artefact.tensor is None else {"tensor": artefact.tensor}
    return description.output() | tensor | {key: measured[key] for key in ("calibration", "reliability") if key in measured}


def _manifest(identity: tuple[str, str], artefact: Artefact, about: tuple[Description, dict[str, Any]]) -> dict[str, Any]:
    description, measured = about
    for key, value in description.provenance.items():
        if value is not None and not isinstance(value, (str, int, float, bool)):
            raise BundleError(f"provenance.{key} must be a text, a number, true, false or null")
    return {
        "schema": 1,
        "name": identity[0],
        "version": identity[1],
        "runtime": artefact.runtime,
        "artefact": artefact.manifest(),
        "training_date": description.training_date,
        "metrics": measured["metrics"],
        "symbols": description.symbols,
        "inputs": description.inputs() | artefact.inputs(),
        "output": _output(artefact, description, measured),
        "signal": measured["signal"],
        "label": {"kind": "return" if description.kind == "regression" else "direction", "horizon": description.horizon, "cost_bps": description.cost_bps},
        "limits": {"timeout": "250ms", "max_batch": 256},
        "reference": "reference.json",
        "golden": "golden.json",
        "provenance": dict(description.provenance),
    }
