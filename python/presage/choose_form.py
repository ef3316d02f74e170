"""The best form of a model that provably answers as its framework does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .description import Description
from .errors import BundleError
from .evidence import class_columns
from .golden import Tolerance
from .reload import Answers, reload
from .report import Tried
from .source import Artefact, Form, Source
from .worker_words import UNSAFE

# Their times in Python say nothing about the server, which runs them by itself.
OWN_ENGINE = "trees"
# How far two answers to the same rows may lie apart, relative to them.
STEADY = 1e-5


@dataclass(frozen=True)
class Chosen:
    """An artefact that lies in `folder`, and the forms that were looked at until then."""

    folder: Path
    artefact: Artefact
    tried: tuple[Tried, ...]


def choose_form(source: Source, room: Path, evidence: tuple[Description, np.ndarray], runtimes: Sequence[str]) -> Chosen:
    """
    Tries the forms of these runtimes in order, each in a folder of its own below `room`, and stops at the first whose reloaded artefact answers the rows within its tolerance.
    Raises BundleError with every reason if there is none.
    """
    description, x = evidence
    wanted = class_columns(source.predict(x), description)
    _check_steady(source, wanted, class_columns(source.predict(x), description))
    tried: list[Tried] = []
    for at, form in enumerate(source.forms):
        if form.runtime not in runtimes:
            tried.append(Tried(form.name, form.runtime, False, "not asked for"))
            continue
        folder = room / str(at)
        folder.mkdir()
        try:
            artefact = _scaled(form.write(folder), description, wanted)
            answers = reload(folder, artefact, description.contract, x)
            difference = _largest_difference(wanted, answers, (description, artefact.tolerance))
        except Exception as error:  # converters fail in every way; none of them is a fault of the model as long as another form holds
            tried.append(Tried(form.name, form.runtime, False, _first_line(error)))
            continue
        why = f"{len(x)} rows reproduced, largest difference {difference:.1e}"
        return Chosen(folder, artefact, (*tried, _kept(form, artefact, (why, answers.microseconds))))
    raise BundleError("no form of this model answers as its framework does:\n" + "\n".join(f"  {each.form}: {each.why}" for each in tried))


def _check_steady(source: Source, wanted: np.ndarray, again: np.ndarray) -> None:
    """Raises BundleError for a model whose answers are not of the rows alone: a form would be held to the one that came first. Sums of several threads may differ in their last bits."""
    if not np.allclose(wanted, again, rtol=STEADY, atol=STEADY * float(np.median(np.abs(wanted)))):
        raise BundleError(
            f"this {source.kind} gives other answers when it is asked for the same rows again: it keeps something from one call to the next, or draws at random; let it answer from the rows alone"
        )


def _scaled(artefact: Artefact, description: Description, wanted: np.ndarray) -> Artefact:
    """Tolerances are meant for outputs around 1: of small amounts, such as returns, they are as much smaller."""
    if description.kind != "regression":
        return artefact
    least, share = artefact.tolerance.absolute, min(1.0, float(np.median(np.abs(wanted))))
    return replace(artefact, tolerance=replace(artefact.tolerance, absolute=float(f"{least * share:.2g}")))


def _kept(form: Form, artefact: Artefact, found: tuple[str, float]) -> Tried:
    why, microseconds = found
    if form.runtime == OWN_ENGINE:
        return Tried(form.name, form.runtime, True, f"{why}; served in process: `presage bench model` measures it")
    note = "; runs code when it is read: served only with models.allowUnsafeFormats" if artefact.format in UNSAFE else ""
    return Tried(form.name, form.runtime, True, why + note, microseconds)


def _largest_difference(wanted: np.ndarray, answers: Answers, terms: tuple[Description, Tolerance]) -> float:
    """Of all rows at once, and of some one by one; raises BundleError where one is beyond the tolerance."""
    description, tolerance = terms
    pairs = ((wanted, answers.batch), (wanted[: len(answers.singles)], answers.singles))
    return max(_difference(rows, class_columns(got, description), tolerance) for rows, got in pairs)


def _difference(wanted: np.ndarray, got: np.ndarray, tolerance: Tolerance) -> float:
    """Largest absolute difference; raises BundleError where one is beyond the tolerance."""
    error = np.abs(got - wanted)
    beyond = ~(error <= tolerance.absolute + tolerance.relative * np.abs(wanted)).all(axis=1)
    if beyond.any():
        raise BundleError(f"{beyond.sum()} of {len(got)} rows differ, by {np.nanmax(error[beyond]):.1e} at most, from what the framework gives")
    return float(error.max())


def _first_line(error: Exception) -> str:
    line = str(error).strip().partition("\n")[0][:300]
    return line if isinstance(error, BundleError) else f"{type(error).__name__}: {line}"
