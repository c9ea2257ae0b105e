#!/usr/bin/env bash
# Seconds that compilers take for programs at -O3, and their ratio to a file that includes Eigen/Core alone. User time
# of the compiler, minimum of several runs in turn: what other work on the machine adds is left out.
#
#   bash benchmarks/compile_time.sh [-n runs] [-I directory]... [--gate table] [compiler...]
#
# Programs: examples/*.cpp and docs/snippets/*.cpp. runs: 5 unless told; directories: /usr/include/eigen3 unless told;
# compilers: those of g++ and clang++ that are there. With --gate, compilers and the largest ratio of each program are
# those of the table, lines of "compiler program ratio", and a program runs no more once it is within its ratio.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C

runs=5 includes=() gate='' compilers=()
while [ $# -gt 0 ]; do
    case $1 in
        -n) runs=$2; shift 2 ;;
        -I) includes+=("-I$2"); shift 2 ;;
        -I?*) includes+=("$1"); shift ;;
        --gate) gate=$2; shift 2 ;;
        -*) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
        *) compilers+=("$1"); shift ;;
    esac
done
[ ${#includes[@]} -gt 0 ] || includes=(-I/usr/include/eigen3)
if [ ${#compilers[@]} -eq 0 ]; then
    for name in g++ clang++; do
        if [ -n "$gate" ] && ! grep -q "^$name " "$gate"; then continue; fi
        if command -v "$name" >/dev/null; then compilers+=("$name"); fi
    done
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
eigen=$scratch/eigen.cpp
printf '#include <Eigen/Core>\nint main() {}\n' >"$eigen"
TIMEFORMAT=%U

once() {  # <compiler> <file>: user seconds
    { time "$1" -std=c++20 -O3 -Iinclude "${includes[@]}" -c "$2" -o "$scratch/out.o" 2>"$scratch/messages"; } 2>&1 ||
        { cat "$scratch/messages" >&2; return 1; }
}

least_of() { awk "BEGIN { print $1 < $2 ? $1 : $2 }"; }

measure() {  # <compiler> <file> <allowed ratio or nothing>: sets `ratio` and `least`
    local run baseline=1e9
    least=1e9
    for ((run = 0; run < runs; ++run)); do  # Eigen/Core before and after, under the same load
        baseline=$(least_of "$baseline" "$(once "$1" "$eigen")")
        least=$(least_of "$least" "$(once "$1" "$2")")
        baseline=$(least_of "$baseline" "$(once "$1" "$eigen")")
        ratio=$(awk "BEGIN { printf \"%.2f\", $least / $baseline }")
        if [ -n "$3" ] && within "$3"; then return; fi
    done
}
within() { awk "BEGIN { exit !($ratio <= $1) }"; }

failed=no
printf '| compiler | program | user time | ratio to `Eigen/Core` | allowed |\n|---|---|---:|---:|---:|\n'
for compiler in "${compilers[@]}"; do
    release=$("$compiler" -dumpfullversion 2>/dev/null || "$compiler" -dumpversion)
    for file in examples/*.cpp docs/snippets/*.cpp; do
        allowed='' note=''
        if [ -n "$gate" ]; then
            allowed=$(awk -v c="$compiler" -v f="$file" '$1 == c && $2 == f { print $3 }' "$gate")
            [ -n "$allowed" ] || note='not in the table'
        fi
        measure "$compiler" "$file" "$allowed"
        if [ -n "$allowed" ] && ! within "$allowed"; then note='too slow'; fi
        [ -z "$note" ] || failed=yes
        printf '| %s %s | `%s` | %.2f s | %s | %s |\n' "$compiler" "$release" "$file" "$least" "$ratio" \
            "${allowed:--}${note:+ **$note**}"
    done
done
[ "$failed" = no ]
