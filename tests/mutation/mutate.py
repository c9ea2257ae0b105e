#!/usr/bin/python3
"""Mutation testing: small changes of the headers, one at a time, and the unit tests that notice them.

    mutate.py make  SCRATCH    choose mutants of include/ by a seed; write mutated headers to SCRATCH/include
    mutate.py make  SCRATCH --stale [PART...]   of headers alone that have changed since mutants.csv was written, and of
                                         these of those alone whose names have one of the parts
    mutate.py build SCRATCH [GROUP...]   compile the groups of unit tests against them, or files of tests/unit: NAME,
                                         or several as one program, ANY_NAME=FILE,FILE
    mutate.py run   SCRATCH    wake one mutant after the other; write mutants.csv
    mutate.py show             what mutants.csv says, in figures, and which headers have changed since; fails if a survivor
                               is not explained

All mutants are in one copy of the headers and are woken by an environment variable, so that each test program is
compiled once. Needs Debian's python3-clang-16. README.md says what is mutated and how.
"""

import argparse
import collections
import concurrent.futures
import csv
import hashlib
import json
import os
import pathlib
import random
import re
import resource
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TABLE = HERE / "mutants.csv"
COLUMNS = ["id", "file", "header", "line", "operator", "original", "mutant", "outcome", "killed by", "reason"]
SWAPS = {
    "+": ("-", "plus_minus"), "-": ("+", "minus_plus"), "*": ("/", "times_divide"), "/": ("*", "divide_times"),
    "<": ("<=", "less_lessequal"), "<=": ("<", "lessequal_less"), ">": (">=", "greater_greaterequal"),
    ">=": (">", "greaterequal_greater"), "==": ("!=", "equal_notequal"), "!=": ("==", "notequal_equal"),
}


class Edit:
    """A mutant's place, bytes [begin, end) of a file, and what stands there with a switch."""

    def __init__(self, operator, begin, end, original, mutant, pieces):
        self.operator, self.begin, self.end = operator, begin, end
        self.original, self.mutant = original, mutant
        self.pieces = pieces  # strings, in which {id} is the number, and ranges of the file, which may be mutated, too
        self.id = 0


# ---------------------------------------------------------------------------------------------------- candidates


class Finder:
    """The candidates of one file, by clang's tree of it."""

    def __init__(self, clang, path):
        self.kind, self.types = clang.CursorKind, clang.TypeKind
        self.text = path.read_bytes()
        self.found = {}
        self.known = {k.value for k in clang.CursorKind.get_all_kinds()}

    def words(self, begin, end):
        return self.text[begin:end].decode()

    @staticmethod
    def range(cursor):
        return cursor.extent.start.offset, cursor.extent.end.offset

    def add(self, operator, begin, end, mutant, pieces):
        original = re.sub(r"\s+", " ", self.words(begin, end))
        if "#" in original or "//" in original or '"' in original:
            return
        self.found.setdefault((operator, begin, end), Edit(operator, begin, end, original, mutant, pieces))

    def operator_between(self, left, right):
        """The operator between two operands, and its place; None where a macro or a bracket stands there."""
        between = self.words(left[1], right[0])
        match = re.fullmatch(r"\s*([-+*/<>=!&|%^]+)\s*", between)
        return match and match.group(1)

    def dependent(self, cursor):
        return cursor.type.kind in (self.types.DEPENDENT, self.types.INVALID, self.types.UNEXPOSED, self.types.AUTO)

    def arithmetic(self, cursor):
        kind = cursor.type.get_canonical().kind
        return self.types.BOOL.value <= kind.value <= self.types.LONGDOUBLE.value

    def scalar(self, cursor):
        return self.dependent(cursor) or self.arithmetic(cursor)

    def binary(self, cursor, statement):
        children = self.parts(cursor)
        if len(children) != 2:
            return
        left, right = self.range(children[0]), self.range(children[1])
        operator = self.operator_between(left, right)
        if not operator:
            return
        l, r = self.words(*left), self.words(*right)
        begin, end = left[0], right[1]
        if operator in SWAPS and "{" not in l[:1] + r[:1]:
            other, function = SWAPS[operator]
            if operator in "+-*/" and not (self.scalar(children[0]) and self.scalar(children[1])):
                return
            name = "arithmetic" if operator in "+-*/" else "comparison"
            self.add(name, begin, end, f"{l} {other} {r}",
                     [f"::predcg_mutants::{function}({{id}}, ", left, ", ", right, ")"])
        elif operator in ("&&", "||"):
            on = "::predcg_mutants::on({id})"
            self.add("logic", begin, end, f"{l} {'||' if operator == '&&' else '&&'} {r}",
                     [f"({on} != (({on} != static_cast<bool>(", left, f")) {operator} ({on} != static_cast<bool>(",
                      right, "))))"])
        elif operator in ("=", "+=", "-=", "*=", "/=") and statement:
            self.removed("assignment removed", cursor)

    def removed(self, operator, cursor):
        begin, end = self.range(cursor)
        self.add(operator, begin, end, "", ["(::predcg_mutants::on({id}) ? void() : void(", (begin, end), "))"])

    def condition(self, cursor):
        begin, end = self.range(cursor)
        if not cursor.kind.is_expression() or begin >= end:
            return
        self.add("condition", begin, end, f"!({self.words(begin, end)})",
                 ["(::predcg_mutants::on({id}) != static_cast<bool>(", (begin, end), "))"])

    def literal(self, cursor):
        begin, end = self.range(cursor)
        text = self.words(begin, end)
        before, after = self.words(max(0, begin - 40), begin).rstrip()[-1:], self.words(end, end + 40).lstrip()[:1]
        if before in "<," and after in ">," and (before + after) != ",,":  # an argument of a template
            return
        if re.fullmatch(r"\d+", text):
            other = str(int(text) + 1)
        elif re.fullmatch(r"\d+\.\d*(e-?\d+)?", text):
            other = "1.0" if float(text) == 0 else repr(2 * float(text))
        else:
            return
        self.add("constant", begin, end, other, [f"::predcg_mutants::literal({{id}}, {text}, {other})"])

    def parts(self, cursor):
        """The children of which these bindings know the kind; concepts and what they ask for are not run."""
        return [c for c in cursor.get_children() if c._kind_id in self.known]

    def visit(self, cursor, body, statement, result):
        """body: inside a function's braces; statement: the value is not used; result: what `return` gives, of numbers"""
        k = cursor.kind
        kind = self.kind
        if k in (kind.STATIC_ASSERT, kind.CXX_THROW_EXPR):
            return
        if k in (kind.FUNCTION_DECL, kind.CXX_METHOD, kind.FUNCTION_TEMPLATE, kind.CONVERSION_FUNCTION):
            result = self.number_returned(cursor)
        elif k == kind.LAMBDA_EXPR:
            result = None
        children = self.parts(cursor)
        if body:
            begin, end = self.range(cursor)
            if k in (kind.VAR_DECL, kind.FIELD_DECL) and re.search(r"\bconstexpr\b", self.words(begin, end).split("=")[0]):
                return
            if k in (kind.BINARY_OPERATOR, kind.COMPOUND_ASSIGNMENT_OPERATOR):
                self.binary(cursor, statement)
            elif k == kind.UNARY_OPERATOR and self.words(begin, begin + 1) == "-" and children:
                if children[0].kind not in (kind.INTEGER_LITERAL, kind.FLOATING_LITERAL):
                    inner = self.range(children[0])
                    if self.scalar(children[0]) and inner[0] > begin and self.words(begin, inner[0]).strip() == "-":
                        self.add("sign", begin, end, self.words(*inner),
                                 ["::predcg_mutants::negated({id}, ", inner, ")"])
            elif k == kind.IF_STMT and children:
                head = self.words(begin, self.range(children[0])[0])
                if "constexpr" in head or "consteval" in head or re.search(r"if\s*\($", head) is None:
                    # a condition that is a concept is no child
                    has_condition = head.count("(") > head.count(")")
                    for child in children[1:] if "constexpr" in head and has_condition else children:
                        self.visit(child, body, child.kind not in (kind.COMPOUND_STMT,), result)
                    return
                self.condition(children[0])
            elif k == kind.WHILE_STMT and children:
                self.condition(children[0])
            elif k == kind.CONDITIONAL_OPERATOR and len(children) == 3:
                self.condition(children[0])
            elif k == kind.RETURN_STMT and children and result and self.words(*self.range(children[0]))[:1] != "{":
                inner = self.range(children[0])
                self.add("return value", *inner, f"!({self.words(*inner)})" if result is bool else f"{self.words(*inner)} + 1",
                         ["::predcg_mutants::shifted({id}, ", inner, ")"])
            elif k in (kind.INTEGER_LITERAL, kind.FLOATING_LITERAL):
                self.literal(cursor)
            elif k == kind.CALL_EXPR:
                self.call(cursor, statement, begin, end)
        for child in children:
            inside = body or child.kind == kind.COMPOUND_STMT
            is_statement = k == kind.COMPOUND_STMT or (k in (kind.FOR_STMT, kind.IF_STMT, kind.CXX_FOR_RANGE_STMT)
                                                       and child == children[-1])
            # a number in a type, or an argument of a template, is not run
            if body and k == kind.TEMPLATE_REF:
                continue
            self.visit(child, inside, is_statement, result)

    def number_returned(self, cursor):
        """bool, float for any other number, None for what is none or not known."""
        kind = cursor.result_type.get_canonical().kind
        if kind == self.types.BOOL:
            return bool
        return float if self.types.BOOL.value < kind.value <= self.types.LONGDOUBLE.value else None

    def call(self, cursor, statement, begin, end):
        text = self.words(begin, end)
        match = re.match(r"std::(min|max)(<\w+>)?\(", text)
        if match and "{" not in text:
            other = "max" if match.group(1) == "min" else "min"
            rest = (begin + len("std::min"), end)
            self.add("min/max", begin, end, f"std::{other}{self.words(*rest)}",
                     [f"(::predcg_mutants::on({{id}}) ? std::{other}", rest, f" : std::{match.group(1)}", rest, ")"])
        assignment = re.search(r"[^=!<>]=[^=]", text.split("(")[0])
        if statement and not re.search(r"\b(reserve|shrink_to_fit)\(", text) and not text.startswith("{"):
            self.removed("assignment removed" if assignment else "call removed", cursor)


def parse(include, flags):
    import clang.cindex as clang
    clang.Config.set_library_file("/usr/lib/llvm-16/lib/libclang.so.1")
    headers = sorted(p for p in include.rglob("*.hpp") if p.name != "mpi.hpp")  # which needs MPI
    source = "".join(f'#include "{p.relative_to(include)}"\n' for p in headers)
    unit = clang.Index.create().parse("all.cpp", args=flags + [f"-I{include}"], unsaved_files=[("all.cpp", source)])
    errors = [str(d) for d in unit.diagnostics if d.severity >= clang.Diagnostic.Error]
    if errors:
        sys.exit("clang cannot read the headers:\n" + "\n".join(errors[:10]))
    finders = {str(p): Finder(clang, p) for p in headers}
    for cursor in unit.cursor.get_children():
        file = cursor.location.file
        if file and file.name in finders:
            finders[file.name].visit(cursor, False, False, None)
    return {pathlib.Path(name): sorted(f.found.values(), key=lambda e: (e.begin, -e.end, e.operator))
            for name, f in finders.items()}


def choose(candidates, lines, seed, name):
    """Some of a file's candidates, from every operator in turn, at random places."""
    rng = random.Random(f"{seed} {name}")
    wanted = 1 + (lines >= 90) + (lines >= 250) + (lines >= 400)
    kinds = collections.defaultdict(list)
    for edit in candidates:
        kinds[edit.operator].append(edit)
    order = sorted(kinds)
    rng.shuffle(order)
    for edits in kinds.values():
        rng.shuffle(edits)
    chosen = []
    while len(chosen) < wanted and any(kinds.values()):
        for kind in order:
            if kinds[kind] and len(chosen) < wanted:
                chosen.append(kinds[kind].pop())
    return sorted(chosen, key=lambda e: (e.begin, -e.end, e.operator))


def render(text, begin, end, edits):
    """The text from begin to end with those edits in it; an edit's pieces may hold edits themselves."""
    out, at, k = [], begin, 0
    while k < len(edits):
        edit = edits[k]
        inner = [e for e in edits[k + 1:] if e.begin >= edit.begin and e.end <= edit.end]
        out.append(text[at:edit.begin])
        for piece in edit.pieces:
            if isinstance(piece, str):
                out.append(piece.replace("{id}", str(edit.id)).encode())
            else:
                within = [e for e in inner if piece[0] <= e.begin and e.end <= piece[1]]
                out.append(render(text, *piece, within))
        at = edit.end
        k += 1 + len(inner)
    out.append(text[at:end])
    return b"".join(out)


def key(row):
    return row["file"], row["operator"], row["original"], row["mutant"]


def flags():
    return ["-std=c++20", "-isystem", "/usr/include/eigen3"]


def digest(text):
    """Of a header's words, without comments and spaces: which header a mutant was made of."""
    code = re.sub(rb"//[^\n]*", b"", text)
    return hashlib.sha1(re.sub(rb"\s+", b"", code)).hexdigest()[:10]


def headers_now():
    include = ROOT / "include"
    return {str(p.relative_to(include)): digest(p.read_bytes()) for p in sorted(include.rglob("*.hpp"))}


def stale_headers(rows):
    """Those that have changed since their rows were written, and those that are gone."""
    now = headers_now()
    return sorted({r["file"] for r in rows if now.get(r["file"]) != r["header"]})


def make(scratch, seed, wanted=None):
    """wanted: the headers to be mutated; all others are copied as they are."""
    include = ROOT / "include"
    (scratch / "wanted.json").write_text(json.dumps(wanted))
    found = parse(include, flags())
    rows, empty, number, total = [], [], 0, 0
    dropped = set(json.loads((scratch / "dropped.json").read_text())) if (scratch / "dropped.json").exists() else set()
    for path in sorted(include.rglob("*.hpp")):
        name = str(path.relative_to(include))
        text = path.read_bytes()
        target = scratch / "include" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        candidates = found.get(path, []) if wanted is None or name in wanted else []
        total += len(candidates)
        chosen = choose(candidates, text.count(b"\n"), seed, name)
        if not chosen and (wanted is None or name in wanted):
            empty.append(name)
        for edit in chosen:
            number += 1
            edit.id = number
        first = {(e.begin, e.end): e for e in reversed(chosen)}
        kept = [e for e in first.values() if e.id not in dropped]
        kept.sort(key=lambda e: (e.begin, -e.end))
        for e in kept:
            rows.append({"id": e.id, "file": name, "header": digest(text), "line": text.count(b"\n", 0, e.begin) + 1, "operator": e.operator,
                         "original": e.original, "mutant": re.sub(r"\s+", " ", e.mutant)})
        mutated = b'#include "mutants.hpp"\n' + render(text, 0, len(text), kept) if kept else text
        if not target.exists() or target.read_bytes() != mutated:
            target.write_bytes(mutated)
    (scratch / "mutants.json").write_text(json.dumps(rows, indent=1))
    (scratch / "without.txt").write_text("".join(name + "\n" for name in empty))
    kinds = collections.Counter(r["operator"] for r in rows)
    print(f"{total} candidates, {len(rows)} mutants in {len({r['file'] for r in rows})} files; "
          f"{len(empty)} files without: {', '.join(f'{k} {n}' for k, n in sorted(kinds.items()))}")


# -------------------------------------------------------------------------------------------------------- build


def groups():
    """The groups of tests/unit, as tests/CMakeLists.txt has them."""
    cmake = (ROOT / "tests/CMakeLists.txt").read_text()
    names = re.search(r"set\(unit_groups ([^)]*)\)", cmake).group(1).split()
    patterns = {n: re.search(rf'set\(unit_{n} "([^"]*)"\)', cmake).group(1) for n in names}
    members = collections.defaultdict(list)
    for source in sorted((ROOT / "tests/unit").glob("*.cpp")):
        members[next(n for n in names if re.search(patterns[n], source.stem))].append(source)
    return members


def compile_group(scratch, name, sources):
    unit = scratch / f"{name}.cpp"
    unit.write_text("".join(f'#include "{s}"\n' for s in sources))
    command = (["nice", os.environ.get("CXX", "g++")] + flags() +
               ["-O1", "-w", "-Wno-narrowing", "-D_GLIBCXX_ASSERTIONS", f"-I{scratch}/include", f"-I{HERE}", f"-I{ROOT}/tests/support",
                f"-I{ROOT}/tests", f'-DPREDCG_TEST_DATA="{ROOT}/tests/data"',
                f'-DPREDCG_EXAMPLE_DATA="{ROOT}/examples/data"', str(unit), str(HERE / "recorder.cpp"), "-o",
                str(scratch / f"{name}.exe"), "-lgtest", "-lgtest_main", "-lpthread"])
    start = time.time()
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace")
    (scratch / f"{name}.log").write_text(done.stderr)
    print(f"{name}: {time.time() - start:.0f} s, {'built' if done.returncode == 0 else 'FAILED'}", flush=True)
    return done.returncode == 0


def guilty(scratch, name):
    """Mutants on the lines of the headers that the compiler names."""
    ids = set()
    log = (scratch / f"{name}.log").read_text()
    for path, line in re.findall(rf"{re.escape(str(scratch))}/include/(\S+?):(\d+):", log):
        text = (scratch / "include" / path).read_text().splitlines()[int(line) - 1]
        ids |= {int(i) for i in re.findall(r"predcg_mutants::\w+\((\d+)", text)}
    return ids


def build(scratch, wanted, seed):
    members = groups()
    for name in wanted or sorted(members):
        name, _, files = name.partition("=")
        sources = members.get(name) or [ROOT / f"tests/unit/{file}.cpp" for file in (files or name).split(",")]
        for _ in range(4):
            if compile_group(scratch, name, sources):
                record(scratch, name)
                break
            ids = guilty(scratch, name)
            if not ids:
                sys.exit(f"{name} does not compile, and no mutant is to blame: {scratch}/{name}.log")
            print(f"do not compile and are left out: {sorted(ids)}", flush=True)
            path = scratch / "dropped.json"
            old = json.loads(path.read_text()) if path.exists() else []
            path.write_text(json.dumps(sorted(set(old) | ids)))
            make(scratch, seed, json.loads((scratch / "wanted.json").read_text()))


def record(scratch, name):
    """One run in which no mutant is awake: which tests reach which mutants."""
    (scratch / f"{name}.reached").unlink(missing_ok=True)
    out = scratch / f"{name}.unfinished"  # `run` takes what is whole
    out.unlink(missing_ok=True)
    done = subprocess.run(["nice", str(scratch / f"{name}.exe")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=os.environ | {"PREDCG_MUTANTS_REACHED": str(out)}, cwd=scratch, errors="replace", text=True)
    tests = [line.split() for line in out.read_text().splitlines()]
    failed = [t[0] for t in tests if "failed" in t]
    print(f"{name}: {len(tests)} tests, {sum(int(t[1]) for t in tests) / 1000:.1f} s"
          + (f", FAILED without mutant: {failed}" if failed or done.returncode else ""), flush=True)
    out.rename(scratch / f"{name}.reached")


# ---------------------------------------------------------------------------------------------------------- run


def reaching(scratch):
    """For every mutant: {group: {test: seconds}}, and all tests of each group with their seconds."""
    reach, all_tests = collections.defaultdict(lambda: collections.defaultdict(dict)), {}
    for path in scratch.glob("*.reached"):
        tests = {}
        for line in path.read_text().splitlines():
            name, milliseconds, *ids = line.split()
            if "failed" in ids:  # a test that fails without mutant judges none
                continue
            tests[name] = int(milliseconds) / 1000
            for i in ids:
                reach[int(i)][path.stem][name] = tests[name]
        all_tests[path.stem] = tests
    return reach, all_tests


def judge(scratch, mutant, group, tests):
    """The test that fails with the mutant awake, or what else ends it; None if all pass."""
    seconds = sum(tests.values())
    limit = int(10 * seconds + 10)  # of processor time, which the load of the machine does not change

    def limits():
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    order = ":".join(sorted(tests, key=tests.get))
    program = subprocess.Popen(
        ["nice", str(scratch / f"{group}.exe"), f"--gtest_filter={order}", "--gtest_fail_fast"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | {"PREDCG_MUTANT": str(mutant)},
        preexec_fn=limits, cwd=scratch, text=True, errors="replace", start_new_session=True)
    try:
        output, _ = program.communicate(timeout=20 * limit)
    except subprocess.TimeoutExpired:
        os.killpg(program.pid, 9)
        program.communicate()
        return f"{group} (does not end)"
    if program.returncode == 0:
        return None
    match = re.search(r"\[  FAILED  \] ([\w./]+)", output)
    if match:
        return f"{group}.{match.group(1)}"
    started = re.findall(r"\[ RUN      \] ([\w./]+)", output)
    how = "does not end" if program.returncode in (-9, -24) else f"ends with {program.returncode}"
    return f"{group}.{started[-1] if started else '?'} ({how})"


def run_one(scratch, mutant, reach, all_tests, passed):
    """What becomes of a mutant, and the groups whose tests all pass with it, with the time of the program."""
    built = {g: (scratch / f"{g}.exe").stat().st_mtime for g in reach.get(mutant, {})}
    per_group = {g: t for g, t in reach.get(mutant, {}).items() if passed.get(g) != built[g]}
    # quickest first: a few short tests of every group, then all that reach it, then the whole suites of these, whose
    # tests may share what one of them has computed
    few = {g: dict(sorted(t.items(), key=lambda x: x[1])[:3]) for g, t in per_group.items()}
    suites = {g: {t: s for t, s in all_tests[g].items() if t.split(".")[0] in {t.split(".")[0] for t in tests}}
              for g, tests in per_group.items()}
    done = collections.defaultdict(set)
    for step in (few, per_group, suites):
        for group in sorted(step, key=lambda g: sum(step[g].values())):
            tests = {t: s for t, s in step[group].items() if t not in done[group]}
            killer = judge(scratch, mutant, group, tests) if tests else None
            if killer:
                return "killed", killer, {}
            done[group] |= set(tests)
    return ("survived" if built else "not reached"), "", built


def read_table():
    if not TABLE.exists():
        return []
    with TABLE.open(newline="") as file:
        return list(csv.DictReader(file))


def run(scratch, jobs):
    rows = json.loads((scratch / "mutants.json").read_text())
    reach, all_tests = reaching(scratch)
    path = scratch / "outcomes.json"
    outcomes = json.loads(path.read_text()) if path.exists() else {}
    todo = [r for r in rows if outcomes.get(str(r["id"]), [""])[0] != "killed"]
    todo.sort(key=lambda r: sum(sum(t.values()) for t in reach.get(r["id"], {}).values()))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        waiting = {pool.submit(run_one, scratch, r["id"], reach, all_tests, outcomes.get(str(r["id"]), ["", "", {}])[2]): r
                   for r in todo}
        for n, future in enumerate(concurrent.futures.as_completed(waiting), 1):
            row = waiting[future]
            outcomes[str(row["id"])] = future.result()
            path.write_text(json.dumps(outcomes))
            outcome, killer, _ = future.result()
            print(f"{n}/{len(todo)} {row['id']} {row['file']}:{row['line']} {outcome} {killer}", flush=True)
    old = read_table()
    reasons = {key(r): r["reason"] for r in old if r["reason"]}
    wanted = json.loads((scratch / "wanted.json").read_text())
    table = [] if wanted is None else [r for r in old if r["file"] not in wanted]
    for r in rows:
        outcome, killer, _ = outcomes[str(r["id"])]
        reason = "" if outcome == "killed" else reasons.get(key(r), "")
        table.append(r | {"outcome": outcome, "killed by": killer, "reason": reason})
    table.sort(key=lambda r: (r["file"], int(r["line"])))
    with TABLE.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for number, r in enumerate(table, 1):
            writer.writerow(r | {"id": number})
    show()


def show():
    rows = read_table()
    of = lambda *words: [r for r in rows if r["outcome"] != "killed" and r["reason"].startswith(words)]
    none, unseen = of("no mutant"), of("equivalent", "speed")
    killed = [r for r in rows if r["outcome"] == "killed"]
    survivors = [r for r in rows if r not in none and r not in unseen and r not in killed]
    seen = len(killed) + len(survivors)
    print(f"{len(rows)} mutants; {len(none)} change nothing that runs, {len(unseen)} nothing that a caller sees; "
          f"of the other {seen} {len(killed)} are killed, {len(survivors)} survive ({100 * len(survivors) / seen:.1f} %)")
    counts = collections.Counter(r["operator"] for r in killed + survivors)
    alive = collections.Counter(r["operator"] for r in survivors)
    for operator, n in sorted(counts.items()):
        print(f"  {operator:20} {n:4} {alive[operator]:4}")
    stale = stale_headers(rows)
    print(f"{sum(r['file'] in stale for r in rows)} mutants are of {len(stale)} headers that have changed since")
    bare = [r for r in survivors if not r["reason"]]
    for r in bare:
        print(f"not explained: {r['id']} {r['file']}:{r['line']} {r['operator']}: {r['original']} -> {r['mutant']}")
    return 1 if bare else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["make", "build", "run", "show"])
    parser.add_argument("scratch", nargs="?", type=pathlib.Path)
    parser.add_argument("groups", nargs="*")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--stale", action="store_true")
    arguments = parser.parse_intermixed_args()
    if arguments.command == "show":
        return show()
    if not arguments.scratch:
        parser.error("a scratch directory is needed")
    scratch = arguments.scratch.resolve()
    scratch.mkdir(parents=True, exist_ok=True)
    if arguments.command == "make":
        wanted = None
        if arguments.stale:
            known = {r["file"] for r in read_table()}
            new = [h for h in headers_now() if h not in known]  # those in which nothing runs are looked at again
            wanted = [h for h in stale_headers(read_table()) + new
                      if not arguments.groups or any(part in h for part in arguments.groups)]
        elif arguments.groups:
            parser.error("parts of names need --stale")
        make(scratch, arguments.seed, wanted)
    elif arguments.command == "build":
        build(scratch, arguments.groups, arguments.seed)
    else:
        run(scratch, arguments.jobs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
