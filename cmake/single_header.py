#!/usr/bin/env python3
"""The library as one header: `python3 cmake/single_header.py -o predcg.hpp [header ...]`.

Without names, all of include/predcg but predcg/mpi.hpp, which needs MPI. With names, such as predcg/predcg.hpp, those
and what they include. Includes of the library are replaced by what they name, once and in order; others are kept, once.
"""
import argparse
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
include_dir = root / "include"
include_line = re.compile(r"#\s*include\s*<([^>]+)>")


def expand(name, seen, lines):
    """Appends to lines the header `name`, after what it includes; seen are the names that have been included."""
    if name in seen:
        return
    seen.add(name)
    depth = 0  # of conditionals: what is included in one stays there
    text = []
    for number, line in enumerate((include_dir / name).read_text().splitlines(), 1):
        directive = line.lstrip()
        if re.match(r"#\s*if", directive):
            depth += 1
        elif re.match(r"#\s*endif", directive):
            depth -= 1
        included = include_line.match(directive)
        if re.match(r"#\s*pragma once", directive):
            continue
        if included and included[1].startswith("predcg/") and included[1].endswith(".hpp"):
            if depth:
                sys.exit(f"{name}:{number}: an include of the library inside a conditional")
            expand(included[1], seen, lines)
        elif included and not depth and included[1] in seen:
            continue
        else:
            if included and not depth:
                seen.add(included[1])
            text.append(line)
    lines += [f"// {name}", *text]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=pathlib.Path, default=pathlib.Path("predcg.hpp"))
    parser.add_argument("headers", nargs="*", help="such as predcg/predcg.hpp; without any, all but predcg/mpi.hpp")
    arguments = parser.parse_args()
    names = arguments.headers or sorted(
        path.relative_to(include_dir).as_posix() for path in include_dir.rglob("*.hpp") if path.name != "mpi.hpp")

    version_header = (include_dir / "predcg/version.hpp").read_text()
    version = ".".join(re.findall(r"#define PREDCG_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", version_header))
    licence = (root / "LICENSE").read_text().splitlines()
    lines = [f"// predcg {version}, a header-only C++20 library for predictive coarse-graining, as one header.",
             "// Made by cmake/single_header.py: change the headers that it is made of.", "//",
             *(f"// {line}".rstrip() for line in licence), "#pragma once", ""]
    seen = set()
    for name in names:
        expand(name, seen, lines)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(re.sub(r"\n{3,}", "\n\n", "\n".join(lines) + "\n"))


if __name__ == "__main__":
    main()
