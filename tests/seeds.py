#!/usr/bin/env python3
"""Unit tests at many seeds, and what they leave to chance.

    python3 tests/seeds.py build/test/bin/unit_* [--seeds 100] [--first 1] [--slowest SECONDS] [--filter GTEST_FILTER]

Every program runs once at the default seed, which tells the tests that ask for the seed, how many comparisons with
random numbers they make, and the probability that one of them fails though all are true (tests/support/chance.hpp).
Then those tests run at the seeds, one program after the other. `--seeds 0` counts alone.
Tests that take longer than --slowest are counted, but not run again. Exit code 1 where a test failed.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile


def run(program, environment, test_filter):
    """Of all tests that ran: milliseconds, or None where one failed; and the output."""
    command = [program]
    if test_filter:
        command.append("--gtest_filter=" + test_filter)
    done = subprocess.run(command, env={**os.environ, **environment}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    times = {}
    for verdict, name, time in re.findall(r"^\[ *(OK|FAILED) *\] (\S+?)(?:, where .*)? \((\d+) ms\)$", done.stdout, re.M):
        times[name] = int(time) if verdict == "OK" else None
    if done.returncode != 0 and None not in times.values():
        times["(the program itself)"] = None
    return times, done.stdout


def chances_of(program, test_filter):
    """Of all tests: whether it asks for the seed, comparisons, probability of a false alarm, milliseconds."""
    with tempfile.TemporaryDirectory() as scratch:
        record = os.path.join(scratch, "chance")
        times, said = run(program, {"PREDCG_TEST_CHANCE": record}, test_filter)
        tests = {}
        if os.path.exists(record):
            with open(record, encoding="utf-8") as lines:
                for line in lines:
                    name, asks, comparisons, chance = line.rsplit(",", 3)
                    tests[name] = (asks == "1", int(comparisons), float(chance), times.get(name))
    failed = [name for name, time in times.items() if time is None]
    if failed:
        print(said)
        sys.exit(f"{program}: fails at the default seed: {', '.join(failed)}")
    return tests


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("programs", nargs="+")
    options.add_argument("--seeds", type=int, default=100)
    options.add_argument("--first", type=int, default=1)
    options.add_argument("--slowest", type=float, default=1e9)
    options.add_argument("--filter", default="")
    given = options.parse_args()
    all_failed = 0
    sums = [0, 0, 0, 0, 0.0]
    print("| program | tests | ask for the seed | run at the seeds | comparisons | false alarms, one run | failures |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for program in given.programs:
        tests = chances_of(program, given.filter)
        asking = {name: of for name, of in tests.items() if of[0]}
        chosen = [name for name, of in asking.items() if of[3] is not None and of[3] <= 1000 * given.slowest]
        failures = []
        for seed in range(given.first, given.first + given.seeds if chosen else given.first):
            times, _ = run(program, {"PREDCG_TEST_SEED": str(seed)}, ":".join(chosen))
            failures += [f"{name} at {seed}" for name, time in times.items() if time is None]
        row = [len(tests), len(asking), len(chosen), sum(of[1] for of in asking.values()),
               sum(of[2] for of in asking.values())]
        sums = [a + b for a, b in zip(sums, row)]
        all_failed += len(failures)
        print(f"| {os.path.basename(program)} | {row[0]} | {row[1]} | {row[2]} | {row[3]} | {row[4]:.1e} "
              f"| {'; '.join(failures) if failures else 0} |", flush=True)
    print(f"| all | {sums[0]} | {sums[1]} | {sums[2]} | {sums[3]} | {sums[4]:.1e} | {all_failed} |")
    print(f"\nSeeds {given.first} to {given.first + given.seeds - 1}.")
    return 1 if all_failed else 0


if __name__ == "__main__":
    sys.exit(main())
