"""Saves a small bundle of each of scikit-learn's four ensembles with presage.save.

    python make-bundles.py [DIR]

Writes DIR/<name>/1.0.0 anew (DIR: the folder `bundles` beside this script). Gradient boosting takes no missing values, so its bundle has no optional inputs.
"""

import os
import shutil
import sys

os.environ["OMP_NUM_THREADS"] = "1"
here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(here, "../../../python"), os.path.join(here, "../../../python/tests")]

import numpy as np  # noqa: E402 -- after the number of threads
import presage  # noqa: E402
from made_up_market import make_description, make_parts, make_rows  # noqa: E402
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier  # noqa: E402


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "bundles")
    rows = make_rows(900)
    rows.x[:, 2] = np.arange(900) % 5 * 1.5 - 3
    parts = make_parts(rows)
    forest = dict(n_estimators=12, max_leaf_nodes=12, random_state=1, n_jobs=1)
    models = {
        "forest": RandomForestClassifier(**forest),
        "extra_trees": ExtraTreesClassifier(**forest),
        "boosting": GradientBoostingClassifier(n_estimators=12, random_state=1),
        "histogram": HistGradientBoostingClassifier(max_iter=12, max_leaf_nodes=8, categorical_features=[2], random_state=1),
    }
    for name, model in models.items():
        shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
        description = make_description(optional=[] if name == "boosting" else ["tod_sin"])
        presage.save(model.fit(parts.train.x, parts.train.up), folder, name=name, version="1.0.0", description=description, parts=parts)


if __name__ == "__main__":
    main()
