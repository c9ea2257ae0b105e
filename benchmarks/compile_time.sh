#!/usr/bin/env bash
# Seconds that compilers take for examples/quickstart.cpp, which fits and predicts, at -O3; against a file that
# includes Eigen/Core alone. CPU time of the compiler, median of several runs.
#
#   bash benchmarks/compile_time.sh [-n runs] [-I directory]... [compiler...]
#
# runs: 5 unless told; compilers: those of g++ and clang++ that are there; directories: /usr/include/eigen3 unless told
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

runs=5 includes=()
while getopts 'n:I:' option; do
    case $option in
        n) runs=$OPTARG ;;
        I) includes+=("-I$OPTARG") ;;
        *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ ${#includes[@]} -gt 0 ] || includes=(-I/usr/include/eigen3)
compilers=("$@")
if [ ${#compilers[@]} -eq 0 ]; then
    for name in g++ clang++; do
        if command -v "$name" >/dev/null; then compilers+=("$name"); fi
    done
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
printf '#include <Eigen/Core>\nint main() {}\n' >"$scratch/eigen.cpp"
TIMEFORMAT='%U %S'

once() {  # <compiler> <file>: user + system seconds
    { time "$1" -std=c++20 -O3 -Iinclude "${includes[@]}" -c "$2" -o "$scratch/out.o" 2>"$scratch/messages"; } 2>&1 |
        LC_ALL=C awk '{ print $1 + $2 }'
}

# The lines of a file as "median smallest largest".
summary() { sort -n "$1" | LC_ALL=C awk '{ t[NR] = $1 } END { printf "%.2f %.2f %.2f\n", t[int((NR + 1) / 2)], t[1], t[NR] }'; }

printf '| compiler | file | median | smallest to largest | ratio |\n|---|---|---:|---:|---:|\n'
for compiler in "${compilers[@]}"; do
    for file in "$scratch/eigen.cpp" examples/quickstart.cpp; do
        "$compiler" -std=c++20 -O3 -Iinclude "${includes[@]}" -c "$file" -o "$scratch/out.o"  # fails here if it does
        : >"$scratch/times"
        for ((k = 0; k < runs; ++k)); do once "$compiler" "$file" >>"$scratch/times"; done
        read -r median smallest largest < <(summary "$scratch/times")
        case $file in
            */eigen.cpp) name='`#include <Eigen/Core>`' baseline=$median ;;
            *) name="\`$file\`" ;;
        esac
        ratio=$(LC_ALL=C awk "BEGIN { printf \"%.1f\", $median / $baseline }")
        printf '| %s | %s | %s s | %s to %s s | %s |\n' "$("$compiler" --version | head -1)" "$name" "$median" \
            "$smallest" "$largest" "$ratio"
    done
done
