#!/usr/bin/env bash
# What compilers need for programs at -O3, as ratios to a file that includes Eigen/Core alone: user time, the minimum
# of several runs in turn, and, of g++, the memory it allocates, which follows the amount of code to the megabyte and
# no load of the machine.
#
#   bash benchmarks/compile_time.sh [-n runs] [-I directory]... [--gate table] [--program file]... [--json file]
#                                   [compiler...]
#
# Programs: examples/*.cpp and docs/snippets/*.cpp unless told. runs: 5 unless told; directories: /usr/include/eigen3
# unless told; compilers: those of g++ and clang++ that are there. With --gate, compilers, programs and their largest
# ratios are those of the table, lines of "compiler program time memory [command]". The compilation that tells the
# memory is a program's first run there, and it runs no more once it is within its ratios; with - as time, memory alone
# is asked for. The command prints more flags for the program; where it fails, the program is skipped, and that is said.
# --json: also the times of every run, as Google Benchmark writes them, for report.py and compare.py.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C

runs=5 includes=() gate='' json='' files=() compilers=()
while [ $# -gt 0 ]; do
    case $1 in
        -n) runs=$2; shift 2 ;;
        -I) includes+=("-I$2"); shift 2 ;;
        -I?*) includes+=("$1"); shift ;;
        --gate) gate=$2; shift 2 ;;
        --program) files+=("$2"); shift 2 ;;
        --json) json=$2; shift 2 ;;
        -*) sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 2 ;;
        *) compilers+=("$1"); shift ;;
    esac
done
[ ${#files[@]} -gt 0 ] || files=(examples/*.cpp docs/snippets/*.cpp)
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

exec 3>&2  # for messages of compilers, which `time` would swallow
flags=()  # of the program that is measured
compile() {  # <compiler> <file> [option]: its messages are left in a file
    "$1" -std=c++20 -O3 "${@:3}" -Iinclude "${includes[@]}" "${flags[@]}" -c "$2" -o "$scratch/out.o" 2>"$scratch/messages" ||
        { cat "$scratch/messages" >&3; return 1; }
}
seconds_of() { { time compile "$@"; } 2>&1; }  # user time
tells_memory() { "$1" --version | grep -q 'Free Software Foundation'; }
reported_megabytes() { awk '/^ TOTAL/ { sub(/M$/, "", $NF); print $NF + 0 }' "$scratch/messages"; }
megabytes_of() {  # 0 where the compiler does not tell
    if ! tells_memory "$1"; then
        echo 0
        return
    fi
    compile "$1" "$2" -ftime-report
    reported_megabytes
}

least_of() { awk "BEGIN { print $1 < $2 ? $1 : $2 }"; }
ratio_of() { awk "BEGIN { if ($2 > 0) printf \"%.2f\", $1 / $2; else print \"-\" }"; }
within() { [ "$1" = - ] || [ "$2" = - ] || awk "BEGIN { exit !($1 <= $2) }"; }

records=''
record() {  # <compiler> <what> <seconds> <megabytes>
    local line
    printf -v line '{"name": "compile time, %s/%s", "run_type": "iteration", "iterations": 1, ' "$1" "$2"
    printf -v line '%s"real_time": %s, "cpu_time": %s, "time_unit": "s"' "$line" "$3" "$3"
    [ "$4" = 0 ] || line+=", \"MB allocated\": $4"
    line+='}'
    records+="${records:+,}"$'\n'"$line"
}

measure() {  # <compiler> <file> <time allowed, or ->: sets time_ratio, memory_ratio, least
    local run file baseline=1e9 seconds memory
    least=1e9 time_ratio=-
    if [ -n "$gate" ] && [ "$3" != - ] && tells_memory "$1"; then
        # The compilation that tells the memory, a little slower for that, is the first of the runs.
        baseline=$(seconds_of "$1" "$eigen")
        least=$(seconds_of "$1" "$2" -ftime-report)
        memory=$(reported_megabytes)
        baseline=$(least_of "$baseline" "$(seconds_of "$1" "$eigen")")
        time_ratio=$(ratio_of "$least" "$baseline")
    else
        memory=$(megabytes_of "$1" "$2")
    fi
    memory_ratio=$(ratio_of "$memory" "$base_memory")
    if [ -n "$gate" ] && { [ "$3" = - ] || { [ "$time_ratio" != - ] && within "$time_ratio" "$3"; }; }; then return; fi
    for ((run = 0; run < runs; ++run)); do
        for file in "$eigen" "$2" "$eigen"; do  # Eigen/Core before and after, under the same load
            seconds=$(seconds_of "$1" "$file")
            if [ "$file" = "$2" ]; then
                least=$(least_of "$least" "$seconds")
                record "$1" "${2##*/}" "$seconds" "$memory"
            else
                baseline=$(least_of "$baseline" "$seconds")
                record "$1" 'Eigen Core alone' "$seconds" "$base_memory"
            fi
        done
        time_ratio=$(ratio_of "$least" "$baseline")
        if [ "$3" != - ] && within "$time_ratio" "$3"; then return; fi
    done
}

programs() {  # <compiler>: lines of "program time-allowed memory-allowed [command]", - where nothing is said
    if [ -n "$gate" ]; then
        awk -v c="$1" '$1 == c { sub(/^[^ ]+ +/, ""); print }' "$gate"
    else
        printf '%s - -\n' "${files[@]}"
    fi
}

failed=no skipped=''
printf '| compiler | program | user time | to `Eigen/Core` | allowed | memory to `Eigen/Core` | allowed |\n'
printf '|---|---|---:|---:|---:|---:|---:|\n'
for compiler in "${compilers[@]}"; do
    release=$("$compiler" -dumpfullversion 2>/dev/null || "$compiler" -dumpversion)
    flags=()
    base_memory=$(megabytes_of "$compiler" "$eigen")
    while read -r file time_allowed memory_allowed command; do
        note='' flags=()
        if [ -n "$command" ]; then
            if ! found=$(sh -c "$command" 2>/dev/null); then
                skipped+="$file: skipped, as this fails: $command"$'\n'
                continue
            fi
            read -ra flags <<<"$found"
        fi
        measure "$compiler" "$file" "$time_allowed"
        within "$time_ratio" "$time_allowed" || note='too slow'
        within "$memory_ratio" "$memory_allowed" || note='too much code'
        [ -z "$note" ] || failed=yes
        [ "$least" = 1e9 ] && seconds=- || printf -v seconds '%.2f s' "$least"
        printf '| %s %s | `%s` | %s | %s | %s | %s | %s |\n' "$compiler" "$release" "$file" "$seconds" \
            "$time_ratio" "$time_allowed" "$memory_ratio" "$memory_allowed${note:+ **$note**}"
    done < <(programs "$compiler")
done
printf '%s' "$skipped"
[ -z "$json" ] || printf '{"context": {}, "benchmarks": [%s\n]}\n' "$records" >"$json"
[ "$failed" = no ]
