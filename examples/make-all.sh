#!/bin/sh
# Makes every example bundle again, and replaces examples/models only when all of them are finished.
set -eu
repository=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
python=${PYTHON:-$repository/.venv/bin/python}
fresh=$repository/examples/models.tmp
rm -rf "$fresh"
"$python" "$repository/examples/train_baseline.py" --models "$fresh"
"$python" "$repository/examples/train_momentum.py" "$@" --models "$fresh"
"$python" "$repository/examples/train_lstm.py" "$@" --models "$fresh"
rm -rf "$repository/examples/models"
mv "$fresh" "$repository/examples/models"
