"""What `import presage` offers, and what it costs a worker."""

import subprocess
import sys
import unittest


def printed(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


class PackageTest(unittest.TestCase):
    def test_offers_every_name_by_import_and_by_star(self) -> None:
        self.assertEqual(printed("from presage import *; import presage; print(save is presage.save, callable(save), 'windows' in dir(presage))"), "True True True")

    def test_has_no_other_name(self) -> None:
        self.assertEqual(printed("import presage; print(hasattr(presage, 'sell'))"), "False")

    def test_what_it_has_not_is_said_without_loading_anything(self) -> None:
        self.assertEqual(printed("import sys, presage; hasattr(presage, 'sell'); print('presage.exports' in sys.modules)"), "False")

    def test_every_name_has_its_home(self) -> None:
        self.assertEqual(printed("import presage, presage.exports as home; print(all(hasattr(home, name) for name in presage.__all__))"), "True")

    def test_a_worker_loads_nothing_that_saves_bundles(self) -> None:
        loaded = printed("import sys, presage.worker.__main__, presage.worker.adapters.python_class; print(*sorted(name for name in sys.modules if name.startswith('presage.')))")
        self.assertEqual([name for name in loaded.split() if not name.startswith("presage.worker")], [])


if __name__ == "__main__":
    unittest.main()
