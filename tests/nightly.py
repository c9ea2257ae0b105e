#!/usr/bin/env python3
"""Simulation-based calibration and coverage of every map of predcg-ising, and one table of them.

    python3 tests/nightly.py predcg-ising --out DIRECTORY [--short] [--seed 1] [--maps NAME,NAME,..]

Ranks of true parameters among draws of the full posterior are uniform if the posterior is right; a histogram is
rejected where its p is below 0.001 over the number of histograms. Intervals of 95 % hold the exact values of the fine
chain in 95 % of the data sets where the model can be that of the data: decimation, whose rows are judged by the 99.9 %
interval of Clopper and Pearson over the number of its rows. Rows of other maps show what misfit does. Results of each
run are in DIRECTORY/version-seed-sizes, with their table.md; a run that is there is not repeated. Exit code 1 where
something was rejected.
"""
import argparse
import csv
import os
import subprocess
import sys

MAPS = ["bernoulli", "logistic", "autoregressive", "link2", "link4", "decimation"]
# of three letters all maps but decimation, which copies fine spins
CASES = [(name, ["--map", name]) for name in MAPS] + [("bernoulli, three letters", ["--letters", "3", "--square"])]


def run(program, arguments, directory):
    if not os.path.exists(os.path.join(directory, "manifest.json")):
        subprocess.run([program, "calibrate", *arguments, "--out", directory], check=True, stdout=subprocess.DEVNULL)


def directory_of(out, program, seed, *sizes):
    """Of runs that may be kept: those of the same version, seed and sizes alone."""
    version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.split()[0]
    return os.path.join(out, "-".join([version, f"seed{seed}", *sizes]))


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def binomial_tail(successes, trials, p):
    """P(at most `successes`) and P(at least `successes`)."""
    term, sums = (1.0 - p) ** trials, []
    for k in range(trials + 1):
        sums.append(term)
        term *= (trials - k) / (k + 1) * p / (1.0 - p)
    return sum(sums[:successes + 1]), sum(sums[successes:])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("program")
    options.add_argument("--out", required=True)
    options.add_argument("--short", action="store_true", help="minutes, not hours: 50 replicates, 20 data sets")
    options.add_argument("--maps", help="all but these are left out")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    replicates, bins, data_sets, draws = ("50", "5", "20", "400") if given.short else ("500", "20", "200", "2000")
    out = directory_of(given.out, given.program, given.seed, replicates, bins, data_sets, draws)
    common = ["--linear", "--draws", draws, "--seed", str(given.seed)]
    ranks, held = [], []
    cases = [case for case in CASES if given.maps is None or case[0] in given.maps.split(",")]
    for name, of_map in cases:
        directory = os.path.join(out, name.replace(", ", "-").replace(" ", "-"))
        os.makedirs(directory, exist_ok=True)
        sbc, coverage = os.path.join(directory, "sbc"), os.path.join(directory, "coverage")
        run(given.program, ["sbc", *of_map, *common, "--sites", "8", "--field", "0.2", "--samples", "20",
                            "--replicates", replicates, "--bins", bins, "--posterior", "full"], sbc)
        first = {row["name"]: row for row in rows_of(os.path.join(sbc, "sbc_histograms.csv"))}
        ranks += [(name, row["name"], float(row["chi_square"]), float(row["p_value"])) for row in first.values()]
        run(given.program, ["coverage", *of_map, *common, "--sites", "12", "--samples", "50",
                            "--data-sets", data_sets, "--posterior", "full"], coverage)
        held += [(name, row) for row in rows_of(os.path.join(coverage, "coverage.csv")) if row["level"] == "0.95"]
        print(f"{name}: done", file=sys.stderr, flush=True)

    judged = sum(name == "decimation" for name, _ in held)
    rejected = 0
    table = ["| map | what | result | expected | verdict |", "|---|---|---|---|---|"]
    for name, what, chi_square, p in ranks:
        bad = p < 0.001 / len(ranks)
        rejected += bad
        table.append(f"| {name} | ranks of {what} | chi^2 {chi_square:.1f}, p = {p:.2g} | {int(bins) - 1} degrees of "
                     f"freedom | {'rejected' if bad else 'uniform'} |")
    for name, row in held:
        below, above = binomial_tail(int(row["held"]), int(row["trials"]), 0.95)
        bad = judged > 0 and min(below, above) < 0.0005 / judged
        verdict = ("rejected" if bad else "right") if name == "decimation" else "not judged"
        rejected += bad and name == "decimation"
        table.append(f"| {name} | 95 % interval of {row['observable']} | {row['held']} of {row['trials']}, mean width "
                     f"{float(row['mean_width']):.3f} | 95 % | {verdict} |")
    text = "\n".join(table) + f"\n\nSeed {given.seed}: {rejected} of {len(ranks) + judged} rejected.\n"
    with open(os.path.join(out, "table.md"), "w", encoding="utf-8") as file:
        file.write(text)
    print(text)
    return 1 if rejected else 0


if __name__ == "__main__":
    sys.exit(main())
