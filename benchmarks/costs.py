#!/usr/bin/env python3
"""What predcg-ising says its commands take, and what they take.

    benchmarks/costs.py PROGRAM [--only TEXT]

Runs every call of the table with --estimate and then in earnest, on one thread, and prints a table of processor seconds
and of the most memory, estimated and measured, with the ratios estimated / measured. Processor time, as the machine may
have other work. Exit status: 0; 1 where a ratio of a call of half a second or more is not within a factor of three, or
memory of 100 MB or more; 2 where a call fails. It takes some two minutes.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

FIT = "fit --data {data} --field 0.3 --beta 0.3 --out fit.json "
# Sites, samples, further options of the data, the call. None: no data are drawn.
CALLS = [
    (200, 20000, "", FIT),
    (64, 50000, "", FIT + "--linear"),
    (200, 1000, "", FIT + "--pair-range 2"),
    (200, 100, "", FIT + "--pair-range 3 --linear"),
    (200, 20, "", FIT + "--pair-range 4"),
    (200, 5, "", FIT + "--pair-range 5"),
    (64, 5, "", FIT + "--pair-range 6"),
    (200, 500, "", FIT + "--pair-range 3 --boundary open"),
    (200, 50, "", FIT + "--pair-range 6 --boundary open"),
    (200, 200, "", FIT + "--map logistic"),
    (200, 200, "", FIT + "--map autoregressive"),
    (200, 2000, "", FIT + "--map link2"),
    (200, 50, "", FIT + "--map link4"),
    (200, 5000, "", FIT + "--map decimation"),
    (200, 300, "", FIT + "--letters 3 --square"),
    (100, 20, "", FIT + "--letters 3 --square --pair-range 2"),
    (20000, 20, "", FIT),
    (100000, 5, "", FIT + "--lags 1000"),
    (10000, 5, "", FIT + "--boundary open --lags 500"),
    (4000, 5, "", FIT + "--boundary open"),
    (100, 100, "", FIT + "--engine monte-carlo --linear"),
    (200, 1000, "", FIT + "--engine monte-carlo --linear --iterations 400"),
    (64, 100, "", FIT + "--engine monte-carlo --iterations 200 --pair-range 4"),
    (100, 100, "", FIT + "--engine monte-carlo --iterations 200 --map link2"),
    (200, 300, "", FIT + "--engine monte-carlo --iterations 400 --letters 3"),
    (32, 50, "", FIT + "--posterior full"),
    (200, 50, "", FIT + "--posterior full --linear"),
    (64, 20, "", FIT + "--posterior full --pair-range 3 --draws 400"),
    (64, 50, "", FIT + "--posterior full --map link2 --draws 1000"),
    (64, 20, "", FIT + "--posterior full --map logistic --draws 400"),
    (64, 50, "", FIT + "--posterior full --letters 3 --draws 400"),
    (200, 50, "", FIT + "--posterior laplace-joint --linear"),
    (400, 20, "", FIT + "--posterior laplace-slides"),
    (200, 20, "", FIT + "--posterior laplace-joint --linear --boundary open"),
    (None, 0, "", "generate --sites 10000 --samples 2000 --out data.csv"),
    (None, 0, "", "generate --sites 64 --range 8 --samples 20000 --out data.csv"),
    (None, 0, "", "generate --sites 1000 --sampler metropolis --samples 1000 --out data.csv"),
    (None, 0, "", "calibrate sbc --linear --sites 16 --replicates 20 --threads 1 --out sbc"),
    (None, 0, "", "calibrate coverage --data-sets 5 --posterior full --threads 1 --out coverage"),
]


def run(program, arguments, directory):
    """Exit code, output, processor seconds and bytes of one call."""
    with subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          cwd=directory) as process:
        output = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, output, usage.ru_utime + usage.ru_stime, 1024.0 * usage.ru_maxrss


def run_well(program, arguments, directory):
    code, output, seconds, memory = run(program, arguments, directory)
    if code != 0:
        print(f"{' '.join(arguments)}: exit code {code}\n{output}", file=sys.stderr)
        sys.exit(2)
    return output, seconds, memory


def estimate_of(output):
    """Processor seconds and bytes of the line of all parts."""
    numbers = re.search(r"all, of processors +(\S+) s +(\S+) MB", output)
    return float(numbers[1]), 1e6 * float(numbers[2])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--only", default="", help="calls that contain this text")
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    wrong, made = [], {}
    print("| sites | data | call | s, estimated | s, measured | ratio | MB, estimated | MB, measured | ratio |")
    print("|---:|---:|---|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as directory:
        for sites, samples, further, call in CALLS:
            if options.only not in call:
                continue
            if sites and (sites, samples, further) not in made:
                name = f"data{len(made)}.csv"
                run_well(program, f"generate --field 0.3 --sites {sites} --samples {samples} {further} "
                                  f"--out {name}".split(), directory)
                made[sites, samples, further] = name
            arguments = call.format(data=made.get((sites, samples, further))).split()
            if "--threads" not in arguments:
                arguments += ["--threads", "1"]
            seconds, memory = estimate_of(run_well(program, arguments + ["--estimate"], directory)[0])
            _, spent, most = run_well(program, arguments + ["--yes"], directory)
            text = re.sub(r" --(data|field|beta|out|threads) \S+", "", call.format(data="") if sites else call)
            text = re.sub(r" --data +", " ", text).replace(" --out fit.json", "").strip()
            ratios = seconds / spent, memory / most
            print(f"| {sites or ''} | {samples or ''} | `{text}` | {seconds:.2f} | {spent:.2f} | {ratios[0]:.2f} | "
                  f"{1e-6 * memory:.0f} | {1e-6 * most:.0f} | {ratios[1]:.2f} |", flush=True)
            if spent > 0.5 and not 1 / 3 < ratios[0] < 3:
                wrong.append(text + ": time")
            if most > 100e6 and not 1 / 3 < ratios[1] < 3:
                wrong.append(text + ": memory")
    for text in wrong:
        print(f"not within a factor of three: {text}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
