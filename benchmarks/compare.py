#!/usr/bin/env python3
"""Which benchmarks got slower, and whether that is more than noise.

    benchmarks/compare.py BEFORE AFTER [--threshold 1.05] [--level 0.01]

BEFORE and AFTER are files that Google Benchmark wrote with --benchmark_out, or folders of such files
(build/bench/results). For each benchmark that is in both: the ratio of the medians over repetitions of CPU time, or of
time by the clock where the benchmark asks for it, and
the two-sided p-value of the Mann-Whitney test (exact where there are few repetitions and no ties), corrected for the
number of benchmarks by Holm's method. A benchmark is slower or faster where the corrected p is below the level and the
medians differ by more than the threshold. Exit status: 0, 1 where one is slower, 2 for bad input.

Repetitions of one run share its conditions: where the two runs were hours apart, or on a machine with other work, a
difference says as much about the machine. Run both programs by turns.
"""
import argparse
import json
import math
import os
import re
import sys
from functools import lru_cache
from statistics import median


UNITS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
SETTINGS = re.compile(r"(/(iterations:\d+|repeats:\d+|min_time:[\d.]+|min_warmup_time:[\d.]+))+(?=/|$)")
BY_THE_CLOCK = re.compile(r"/(real_time|manual_time)$")


def files_of(path):
    """The file, or the JSON files of the folder."""
    if os.path.isdir(path):
        return sorted(os.path.join(path, name) for name in os.listdir(path) if name.endswith(".json"))
    return [path]


def load(path):
    """What Google Benchmark wrote: context, and the runs of every repetition as they stand there, each with
    "benchmark", its name without settings, and "nanoseconds" of a call, None where it failed."""
    try:
        with open(path, encoding="utf-8") as file:
            written = json.load(file)
        runs = [run for run in written["benchmarks"] if run.get("run_type", "iteration") == "iteration"]
        for run in runs:
            name = SETTINGS.sub("", run.get("run_name", run["name"]))
            run["benchmark"] = BY_THE_CLOCK.sub("", name)
            if run.get("error_occurred"):
                run["nanoseconds"] = None
            else:
                time = run["real_time"] if BY_THE_CLOCK.search(name) else run["cpu_time"]
                run["nanoseconds"] = float(time) * UNITS[run["time_unit"]]
        return written.get("context", {}), runs
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"{os.path.basename(sys.argv[0])}: {path}: not what Google Benchmark writes: {error!r}", file=sys.stderr)
        raise SystemExit(2) from error


def read(path):
    """Nanoseconds of every repetition, by benchmark."""
    times = {}
    for name in files_of(path):
        for run in load(name)[1]:
            if run["nanoseconds"] is not None:
                times.setdefault(run["benchmark"], []).append(run["nanoseconds"])
    return times


@lru_cache(maxsize=None)
def ways(m, n, u):
    """In how many orders of m and n numbers the first beat the second u times."""
    if u < 0:
        return 0
    if m == 0 or n == 0:
        return int(u == 0)
    return ways(m - 1, n, u - n) + ways(m, n - 1, u)


def mann_whitney(x, y):
    """Two-sided p-value that x and y come from one distribution."""
    m, n = len(x), len(y)
    u = sum((a > b) + 0.5 * (a == b) for a in x for b in y)
    if len(set(x + y)) == m + n and m <= 12 and n <= 12:
        least = min(u, m * n - u)
        tail = sum(ways(m, n, k) for k in range(int(least) + 1)) / math.comb(m + n, m)
        return min(1.0, 2.0 * tail)
    both, ties = x + y, 0.0
    for value in set(both):
        count = both.count(value)
        ties += count**3 - count
    variance = m * n / 12.0 * (m + n + 1 - ties / ((m + n) * (m + n - 1)))
    if variance <= 0.0:
        return 1.0
    z = max(0.0, abs(u - m * n / 2.0) - 0.5) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2.0))


def holm(p_values):
    """Corrected p-values, by name."""
    corrected, largest = {}, 0.0
    order = sorted(p_values, key=p_values.get)
    for k, name in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - k) * p_values[name]))
        corrected[name] = largest
    return corrected


def main():
    parser = argparse.ArgumentParser(description="Which benchmarks got slower.")
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--threshold", type=float, default=1.05, help="ratio of medians that counts (1.05)")
    parser.add_argument("--level", type=float, default=0.01, help="of significance, over all benchmarks (0.01)")
    options = parser.parse_args()
    before, after = read(options.before), read(options.after)
    names = [name for name in before if name in after]
    if not names:
        print("compare.py: no benchmark is in both", file=sys.stderr)
        return 2
    corrected = holm({name: mann_whitney(before[name], after[name]) for name in names})
    slower = 0
    print("| benchmark | before | after | ratio | p | |\n|---|---:|---:|---:|---:|---|")
    for name in names:
        old, new = median(before[name]), median(after[name])
        ratio = new / old
        verdict = ""
        if corrected[name] < options.level and ratio > options.threshold:
            verdict, slower = "slower", slower + 1
        elif corrected[name] < options.level and ratio < 1.0 / options.threshold:
            verdict = "faster"
        print(f"| {name} | {old:.4g} ns | {new:.4g} ns | {ratio:.3f} | {corrected[name]:.2g} | {verdict} |")
    for name in sorted(set(before) ^ set(after)):
        print(f"only {'before' if name in before else 'after'}: {name}", file=sys.stderr)
    few = [name for name in names
           if 2.0 * len(names) / math.comb(len(before[name]) + len(after[name]), len(before[name])) >= options.level]
    if few:
        print(f"compare.py: {len(few)} of {len(names)} benchmarks have too few repetitions for anything to be found",
              file=sys.stderr)
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
