#!/usr/bin/env python3
"""Branches of include/ that unit tests take, by clang's source-based coverage; by hand, of the preset branches.

    python3 cmake/branches.py build/branches [--least 85]

Runs every build/branches/bin/unit_* once. A condition in the source has two branches, true and false; edges to
exceptions and what the compiler adds have none, nor has `if constexpr`. A branch is taken if one instantiation of any test took it. Says the share, and the files with the most branches
that none took. Exit code 1 below --least per cent.
"""
import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile


def tool(name):
    """The release of clang++: others may not read its files."""
    major = subprocess.run(["clang++", "-dumpversion"], capture_output=True, text=True, check=True).stdout.split(".")[0]
    return shutil.which(f"{name}-{major}") or name


def branches_of(program, folder, scratch):
    """(file, place) -> how often true, how often false; summed over instantiations."""
    raw, merged = os.path.join(scratch, "raw"), os.path.join(scratch, "merged")
    done = subprocess.run([program, "--gtest_brief=1"], env={**os.environ, "LLVM_PROFILE_FILE": raw})
    if done.returncode != 0:
        sys.exit(f"{program} failed")
    subprocess.run([tool("llvm-profdata"), "merge", "-sparse", raw, "-o", merged], check=True)
    export = subprocess.run([tool("llvm-cov"), "export", program, f"-instr-profile={merged}", "-skip-functions",
                             "-skip-expansions", folder], stdout=subprocess.PIPE, check=True)
    found = {}
    for file in json.loads(export.stdout)["data"][0]["files"]:
        name = os.path.relpath(file["filename"], folder)
        if name.startswith(".."):
            continue
        for branch in file["branches"]:
            place = (name, *branch[:4])
            true, false = found.get(place, (0, 0))
            found[place] = (true + branch[4], false + branch[5])
    return found


def is_constant(lines, line, column):
    """Whether a place is in the condition of an `if constexpr`, which is decided when it is compiled."""
    before = "\n".join(lines[max(0, line - 6):line - 1] + [lines[line - 1][:column - 1]])
    found = list(re.finditer(r"\bif( constexpr)? *\(", before))
    if not found or not found[-1].group(1):
        return False
    condition = before[found[-1].end() - 1:]
    return condition.count("(") > condition.count(")")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("build")
    options.add_argument("--least", type=float, default=0.0)
    given = options.parse_args()
    folder = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "include")
    found = {}
    programs = sorted(glob.glob(os.path.join(given.build, "bin", "unit_*")))
    if not programs:
        sys.exit(f"no unit tests in {given.build}/bin")
    for program in programs:
        with tempfile.TemporaryDirectory() as scratch:
            for place, (true, false) in branches_of(program, folder, scratch).items():
                before = found.get(place, (0, 0))
                found[place] = (before[0] + true, before[1] + false)
        print(f"{os.path.basename(program)}: {len(found)} conditions so far", file=sys.stderr, flush=True)
    sources = {}
    for name in {place[0] for place in found}:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            sources[name] = file.read().split("\n")
    found = {place: counts for place, counts in found.items() if not is_constant(sources[place[0]], *place[1:3])}
    missed = {}
    for place in found:
        missed.setdefault(place[0], []).extend(
            (place[1], word) for word, count in zip(("true", "false"), found[place]) if count == 0)
    total = 2 * len(found)
    taken = total - sum(len(of_file) for of_file in missed.values())
    share = 100.0 * taken / max(total, 1)
    print(f"branches: {share:.1f} % ({taken} of {total})")
    for name, places in sorted(missed.items(), key=lambda item: -len(item[1]))[:30]:
        if places:
            lines = ", ".join(f"{line} {word}" for line, word in sorted(places)[:12])
            print(f"  {len(places):4d}  {name}: {lines}{', ..' if len(places) > 12 else ''}")
    return 1 if share < given.least else 0


if __name__ == "__main__":
    sys.exit(main())
