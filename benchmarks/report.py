#!/usr/bin/env python3
"""Tables of a run of the benchmarks.

    benchmarks/report.py RESULTS [--page PAGE] [--complete]

RESULTS is a folder of files that Google Benchmark wrote with --benchmark_out (build/bench/results), one or more a
program: <program>.json, <program>.<part>.json; or one such file. Prints the table of goals, the machine and a table
for each program. With --page, PAGE (docs/benchmarks.md) is written anew instead: between each pair of lines

    <!-- generated: NAME -->
    <!-- end -->

stands the table of goals ("goals"), of the machine ("machine"), of a program, or of all programs that have no such
lines ("others"). What was not run is shown as "not run". Exit status: 0; 1 with --complete where a benchmark that a
goal asks for is not there, but for those that not every machine can run; 2 for bad input.
"""
import argparse
import math
import os
import re
import sys
from dataclasses import dataclass, field
from statistics import median

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from compare import files_of, load  # noqa: E402

NOT_RUN = "not run"


# What was measured.

@dataclass
class Benchmark:
    """Every repetition of one."""
    times: list = field(default_factory=list)  # ns of a call
    counters: dict = field(default_factory=dict)  # values by name
    error: str = ""

    def median(self):
        return median(self.times)


def spread(values):
    """Distance of the quartiles relative to the median; None for one value."""
    if len(values) < 2 or median(values) == 0.0:
        return None
    ordered = sorted(values)

    def quantile(p):
        place = p * (len(ordered) - 1)
        below = int(place)
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (place - below) * (ordered[above] - ordered[below])

    return (quantile(0.75) - quantile(0.25)) / median(values)


# What Google Benchmark writes of a run by itself; other numbers are counters.
OWN_KEYS = {"family_index", "per_family_instance_index", "repetitions", "repetition_index", "threads", "iterations",
            "real_time", "cpu_time", "nanoseconds", "items_per_second", "bytes_per_second"}


class Results:
    def __init__(self, path):
        self.contexts = []
        self.repetitions = 0  # the most that were asked for
        self.programs = {}  # {program: {group: {member: Benchmark}}}, in the order in which they were registered
        for name in files_of(path):
            context, runs = load(name)
            self.contexts.append(context)
            program = self.programs.setdefault(os.path.basename(name).split(".")[0], {})
            # Sorted: with random interleaving those that ended first are written first.
            for run in sorted(runs, key=lambda run: run.get("family_index", 0)):
                group, _, member = run["benchmark"].rpartition("/")
                self.repetitions = max(self.repetitions, run.get("repetitions", 0))
                here = program.setdefault(group, {}).setdefault(member, Benchmark())
                if run["nanoseconds"] is None:
                    here.error = run.get("error_message", "failed")
                    continue
                here.times.append(run["nanoseconds"])
                for key, value in run.items():
                    if key not in OWN_KEYS and isinstance(value, (int, float)) and not isinstance(value, bool):
                        here.counters.setdefault(key, []).append(value)

    def find(self, name):
        """The benchmark "group/member", or None where it was not run or failed."""
        group, _, member = name.rpartition("/")
        for program in self.programs.values():
            found = program.get(group, {}).get(member)
            if found and found.times:
                return found
        return None

    def group(self, name):
        return next((program[name] for program in self.programs.values() if name in program), {})


def times_by_size(group):
    """log10 of the sizes and of the times of a group whose members are sizes 10^k; None of others."""
    sizes = {member: re.fullmatch(r"10\^(\d+)", member) for member in group}
    if len(sizes) < 2 or not all(sizes.values()) or not all(group[member].times for member in group):
        return None
    return [float(match[1]) for match in sizes.values()], [math.log10(group[member].median()) for member in sizes]


def slope_of(group):
    """Slope of log time against log size by least squares, and its standard error (None for two sizes)."""
    points = times_by_size(group)
    if points is None:
        return None
    x, y = points
    n, x_mean, y_mean = len(x), sum(x) / len(x), sum(y) / len(y)
    variance = sum((a - x_mean)**2 for a in x)
    slope = sum((a - x_mean) * (b - y_mean) for a, b in zip(x, y)) / variance
    if n == 2:
        return slope, None
    squares = sum((b - y_mean - slope * (a - x_mean))**2 for a, b in zip(x, y))
    return slope, math.sqrt(squares / (n - 2) / variance)


def growth_of(group):
    """The power s of time = a + b size^s, a >= 0, its standard error (None for three sizes), and a: least squares of
    relative errors. a is what a call costs at any size. None of fewer sizes, and where times do not grow so."""
    points = times_by_size(group)
    if points is None or len(points[0]) < 3:
        return None
    n, t = len(points[0]), [10**y for y in points[1]]

    def rows(s):  # relative to the times: of a, of b
        return [(1.0 / time, 10**(s * x) / time) for x, time in zip(points[0], t)]

    def fitted(s):
        """a, b, and the sum of squares."""
        of = rows(s)
        aa, ab, bb = (sum(row[i] * row[j] for row in of) for i, j in ((0, 0), (0, 1), (1, 1)))
        to = [sum(row[i] for row in of) for i in (0, 1)]
        determinant = aa * bb - ab * ab
        a = (bb * to[0] - ab * to[1]) / determinant if determinant > 0.0 else 0.0
        a = max(a, 0.0)
        b = (to[1] - ab * a) / bb
        return a, b, sum((a * row[0] + b * row[1] - 1.0)**2 for row in of)

    low, high = 0.25, 4.0
    for _ in range(100):  # golden section
        left, right = high - 0.618034 * (high - low), low + 0.618034 * (high - low)
        low, high = (low, right) if fitted(left)[2] < fitted(right)[2] else (left, high)
    s = 0.5 * (low + high)
    a, b, squares = fitted(s)
    if not (b > 0.0 and 0.26 < s < 3.9):
        return None
    if n == 3:
        return s, None, a
    # the part of ds that neither a nor b can make
    of = rows(s)
    left = [b * row[1] * x * math.log(10.0) for row, x in zip(of, points[0])]
    basis = []
    for column in ([0] if a > 0.0 else []) + [1]:
        basis.append(without(basis, [row[column] for row in of]))
    rest = sum(value * value for value in without(basis, left))
    if not rest > 1e-12 * sum(value * value for value in left):
        return None
    return s, math.sqrt(squares / (n - len(basis) - 1) / rest), a


def without(basis, values):
    """What is left of values perpendicular to vectors that are perpendicular to each other."""
    for vector in basis:
        share = sum(a * b for a, b in zip(values, vector)) / sum(a * a for a in vector)
        values = [a - share * b for a, b in zip(values, vector)]
    return values


# Numbers as text.

def number(value):
    """Three digits."""
    if value == 0.0 or not math.isfinite(value):
        return f"{value:.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(float(f'{value:.3g}')))))}f}"


def time_text(ns):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= 0.9995 * size:
            return f"{number(ns / size)} {unit}"
    return f"{number(ns)} ns"


def percent(share):
    return "" if share is None else f"{100.0 * share:.0f} %"


# The goals. A measure is a function of results: what it measured, or None where that was not run.

@dataclass
class Measured:
    value: float
    text: str  # the value
    times: list = field(default_factory=list)  # of a call, where a time is measured
    values: list = field(default_factory=list)  # else what was measured, of every repetition

    def cells(self):
        time = time_text(median(self.times)) if self.times else ""
        return [time, percent(spread(self.times or self.values)), self.text]


def ratio_of(name, reference, is_faster):
    def measure(results):
        here, there = results.find(name), results.find(reference)
        if not here or not there:
            return None
        value = there.median() / here.median() if is_faster else here.median() / there.median()
        return Measured(value, f"{number(value)} ×", here.times)
    return measure


def times_as_fast(name, reference):
    return ratio_of(name, reference, True)


def times_as_long(name, reference):
    return ratio_of(name, reference, False)


def time_of(name, unit, count=1):
    """Time in units of so many ns for each of `count`."""
    def measure(results):
        here = results.find(name)
        return here and Measured(here.median() / count / unit, time_text(here.median() / count), here.times)
    return measure


def rate_of(name, count):
    def measure(results):
        here = results.find(name)
        return here and Measured(count / here.median(), f"{number(count / here.median())} / ns", here.times)
    return measure


def megabytes_of(name, count):
    """Megabytes a second of so many bytes a call."""
    def measure(results):
        here = results.find(name)
        return here and Measured(1e3 * count / here.median(), f"{number(1e3 * count / here.median())} MB/s", here.times)
    return measure


def counter_of(name, key, unit):
    def measure(results):
        here = results.find(name)
        if not here or key not in here.counters:
            return None
        value = median(here.counters[key])
        return Measured(value, f"{number(value)} {unit}".rstrip(), values=here.counters[key])
    return measure


def growth(group_name):
    def measure(results):
        group = results.group(group_name)
        if times_by_size(group) is None:
            return None
        fitted = growth_of(group)
        if fitted is None:  # few sizes, or noise: as of a run that was cut short
            return Measured(math.nan, "no power")
        value, error, _ = fitted
        return Measured(value, f"{value:.3f}" + ("" if error is None else f" ± {error:.3f}"))
    return measure


def at_least(limit, unit=""):
    return f"≥ {limit}{unit}", lambda value: value >= limit


def at_most(limit, unit=""):
    return f"≤ {limit}{unit}", lambda value: value <= limit


def within(centre, half):
    return f"{centre:.2f} ± {half}", lambda value: abs(value - centre) <= half


NOTHING = ("", None)  # shown for orientation
EVERYWHERE, SOMEWHERE = True, False  # whether every machine can run it

EM, EXACT = "Monte Carlo EM, 200 iterations/", "exact EM/"
FITS, FAR = "exact fit, default starts/", "exact data, 32 sites, range 10/"
E_STEP = "E-step of 1000 data, n_c = 16, {linear, pair_1}/"
MAPS = "E-step, means, 1000 data, "
BYTES = "prepared data, bytes a coarse site and datum/10^5 data of 64 sites, level "
RANDOM = "64 KiB of random bytes/"
HEAT_BATH = "heat bath, {}/256 side by side"
DRAWS = 5.12e6


def two(work):
    return times_as_fast(work + "/two threads", work + "/one thread")


GOALS = [
    ("exact EM, one start, against the textbook, -O2", times_as_fast(EXACT + "one start", EM + "textbook, -O2"),
     at_least(4000, " ×"), EVERYWHERE),
    ("exact EM, one start, against the limit", times_as_long(EXACT + "one start", EXACT + "limit"),
     at_most(4, " ×"), SOMEWHERE),
    ("exact EM, default starts, against one start", times_as_long(EXACT + "default starts", EXACT + "one start"),
     at_most(6, " ×"), EVERYWHERE),
    ("Monte Carlo EM against the textbook, -O2", times_as_fast(EM + "sizes at run time", EM + "textbook, -O2"),
     at_least(100, " ×"), EVERYWHERE),
    ("Monte Carlo EM against the textbook, -O3 -march=native",
     times_as_fast(EM + "sizes at run time", EM + "textbook, -O3 -march=native"), at_least(40, " ×"), EVERYWHERE),
    ("Monte Carlo EM against the limit", times_as_long(EM + "sizes at run time", EM + "limit"), NOTHING, SOMEWHERE),
    ("Monte Carlo EM, sizes at compile time against run time",
     times_as_fast(EM + "sizes at compile time", EM + "sizes at run time"), at_least(1.3, " ×"), EVERYWHERE),
    ("heat bath, draws of a letter, two letters, windows of two",
     rate_of(HEAT_BATH.format("two letters, windows of two"), DRAWS), at_least(5, " / ns"), EVERYWHERE),
    ("heat bath, three letters, windows of two", rate_of(HEAT_BATH.format("three letters, windows of two"), DRAWS),
     at_least(2, " / ns"), EVERYWHERE),
    ("heat bath, two letters, windows of three", rate_of(HEAT_BATH.format("two letters, windows of three"), DRAWS),
     at_least(2, " / ns"), EVERYWHERE),
    ("Philox, bytes against a vectorised xoshiro256++",
     times_as_fast(RANDOM + "Philox, generate()", RANDOM + "xoshiro256++, side by side"), at_least(0.3, " ×"),
     EVERYWHERE),
    ("E-step a datum, n_c = 16, means", time_of(E_STEP + "means", 1.0, 1000), at_most(60, " ns"), EVERYWHERE),
    ("E-step a datum, n_c = 16, means and second moments", time_of(E_STEP + "means and second moments", 1.0, 1000),
     at_most(150, " ns"), EVERYWHERE),
    ("full posterior, 50 data of 32 sites, 4000 draws",
     time_of("full posterior, 50 data of 32 sites/4000 draws", 1e6), at_most(150, " ms"), EVERYWHERE),
    ("exact fit, 10^6 data of 64 sites, two threads", time_of(FITS + "10^6 data of 64 sites, two threads", 1e9),
     at_most(10, " s"), EVERYWHERE),
    ("exact fit, 50 data of 32 sites, pair range 5", time_of(FITS + "50 data of 32 sites, pair range 5", 1e9),
     at_most(0.5, " s"), EVERYWHERE),
    ("exact fit, one datum of 10^5 sites", time_of(FITS + "one datum of 10^5 sites", 1e9), at_most(2, " s"),
     EVERYWHERE),
    ("the same, memory of a process",
     counter_of("exact fit with its data, megabytes/one datum of 10^5 sites", "peak", "MB"), at_most(200, " MB"),
     SOMEWHERE),
    ("exact data, 32 sites, range 10, to prepare", time_of(FAR + "prepare, and draw 1", 1e6), at_most(10, " ms"), EVERYWHERE),
    # 10 ms, and 3 µs for each sample: a sampler may prepare more as it draws.
    ("exact data, 32 sites, range 10, to prepare and draw 1000", time_of(FAR + "prepare, and draw 1000", 1e6),
     at_most(13, " ms"), EVERYWHERE),
    ("exact data, 32 sites, range 10, a sample", time_of(FAR + "draw 1000 more", 1e3, 1000), at_most(3, " µs"),
     EVERYWHERE),
    ("E-step, means, link map against Bernoulli's, windows of two",
     times_as_long(MAPS + "windows of two/link2", MAPS + "windows of two/Bernoulli"), at_most(2.5, " ×"), EVERYWHERE),
    ("E-step, means, autoregressive map against Bernoulli's, windows of two",
     times_as_long(MAPS + "windows of two/autoregressive, next letter", MAPS + "windows of two/Bernoulli"),
     at_most(2.5, " ×"), EVERYWHERE),
    ("E-step, means, autoregressive map against Bernoulli's, windows of three",
     times_as_long(MAPS + "windows of three/autoregressive, both neighbours", MAPS + "windows of three/Bernoulli"),
     at_most(2.5, " ×"), EVERYWHERE),
    ("two threads, E-step of 10^4 data", two("E-step, 10000 data of 64 sites"), at_least(1.85, " ×"), EVERYWHERE),
    ("two threads, Monte Carlo EM", two("Monte Carlo EM, 1000 data of 32 sites, 50 chains each"),
     at_least(1.85, " ×"), EVERYWHERE),
    ("two threads, full posterior", two("full posterior, 1000 draws of 4 chains"), at_least(1.85, " ×"), EVERYWHERE),
    ("two threads, calibration", two("simulation-based calibration, 8 replicates"), at_least(1.85, " ×"), EVERYWHERE),
    ("two processes, E-step of 10^5 data",
     times_as_fast("E-step, 100000 data of 64 sites/2 processes", "E-step, 100000 data of 64 sites/one process"),
     at_least(1.8, " ×"), SOMEWHERE),
    ("power of n_c in time, 10^2 to 10^6", growth("evaluation, one datum of n_c sites"), within(1.0, 0.05), EVERYWHERE),
    ("power of S_f in time, 10^2 to 10^6", growth("evaluation, S_f data of 32 sites"), within(1.0, 0.05), EVERYWHERE),
    ("power of S_q in time, 10^2 to 10^6", growth("Monte Carlo, S_q samples of a ring of 16"), within(1.0, 0.05),
     EVERYWHERE),
    ("prepared data, bytes a coarse site and datum at the peak, two fine sites each",
     counter_of(BYTES + "2", "peak", ""), at_most(8), SOMEWHERE),
    ("the same, four fine sites each", counter_of(BYTES + "4", "peak", ""), at_most(8), SOMEWHERE),
    ("frames of an XTC file, compressed, from memory",
     megabytes_of("XTC, 101 frames of 648 atoms, 241 kB/read", 240520), at_least(50, " MB/s"), EVERYWHERE),
    ("compile time of a fit and a prediction against Eigen/Core, g++",
     times_as_long("compile time, g++/own_data.cpp", "compile time, g++/Eigen Core alone"), at_most(5, " ×"),
     SOMEWHERE),
]


# Tables.

def table(header, rows):
    """header: [(title, is a number)]."""
    lines = ["| " + " | ".join(title for title, _ in header) + " |",
             "|" + "|".join("---:" if is_number else "---" for _, is_number in header) + "|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def goals_table(results):
    rows, missing = [], []
    was_cut_short = any(context.get("smoke") for context in results.contexts)
    for work, measure, (goal, holds), everywhere in GOALS:
        measured = measure(results)
        if not measured:
            rows.append([work, "", "", NOT_RUN, goal, ""])
            if everywhere:
                missing.append(work)
            continue
        verdict = "" if holds is None or was_cut_short else "yes" if holds(measured.value) else "**no**"
        rows.append([work] + measured.cells() + [goal, verdict])
    header = [("work", False), ("median", True), ("spread", True), ("measured", True), ("goal", True), ("met", False)]
    lines = table(header, rows)
    busiest = max((context["load_avg"][0] - context["num_cpus"] for context in results.contexts
                   if context.get("load_avg")), default=0.0)
    if was_cut_short:
        lines = ["**Sizes and times were cut short, to see that all runs: the numbers mean nothing.**", ""] + lines
    elif busiest > 0.5:
        lines = ["**The machine had other work, more than its processors can do at once: what threads and processes",
                 "gain does not show here, and times are too long.**", ""] + lines
    return lines, missing


def machine_table(results):
    context = next((c for c in results.contexts if "processor" in c), None)
    if context is None:
        return [f"The machine: {NOT_RUN}."]
    caches = ", ".join(f"L{cache['level']} {cache['type'].lower()} {cache['size'] // 1024} KiB"
                       for cache in context.get("caches", []))
    loads = [c["load_avg"][0] for c in results.contexts if c.get("load_avg")]
    versions = (("Eigen", "Eigen"), ("Boost", "Boost"))
    rows = [
        ["processor", f"{context['processor']}, {context['num_cpus']} of {context['mhz_per_cpu'] / 1000.0:.2f} GHz"],
        ["caches", caches],
        ["compiler", f"{context.get('compiler', '')}, `{context.get('flags', '')}`"],
        ["libraries", ", ".join(f"{name} {context[key]}" for name, key in versions if key in context)],
        ["repetitions", str(results.repetitions)],
        ["date", context.get("date", "")[:10]],
        ["load average when programs began", f"{min(loads):.1f} to {max(loads):.1f}" if loads else ""],
    ]
    return table([("", False), ("", False)], rows)


def program_table(program):
    if not program:
        return [f"This was {NOT_RUN}."]
    counters = []
    for group in program.values():
        for benchmark in group.values():
            counters += [key for key in benchmark.counters if key not in counters]
    rows = []
    for name, group in program.items():
        baseline, title = None, name
        for member, benchmark in group.items():
            if not benchmark.times:
                rows.append([title, member, f"{NOT_RUN}: {benchmark.error}", "", ""] + [""] * len(counters))
                title = ""
                continue
            if baseline is None:
                baseline = benchmark.median()
            ratio = benchmark.median() / baseline if baseline else math.nan
            rows.append([title, member, time_text(benchmark.median()), percent(spread(benchmark.times)), number(ratio)] +
                        [number(median(benchmark.counters[key])) if key in benchmark.counters else ""
                         for key in counters])
            title = ""
        fitted = slope_of(group)
        if fitted:
            error = "" if fitted[1] is None else f" ± {fitted[1]:.3f}"
            rows.append(["", "slope", f"{fitted[0]:.3f}{error}", "", ""] + [""] * len(counters))
        grown = growth_of(group)
        if grown:
            error = "" if grown[1] is None else f" ± {grown[1]:.3f}"
            rows.append(["", f"power, beside {time_text(grown[2])} a call", f"{grown[0]:.3f}{error}", "", ""] +
                        [""] * len(counters))
    return table([("", False), ("", False), ("median", True), ("spread", True), ("ratio", True)] +
                 [(key, True) for key in counters], rows)


SECTION = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def with_tables(page, results):
    """The page with tables of the results."""
    places = {match[2] for match in SECTION.finditer(page)}

    def section(match):
        name = match[2]
        if name == "goals":
            lines = goals_table(results)[0]
        elif name == "machine":
            lines = machine_table(results)
        elif name == "others":
            lines = []
            for program in results.programs:
                if program not in places:
                    lines += [f"`bench_{program}`:", ""] + program_table(results.programs[program]) + [""]
            lines = lines[:-1] or ["None."]
        else:
            lines = program_table(results.programs.get(name))
        return match[1] + "\n" + "\n".join(lines) + "\n\n" + match[3]

    return SECTION.sub(section, page)


def main():
    parser = argparse.ArgumentParser(description="Tables of a run of the benchmarks.")
    parser.add_argument("results")
    parser.add_argument("--page", help="the page to write anew")
    parser.add_argument("--complete", action="store_true", help="fail where a goal's benchmark was not run")
    options = parser.parse_args()
    try:
        results = Results(options.results)
        if options.page:
            with open(options.page, encoding="utf-8") as file:
                page = file.read()
            if not SECTION.search(page):
                print(f"report.py: {options.page}: no place for tables", file=sys.stderr)
                return 2
            with open(options.page, "w", encoding="utf-8") as file:
                file.write(with_tables(page, results))
        else:
            for lines in ([goals_table(results)[0], machine_table(results)] +
                          [program_table(program) for program in results.programs.values()]):
                print("\n".join(lines) + "\n")
    except OSError as error:
        print(f"report.py: {error}", file=sys.stderr)
        return 2
    missing = goals_table(results)[1] if options.complete else []
    for work in missing:
        print(f"report.py: {NOT_RUN}: {work}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
