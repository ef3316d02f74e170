"""Puts a bundle together from an artefact, its description and its predictions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .bundle import check_identity, write_bundle
from .description import Description
from .errors import BundleError
from .evidence import Parts, Predict, measure
from .golden import Tolerance, golden_inputs, golden_text
from .reference import reference_text


@dataclass(frozen=True)
class Artefact:
    """File name and bytes as the framework wrote them, what serves it, and the output tensor's name where there are several."""

    path: str
    content: bytes
    runtime: str
    format: str
    tensor: str | None
    tolerance: Tolerance


def assemble(models_dir: str | Path, identity: tuple[str, str], artefact: Artefact, evidence: tuple[Predict, Description, Parts]) -> Path:
    """Measures, makes golden rows and reference bins, and writes `models_dir/name/version`; returns that folder. Raises BundleError, leaving nothing behind."""
    name, version = identity
    predict, description, parts = evidence
    target = check_identity(models_dir, name, version)
    parts.check(len(description.features) * description.window)
    inputs = golden_inputs(parts.train.x, len(description.features), description.optional_columns)
    outputs = np.asarray(predict(inputs), dtype=np.float64)
    files = {
        artefact.path: artefact.content,
        "golden.json": golden_text(inputs, outputs, artefact.tolerance).encode(),
        "reference.json": reference_text(parts.train.x, description.features).encode(),
    }
    measured = measure(predict, description, parts)
    return write_bundle(target, _manifest(identity, artefact, (description, measured)), files)


def _output(artefact: Artefact, description: Description, measured: dict[str, Any]) -> dict[str, Any]:
    output: dict[str, Any] = {"kind": "binary", "classes": list(description.classes)}
    if artefact.tensor is not None:
        output["tensor"] = artefact.tensor
    return output | {"calibration": measured["calibration"], "reliability": measured["reliability"]}


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
        "artefact": {"path": artefact.path, "format": artefact.format},
        "training_date": description.training_date,
        "metrics": measured["metrics"],
        "symbols": description.symbols,
        "inputs": description.inputs(),
        "output": _output(artefact, description, measured),
        "signal": measured["signal"],
        "label": {"kind": "direction", "horizon": description.horizon, "cost_bps": description.cost_bps},
        "limits": {"timeout": "250ms", "max_batch": 256},
        "reference": "reference.json",
        "golden": "golden.json",
        "provenance": dict(description.provenance),
    }
