#!/bin/sh
# What runs on several threads, looked at by instruments; by hand, with results in docs/validation.md.
#
#   sh cmake/instrumented.sh threads    unit tests of loops, fits, posteriors, coverage, ranks, checkpoints and
#                                       sampling side by side on four threads under ThreadSanitizer, in
#                                       build/threads; needs clang++
#   sh cmake/instrumented.sh memory     commands of the programs on three threads under Valgrind's memcheck, which finds
#                                       what was never set, too; of the preset release, or of the directory BIN
set -eu
cd "$(dirname "$0")/.."

threads() {
    cmake --preset threads
    cmake --build --preset threads
    # a test forks, and starts threads in the child
    export TSAN_OPTIONS='die_after_fork=0 halt_on_error=1' PREDCG_THREADS=4
    for test in parallel checkpoint calibration replicas replicas_graph; do
        "build/threads/bin/unit_${test}_test" --gtest_brief=1
    done
}

memory() {
    if [ -z "${BIN-}" ]; then
        cmake --preset release -DPREDCG_NATIVE=OFF  # Valgrind knows few processors
        cmake --build --preset release
        BIN=build/release/bin
    fi
    BIN=$(cd "$BIN" && pwd)
    data=$PWD/examples/data
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    cd "$scratch"
    checked() {  # checked <program> <argument>..., without drawing
        program=$1
        shift
        printf '%s %s\n' "$program" "$*"
        PATH=/nowhere /usr/bin/valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
            --fair-sched=yes "$BIN/$program" "$@" --threads 3 >said 2>&1 || { /bin/cat said; exit 1; }
    }
    checked predcg-ising generate --sites 16 --field 0.3 --samples 20 --out x.csv
    checked predcg-ising generate --sites 16 --samples 20 --sampler heat-bath --burn-in 20 --out chain.csv
    checked predcg-ising fit --data x.csv --field 0.3 --linear --posterior full --draws 200 --out fit.json
    checked predcg-ising fit --data x.csv --linear --map link2 --out link.json
    checked predcg-ising fit --data x.csv --linear --engine monte-carlo --optimizer robbins-monro --iterations 40 \
        --out sampled.json
    checked predcg-ising predict --fit fit.json --sites 32 --out m.json
    checked predcg-ising hierarchy --data x.csv --out levels.json
    checked predcg-ising relative-entropy --data x.csv --out xi.json
    checked predcg-ising calibrate sbc --sites 8 --samples 5 --replicates 6 --draws 100 --out sbc
    checked predcg-ising calibrate coverage --sites 8 --data-sets 4 --samples 5 --draws 100 --out coverage
    checked predcg-molecule states fit --trajectory "$data/decane.xtc" --structure "$data/decane.gro" \
        --temperature 400 --every 50 --out states.json
    echo 'no errors'
}

case "${1-}" in
    threads | memory) "$1" ;;
    *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
