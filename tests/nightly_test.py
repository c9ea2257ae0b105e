"""tests/nightly.py: results of one seed, version and size are never those of another."""
import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "nightly.py")
# Writes what calibrate would, with the seed as chi^2, and notes that it ran.
PROGRAM = """#!/usr/bin/env python3
import os, sys
words = sys.argv[1:]
if words == ["--version"]:
    print(open(os.path.join(os.path.dirname(sys.argv[0]), "version")).read() + "\\nconfined: in words")
    sys.exit()
out, seed = words[words.index("--out") + 1], words[words.index("--seed") + 1]
os.makedirs(out)
table = {"sbc": ("sbc_histograms.csv", "name,chi_square,p_value\\npair_1," + seed + ",0.5\\n"),
         "coverage": ("coverage.csv", "level,observable,held,trials,mean_width\\n0.95,m,19,20,0.1\\n")}[words[1]]
open(os.path.join(out, table[0]), "w").write(table[1])
open(os.path.join(out, "manifest.json"), "w").write("{}")
open(os.path.join(os.path.dirname(sys.argv[0]), "runs"), "a").write(words[1] + seed + "\\n")
"""


class Nightly(unittest.TestCase):
    def test_a_run_is_kept_for_its_own_seed_version_and_size_alone(self):
        with tempfile.TemporaryDirectory() as directory:
            program = os.path.join(directory, "program")
            with open(program, "w", encoding="utf-8") as file:
                file.write(PROGRAM)
            os.chmod(program, 0o755)

            def table(version, *options):
                """What is printed, and how many runs it took."""
                with open(os.path.join(directory, "version"), "w", encoding="utf-8") as file:
                    file.write(version)
                runs = os.path.join(directory, "runs")
                open(runs, "w", encoding="utf-8").close()
                said = subprocess.run([sys.executable, SCRIPT, program, "--out", os.path.join(directory, "out"),
                                       "--maps", "bernoulli", *options], check=True, capture_output=True, text=True)
                with open(runs, encoding="utf-8") as file:
                    return said.stdout, len(file.readlines())

            first, runs = table("1.0", "--short")
            self.assertIn("chi^2 1.0,", first)
            self.assertEqual(runs, 2)
            self.assertEqual(table("1.0", "--short"), (first, 0))
            other, runs = table("1.0", "--short", "--seed", "77")
            self.assertIn("chi^2 77.0,", other)
            self.assertIn("Seed 77:", other)
            self.assertEqual(runs, 2)
            self.assertEqual(table("1.1", "--short")[1], 2)
            self.assertEqual(table("1.1")[1], 2)
            self.assertEqual(table("1.0", "--short"), (first, 0))


if __name__ == "__main__":
    unittest.main()
