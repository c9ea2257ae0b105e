"""benchmarks/compare.py: p-values that are known, verdicts, exit status, bad input."""
import importlib.util
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "benchmarks", "compare.py")
spec = importlib.util.spec_from_file_location("compare", SCRIPT)
compare = importlib.util.module_from_spec(spec)
spec.loader.exec_module(compare)


def write(folder, name, times):
    """A file as Google Benchmark writes it; times in ms, by benchmark."""
    runs = [{"name": f"{b}/repeats:1", "run_name": b, "run_type": "iteration", "cpu_time": t, "time_unit": "ms"}
            for b, all_times in times.items() for t in all_times]
    runs.append({"name": "x_median", "run_name": "x", "run_type": "aggregate", "cpu_time": 0.0, "time_unit": "ms"})
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"benchmarks": runs}, file)
    return path


def run(*words):
    return subprocess.run([sys.executable, SCRIPT, *words], capture_output=True, text=True, check=False)


class Significance(unittest.TestCase):
    def test_exact_p_values(self):
        self.assertAlmostEqual(compare.mann_whitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]), 2 / 252)
        self.assertAlmostEqual(compare.mann_whitney([6, 7, 8, 9, 10], [1, 2, 3, 4, 5]), 2 / 252)
        # u = 5; of the 35 orders 1, 1, 2, 3, 4, 4 have u = 0 .. 5
        self.assertAlmostEqual(compare.mann_whitney([1, 4, 6], [2, 3, 5, 7]), 30 / 35)
        self.assertEqual(compare.mann_whitney([1, 2], [1, 2]), 1.0)
        self.assertEqual(compare.mann_whitney([3, 3], [3, 3]), 1.0)

    def test_normal_approximation(self):
        # z = (112.5 - 55 - 0.5) / sqrt(15 15 31 / 12) = 2.36426
        x, y = list(range(0, 30, 2)), list(range(9, 39, 2))
        u = sum(a > b for a in x for b in y)
        self.assertEqual(u, 55)
        self.assertAlmostEqual(compare.mann_whitney(x, y), 0.0180666, places=7)

    def test_false_alarms(self):
        rng = random.Random(1)
        alarms = sum(compare.mann_whitney([rng.random() for _ in range(9)], [rng.random() for _ in range(9)]) < 0.05
                     for _ in range(2000))
        self.assertLess(alarms, 2000 * 0.05 + 5 * (2000 * 0.05) ** 0.5)
        self.assertGreater(alarms, 40)

    def test_holm(self):
        self.assertEqual(compare.holm({"a": 0.01, "b": 0.04, "c": 0.03}), {"a": 0.03, "c": 0.06, "b": 0.06})


class Program(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def files(self, before, after):
        return (write(self.folder.name, "before/a.json", before), write(self.folder.name, "after/a.json", after))

    def test_what_got_slower_is_named(self):
        steady = [10 + 0.01 * k for k in range(9)]
        before, after = self.files({"same": steady, "slow": steady, "fast": steady},
                                   {"same": [t + 0.005 for t in steady], "slow": [1.2 * t for t in steady],
                                    "fast": [0.5 * t for t in steady]})
        for words in ((before, after), (os.path.dirname(before), os.path.dirname(after))):
            done = run(*words)
            self.assertEqual(done.returncode, 1, done.stderr)
            lines = {line.split("|")[1].strip(): line for line in done.stdout.splitlines()[2:]}
            self.assertTrue(lines["slow"].endswith("| slower |"))
            self.assertTrue(lines["fast"].endswith("| faster |"))
            self.assertTrue(lines["same"].endswith("|  |"))
            self.assertIn("1.200", lines["slow"])
        self.assertEqual(run(before, after, "--threshold", "1.3").returncode, 0)
        self.assertEqual(run(before, before).returncode, 0)

    def test_too_few_repetitions_are_said(self):
        before, after = self.files({"x": [1, 1.1]}, {"x": [2, 2.1]})
        done = run(before, after)
        self.assertEqual(done.returncode, 0)
        self.assertIn("too few", done.stderr)

    def test_clocks_and_settings(self):
        both = {"cpu_time": 1, "real_time": 7, "time_unit": "ms"}
        path = os.path.join(self.folder.name, "some.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"benchmarks": [{"name": "w/iterations:1/repeats:3", **both},
                                      {"name": "x/iterations:1/real_time", **both},
                                      {"name": "y/manual_time", **both},
                                      {"name": "z", "error_occurred": True, **both}]}, file)
        self.assertEqual(compare.read(path), {"w": [1e6], "x": [7e6], "y": [7e6]})

    def test_bad_input(self):
        before, after = self.files({"x": [1, 2, 3]}, {"y": [1, 2, 3]})
        self.assertEqual(run(before, after).returncode, 2)
        broken = os.path.join(self.folder.name, "broken.json")
        with open(broken, "w", encoding="utf-8") as file:
            file.write("{")
        done = run(broken, after)
        self.assertEqual(done.returncode, 2)
        self.assertIn("broken.json", done.stderr)
        self.assertEqual(run("/nowhere.json", after).returncode, 2)


if __name__ == "__main__":
    unittest.main()
