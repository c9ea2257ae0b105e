"""benchmarks/report.py: medians, ratios, slopes, what was not run, pages that are written anew."""
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "benchmarks", "report.py")
PAGE = os.path.join(os.path.dirname(SCRIPT), "..", "docs", "benchmarks.md")
spec = importlib.util.spec_from_file_location("report", SCRIPT)
report = importlib.util.module_from_spec(spec)
sys.modules["report"] = report
spec.loader.exec_module(report)

CONTEXT = {"date": "2026-01-02T03:04:05+00:00", "num_cpus": 2, "mhz_per_cpu": 2500, "load_avg": [0.5, 1, 2],
           "caches": [{"type": "Data", "level": 1, "size": 32768, "num_sharing": 1}],
           "processor": "a processor", "compiler": "g++ 12", "flags": "-O3", "Eigen": "3.4.0"}
TEXT = """# Title

Before.

<!-- generated: goals -->
old
<!-- end -->

<!-- generated: machine -->
<!-- end -->

<!-- generated: first -->
<!-- end -->

<!-- generated: absent -->
<!-- end -->

<!-- generated: others -->
<!-- end -->

After.
"""


def runs(name, times, family, **more):
    """As Google Benchmark writes them, in microseconds; by the clock they take ten times as long."""
    return [{"name": name, "run_name": name, "run_type": "iteration", "family_index": family, "iterations": 1,
             "repetitions": len(times), "repetition_index": k, "threads": 1, "cpu_time": t, "real_time": 10 * t,
             "time_unit": "us", **more} for k, t in enumerate(times)]


def stored():
    """Two programs; those that ended first stand first, as random order leaves them."""
    first = (runs("exact EM/default starts", [50, 60, 70], 2) + runs("exact EM/limit", [1.0, 1.1, 0.9], 0) +
             runs("exact EM/one start/iterations:1/repeats:3", [10, 12, 8], 1) +
             [{"name": "exact EM/one start_median", "run_name": "exact EM/one start", "run_type": "aggregate",
               "cpu_time": 1e9, "real_time": 1e9, "time_unit": "us"}] +
             runs("work/one thread/real_time", [4, 4], 4) + runs("work/two threads/real_time", [2, 2], 5) +
             [{**run, "error_occurred": True, "error_message": "no memory"} for run in runs("broken/it", [0], 6)])
    # 10^k takes 3 * 10^k us: slope 1
    second = [run for k in range(2, 6)
              for run in runs(f"evaluation, S_f data of 32 sites/10^{k}", [3 * 10**k], k)]
    second += runs("exact fit with its data, megabytes/one datum of 10^5 sites/iterations:1/real_time", [7], 9,
                   peak=150.0)
    return {"first.json": first, "second.1.json": second[:2], "second.2.json": second[2:]}


class Report(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.results = os.path.join(folder.name, "results")
        os.mkdir(self.results)
        for name, content in stored().items():
            with open(os.path.join(self.results, name), "w", encoding="utf-8") as file:
                json.dump({"context": CONTEXT, "benchmarks": content}, file)

    def page(self, text=TEXT):
        path = os.path.join(self.folder, "page.md")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run_on(self, path, *words):
        done = subprocess.run([sys.executable, SCRIPT, self.results, "--page", path, *words], capture_output=True,
                              text=True, check=False)
        with open(path, encoding="utf-8") as file:
            return done, file.read()

    def row(self, text, start):
        found = [line for line in text.splitlines() if line.startswith(f"| {start} |")]
        self.assertEqual(len(found), 1, start)
        return [cell.strip() for cell in found[0].split("|")[1:-1]]

    def test_goals(self):
        _, text = self.run_on(self.page())
        self.assertEqual(self.row(text, "exact EM, one start, against the limit"),
                         ["exact EM, one start, against the limit", "10.0 µs", "20 %", "10.0 ×", "≤ 4 ×", "**no**"])
        self.assertEqual(self.row(text, "exact EM, default starts, against one start")[3:], ["6.00 ×", "≤ 6 ×", "yes"])
        self.assertEqual(self.row(text, "power of S_f in time, 10^2 to 10^6")[3:],
                         ["1.000 ± 0.000", "1.00 ± 0.05", "yes"])
        self.assertEqual(self.row(text, "the same, memory of a process")[1:], ["", "", "150 MB", "≤ 200 MB", "yes"])

    def test_what_was_not_run_is_shown(self):
        _, text = self.run_on(self.page())
        self.assertEqual(self.row(text, "two processes, E-step of 10^5 data"),
                         ["two processes, E-step of 10^5 data", "", "", "not run", "≥ 1.8 ×", ""])
        goals = text[text.index("generated: goals"):text.index("generated: machine")]
        self.assertEqual(len(re.findall(r"^\| (?!work)[^-]", goals, re.MULTILINE)), len(report.GOALS))
        self.assertIn("<!-- generated: absent -->\n\nThis was not run.\n\n<!-- end -->", text)
        self.assertIn("| broken | it | not run: no memory |  |  |", text)

    def test_programs(self):
        _, text = self.run_on(self.page())
        self.assertIn("""| exact EM | limit | 1.00 µs | 10 % | 1.00 |
|  | one start | 10.0 µs | 20 % | 10.0 |
|  | default starts | 60.0 µs | 17 % | 60.0 |
| work | one thread | 40.0 µs | 0 % | 1.00 |
|  | two threads | 20.0 µs | 0 % | 0.500 |
""", text)
        others = text[text.index("generated: others"):]
        self.assertIn("`bench_second`:", others)
        self.assertNotIn("`bench_first`:", others)
        self.assertIn("|  | slope | 1.000 ± 0.000 |", others)
        self.assertRegex(others, r"\|  \| power, beside 0(\.\d+)? ns a call \| 1.000 ± 0.000 \|")
        self.assertIn("a processor, 2 of 2.50 GHz", text)
        self.assertIn("| repetitions | 3 |", text)
        self.assertTrue(text.startswith("# Title\n\nBefore.\n"))
        self.assertTrue(text.endswith("\nAfter.\n"))
        self.assertNotIn("old", text)

    def test_written_again_the_page_is_the_same(self):
        path = self.page()
        _, once = self.run_on(path)
        done, twice = self.run_on(path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(once, twice)

    def test_complete(self):
        done, _ = self.run_on(self.page(), "--complete")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not run: full posterior", done.stderr)
        self.assertNotIn("two processes", done.stderr)

    def test_times_without_growth_were_run(self):
        """In a run that is cut short the times of all sizes may be those of a call."""
        measured = next(measure for work, measure, _, _ in report.GOALS if work.startswith("power of S_f"))
        results = report.Results(self.results)
        sizes = results.group("evaluation, S_f data of 32 sites")
        for member in sizes:
            sizes[member] = report.Benchmark([7.3])
        self.assertEqual(measured(results).text, "no power")
        rows, missing = report.goals_table(results)
        self.assertIn("| power of S_f in time, 10^2 to 10^6 |  |  | no power | 1.00 ± 0.05 | **no** |", rows)
        self.assertNotIn("power of S_f in time, 10^2 to 10^6", missing)
        sizes.clear()
        self.assertIsNone(measured(results))

    def test_bad_input(self):
        self.assertEqual(self.run_on(self.page("no place"))[0].returncode, 2)
        with open(os.path.join(self.results, "broken.json"), "w", encoding="utf-8") as file:
            file.write("[]")
        done, text = self.run_on(self.page())
        self.assertEqual(done.returncode, 2)
        self.assertIn("broken.json", done.stderr)
        self.assertEqual(text, TEXT)

    def test_cut_short(self):
        with open(os.path.join(self.results, "smoke.json"), "w", encoding="utf-8") as file:
            json.dump({"context": {"smoke": "yes"}, "benchmarks": []}, file)
        text = self.run_on(self.page())[1]
        self.assertIn("numbers mean nothing", text)
        self.assertNotIn("**no**", text)

    def test_a_busy_machine_is_told(self):
        self.assertNotIn("other work", self.run_on(self.page())[1])
        with open(os.path.join(self.results, "later.json"), "w", encoding="utf-8") as file:
            json.dump({"context": {**CONTEXT, "load_avg": [2.6, 1, 1]}, "benchmarks": []}, file)
        self.assertIn("other work", self.run_on(self.page())[1])

    def test_what_a_call_costs_is_no_part_of_the_power(self):
        def group(time):
            return {f"10^{k}": report.Benchmark([time(10**k)]) for k in range(2, 7)}

        power, error, call = report.growth_of(group(lambda n: 2000.0 + 5.0 * n))
        self.assertAlmostEqual(power, 1.0, 6)
        self.assertAlmostEqual(error, 0.0, 6)
        self.assertAlmostEqual(call, 2000.0, 2)
        self.assertAlmostEqual(report.growth_of(group(lambda n: 50.0 + 0.1 * n**1.2))[0], 1.2, 6)
        # no time is saved by a call: a power below 1 stays one
        power, _, call = report.growth_of(group(lambda n: n**0.8))
        self.assertAlmostEqual(power, 0.8, 6)
        self.assertAlmostEqual(call, 0.0, 4)
        # times that change by +-10 % in turn have an error of that size over the range of sizes
        power, error, _ = report.growth_of(group(lambda n: n * (1.1 if len(str(n)) % 2 else 0.9)))
        self.assertLess(abs(power - 1.0), 2.0 * error)
        self.assertTrue(0.005 < error < 0.1, error)
        for no_growth in (lambda n: 1.0, lambda n: 7.3, lambda n: 100.0, lambda n: 1e9 / n, lambda n: 100.0 - 1e-5 * n):
            self.assertIsNone(report.growth_of(group(no_growth)))
        few = group(lambda n: n)
        self.assertIsNone(report.growth_of({key: few[key] for key in ("10^2", "10^3")}))
        self.assertIsNone(report.growth_of({key: few[key] for key in ("10^2", "10^3", "10^4")})[1])

    def test_slopes_have_standard_errors(self):
        group = {f"10^{k}": report.Benchmark(times=[t]) for k, t in ((2, 100.0), (3, 1000.0), (4, 1e5))}
        # log times 2, 3, 5: slope 1.5, residuals 1/6, -1/3, 1/6; variance (1/6) / 1 / 2
        slope, error = report.slope_of(group)
        self.assertAlmostEqual(slope, 1.5)
        self.assertAlmostEqual(error, (1 / 12) ** 0.5)
        self.assertIsNone(report.slope_of({"10^2": group["10^2"], "x": group["10^3"]}))
        self.assertIsNone(report.slope_of({"10^2": group["10^2"], "10^3": group["10^3"]})[1])

    def test_numbers(self):
        self.assertEqual([report.number(x) for x in (0.0, 0.00123456, 0.9996, 1.0, 9.996, 12.34, 123.4, 1234.5)],
                         ["0", "0.00123", "1.00", "1.00", "10.0", "12.3", "123", "1234"])
        self.assertEqual([report.time_text(t) for t in (0.5, 999.4, 999.6, 12345.0, 1.5e9)],
                         ["0.500 ns", "999 ns", "1.00 µs", "12.3 µs", "1.50 s"])

    def test_the_page_has_a_place_for_every_program(self):
        with open(PAGE, encoding="utf-8") as file:
            places = {match[2] for match in report.SECTION.finditer(file.read())}
        folder = os.path.dirname(SCRIPT)
        programs = {name[:-4] for name in os.listdir(folder) if name.endswith(".cpp")}
        self.assertEqual(places, programs | {"goals", "machine", "processes", "compile_time", "others"})


if __name__ == "__main__":
    unittest.main()
