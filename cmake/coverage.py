#!/usr/bin/env python3
"""Lines and branches of include/ that the unit tests of the preset sanitize ran, by clang's source-based coverage.

    python3 cmake/coverage.py reset                                 forgets earlier runs; before the tests
    python3 cmake/coverage.py report [--lines 95] [--branches 85]   after them; per cent of all

The report says the shares and the files that miss most, also in build/sanitize/coverage.txt. Exit code 1 below one of
the shares. A condition in the source has two branches, true and false; edges to exceptions, what the compiler adds and
`if constexpr` have none. Lines and branches are taken if one instantiation in any test took them. A template that no test
instantiates has no lines, so that it is not missed.
"""
import argparse
import concurrent.futures
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "sanitize")
PROFILES = os.path.join(BUILD, "profiles")  # as CMakePresets.json says
INCLUDE = os.path.join(ROOT, "include")


def tool(name):
    """The release of clang++: others may not read its files."""
    major = subprocess.run(["clang++", "-dumpversion"], capture_output=True, text=True, check=True).stdout.split(".")[0]
    return shutil.which(f"{name}-{major}") or name


def lines_of(segments):
    """Line -> how often it ran, of the regions of a file, by the rules of llvm-cov."""
    starts = {}
    for segment in segments:
        starts.setdefault(segment[0], []).append(segment)
    found, around = {}, None
    for line in range(segments[0][0], segments[-1][0] + 1) if segments else ():
        here = starts.get(line, [])
        entries = [count for _, _, count, has_count, is_entry, is_gap in here if has_count and is_entry and not is_gap]
        skipped = bool(here) and not here[0][3] and here[0][4]
        if not skipped and (entries or (around is not None and around[3])):
            found[line] = max(entries + ([around[2]] if around is not None else []))
        if here:
            around = here[-1]
    return found


def coverage_of(program, profile):
    """Of one program: (file, line) -> count, and (file, place) -> (how often true, how often false)."""
    export = subprocess.run([tool("llvm-cov"), "export", program, f"-instr-profile={profile}", "-skip-functions",
                             "-skip-expansions", INCLUDE], stdout=subprocess.PIPE, check=True)
    lines, branches = {}, {}
    for file in json.loads(export.stdout)["data"][0]["files"]:
        name = os.path.relpath(file["filename"], INCLUDE)
        if name.startswith(".."):
            continue
        for line, count in lines_of(file["segments"]).items():
            lines[name, line] = count
        for branch in file["branches"]:
            place = (name, *branch[:4])
            true, false = branches.get(place, (0, 0))
            branches[place] = (true + branch[4], false + branch[5])
    return lines, branches


def is_constant(lines, line, column):
    """Whether a place is in the condition of an `if constexpr`, which is decided when it is compiled."""
    before = "\n".join(lines[max(0, line - 6):line - 1] + [lines[line - 1][:column - 1]])
    found = list(re.finditer(r"\bif( constexpr)? *\(", before))
    if not found or not found[-1].group(1):
        return False
    condition = before[found[-1].end() - 1:]
    return condition.count("(") > condition.count(")")


def report(least_lines, least_branches):
    programs = sorted(glob.glob(os.path.join(BUILD, "bin", "unit_*")))
    profiles = glob.glob(os.path.join(PROFILES, "*.profraw"))
    if not programs or not profiles:
        sys.exit(f"no unit tests in {BUILD}/bin, or no runs in {PROFILES}: cmake --workflow --preset sanitize")
    lines, branches = {}, {}
    with tempfile.TemporaryDirectory() as scratch:
        merged = os.path.join(scratch, "merged")
        subprocess.run([tool("llvm-profdata"), "merge", "-sparse", *profiles, "-o", merged], check=True)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for more_lines, more_branches in pool.map(lambda program: coverage_of(program, merged), programs):
                for place, count in more_lines.items():
                    lines[place] = max(lines.get(place, 0), count)
                for place, (true, false) in more_branches.items():
                    before = branches.get(place, (0, 0))
                    branches[place] = (before[0] + true, before[1] + false)
    sources = {}
    for name in {place[0] for place in branches}:
        with open(os.path.join(INCLUDE, name), encoding="utf-8") as file:
            sources[name] = file.read().split("\n")
    branches = {place: counts for place, counts in branches.items()
                if not is_constant(sources[place[0]], *place[1:3])}
    missed = {"lines": {}, "branches": {}}
    for (name, line), count in lines.items():
        if count == 0:
            missed["lines"].setdefault(name, []).append((line, ""))
    for place, counts in branches.items():
        for word, count in zip((" true", " false"), counts):
            if count == 0:
                missed["branches"].setdefault(place[0], []).append((place[1], word))
    failed, text = False, "Coverage of include/:\n"
    for what, total, least in (("lines", len(lines), least_lines), ("branches", 2 * len(branches), least_branches)):
        taken = total - sum(len(of_file) for of_file in missed[what].values())
        share = 100.0 * taken / max(total, 1)
        failed = failed or share < least
        text += f"{what}: {share:.1f} % ({taken} of {total}), at least {least:g} % asked for; missed most in\n"
        for name, places in sorted(missed[what].items(), key=lambda item: -len(item[1]))[:10]:
            shown = ", ".join(f"{line}{word}" for line, word in sorted(set(places))[:10])
            text += f"  {len(places):4d}  {name}: {shown}{', ..' if len(places) > 10 else ''}\n"
    with open(os.path.join(BUILD, "coverage.txt"), "w", encoding="utf-8") as file:
        file.write(text)
    print(text, end="")
    return 1 if failed else 0


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", choices=["reset", "report"])
    options.add_argument("--lines", type=float, default=0.0)
    options.add_argument("--branches", type=float, default=0.0)
    given = options.parse_args()
    if given.what == "reset":
        shutil.rmtree(PROFILES, ignore_errors=True)
        return 0
    return report(given.lines, given.branches)


if __name__ == "__main__":
    sys.exit(main())
