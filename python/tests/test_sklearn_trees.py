"""The text of scikit-learn's ensembles. That it gives scikit-learn's own answers is tested where it is read: test/golden/sklearn."""

from __future__ import annotations

import importlib.util
import json
import unittest

import numpy as np
from made_up_market import make_rows

from presage import BundleError
from presage.sklearn_trees import sklearn_trees_text


@unittest.skipUnless(importlib.util.find_spec("sklearn"), "scikit-learn is not installed")
class SklearnTreesTest(unittest.TestCase):
    """sklearn_trees_text()"""

    def setUp(self) -> None:
        rows = make_rows()
        self.x, self.y, self.up = rows.x, rows.forward_return, rows.up

    def exported(self, model) -> dict:
        """The text as JSON has it, infinities as texts."""

        def refuse(word: str) -> None:
            raise AssertionError(f"{word} is no JSON")

        return json.loads(sklearn_trees_text(model), parse_constant=refuse)

    def test_a_text_is_the_same_each_time_and_one_line_a_tree(self) -> None:
        from sklearn.ensemble import RandomForestClassifier

        model = RandomForestClassifier(7, max_leaf_nodes=5, random_state=1).fit(self.x, self.up)
        text = sklearn_trees_text(model)
        self.assertEqual(text, sklearn_trees_text(model))
        self.assertEqual(len(text.splitlines()), 7 + 2)

    def test_two_classes_are_one_output_and_more_are_one_each(self) -> None:
        from sklearn.ensemble import ExtraTreesClassifier

        two = self.exported(ExtraTreesClassifier(2, max_leaf_nodes=5).fit(self.x, self.up))
        three = self.exported(ExtraTreesClassifier(2, max_leaf_nodes=5).fit(self.x, np.arange(len(self.x)) % 3))
        self.assertEqual([(len(model["base"]), len(model["trees"]), len(model["trees"][0]["values"])) for model in (two, three)], [(1, 2, 1), (3, 2, 3)])

    def test_numbers_come_back_to_the_bit(self) -> None:
        from sklearn.ensemble import GradientBoostingRegressor

        model = GradientBoostingRegressor(n_estimators=3, learning_rate=0.07).fit(self.x, self.y)
        for tree, (estimator,) in zip(self.exported(model)["trees"], model.estimators_):
            inner = estimator.tree_.children_left >= 0
            self.assertEqual(tree["threshold"], estimator.tree_.threshold[inner].tolist())
            self.assertEqual(tree["values"][0], (0.07 * estimator.tree_.value[~inner, 0, 0]).tolist())
            self.assertEqual(tree["missing_left"], estimator.tree_.missing_go_to_left[inner].tolist())

    def test_categories_are_their_own_values_in_the_columns_they_came_in(self) -> None:
        from sklearn.ensemble import HistGradientBoostingRegressor

        x = self.x.copy()
        x[:, 2] = np.arange(len(x)) % 4 * 2.5 - 1
        x[::9, 2] = np.nan
        model = HistGradientBoostingRegressor(max_iter=2, categorical_features=[2]).fit(x, np.nan_to_num(x[:, 2] % 3) + x[:, 0])
        text = self.exported(model)
        self.assertEqual(text["categories"], [None, None, [-1.0, 1.5, 4.0, 6.5]])
        for tree in text["trees"]:
            for feature, threshold in zip(tree["feature"], tree["threshold"]):
                self.assertEqual(isinstance(threshold, list), feature == 2)

    def test_a_split_of_missing_values_is_an_infinity_in_words(self) -> None:
        from sklearn.ensemble import HistGradientBoostingRegressor

        x = self.x.copy()
        x[::3, 0] = np.nan
        text = self.exported(HistGradientBoostingRegressor(max_iter=1).fit(x, np.isnan(x[:, 0]) * 1.0))
        self.assertIn("inf", [threshold for tree in text["trees"] for threshold in tree["threshold"]])

    def test_names_of_a_frame_are_kept(self) -> None:
        import pandas as pd
        from sklearn.ensemble import RandomForestRegressor

        model = RandomForestRegressor(1).fit(pd.DataFrame(self.x, columns=["a", "é", "c"]), self.y)
        self.assertEqual(self.exported(model)["feature_names"], ["a", "é", "c"])

    def test_models_that_the_format_does_not_hold_are_refused_with_what_to_do(self) -> None:
        import pandas as pd
        from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
        from sklearn.linear_model import LinearRegression

        both = np.column_stack([self.y, self.y])
        names = pd.DataFrame({"a": self.x[:, 0], "side": pd.Categorical(np.where(self.up == 1, "B", "S"))})
        faults = {
            "LinearRegression is none of scikit-learn's": LinearRegression().fit(self.x, self.y),
            "not fitted: call fit": RandomForestRegressor(1),
            "has 2 targets: fit one model a target": RandomForestRegressor(1).fit(self.x, both),
            "knows one class only": RandomForestClassifier(1).fit(self.x, np.zeros(len(self.x))),
            "begins with init=LinearRegression: fit it with init=None": GradientBoostingRegressor(n_estimators=1, init=LinearRegression()).fit(self.x, self.y),
            "categories of input 1 are no numbers .*'B'": HistGradientBoostingRegressor(max_iter=1, categorical_features="from_dtype").fit(names, self.y),
        }
        for message, model in faults.items():
            with self.subTest(message), self.assertRaisesRegex(BundleError, message):
                sklearn_trees_text(model)
