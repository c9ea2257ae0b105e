#!/bin/sh
# Builds the programs in several ways, runs the commands of tests/golden/commands.txt with several numbers of threads and, with
# MPI, of processes, and says which files are not the same bytes as those of the first build with one thread.
#
#   sh tests/same_bytes.sh [--in DIR] [--threads "1 2 3 8 16"] [--words "any fast long"] [BUILD...]
#
# A BUILD is compiler:flags, as "clang++-16:-O3 -march=native"; without one it is g++ and clang++-16 at -O0, -O2 and -O3, with
# and without -march=native. g++ takes five minutes of a processor at -O1, clang++ two at -O0. Builds stay in DIR
# (build/same_bytes), so that a run goes on where it ended. At -O0 the words are "any" alone.
set -eu

source=$(cd "$(dirname "$0")/.." && pwd)
in=$source/build/same_bytes threads='1 2 3 8 16' words='any fast long'
while [ $# -gt 0 ]; do
    case "$1" in
        --in) in=$2; shift 2 ;;
        --threads) threads=$2; shift 2 ;;
        --words) words=$2; shift 2 ;;
        -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) break ;;
    esac
done
if [ $# -eq 0 ]; then
    set --
    for compiler in g++ clang++-16; do
        for level in -O0 -O2 -O3; do
            for processor in '' ' -march=native'; do set -- "$@" "$compiler:$level$processor"; done
        done
    done
fi
mkdir -p "$in"
in=$(cd "$in" && pwd)
mpi=$(command -v mpirun || true)
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1

first='' differing=0 compared=0
# compare DIR: with the files of the first run; what it has not, because it was built at -O0, is the first itself
compare() {
    [ -n "$first" ] || first=$1
    for file in "$1"/*; do
        name=$(basename "$file")
        expected=$first/$(printf '%s' "$name" | sed 's/^mpi_fit\..*/mpi_fit.1/')
        if [ ! -e "$expected" ]; then
            cp "$file" "$expected"
            continue
        fi
        [ "$file" != "$expected" ] || continue
        compared=$((compared + 1))
        cmp -s "$expected" "$file" || { differing=$((differing + 1)); echo "    $name DIFFERS"; }
    done
}

for build in "$@"; do
    compiler=${build%%:*} flags=${build#*:}
    name=$(printf '%s' "$build" | tr -c 'A-Za-z0-9\n' _)
    echo "$build"
    cmake -S "$source" -B "$in/$name" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$compiler" \
        -DCMAKE_CXX_FLAGS_RELEASE="$flags -DNDEBUG" -DPREDCG_BUILD_TESTS=OFF -DPREDCG_BUILD_EXAMPLES=ON \
        -DPREDCG_BUILD_BENCHMARKS=OFF -DPREDCG_MPI="$([ -n "$mpi" ] && echo ON || echo OFF)" >"$in/$name.log"
    targets='predcg-ising predcg-molecule'
    [ -z "$mpi" ] || targets="$targets mpi_fit"
    # shellcheck disable=SC2086  # targets are words
    cmake --build "$in/$name" -j "${CMAKE_BUILD_PARALLEL_LEVEL:-1}" --target $targets >>"$in/$name.log"
    here=$words
    case " $flags " in *' -O0 '*) here=any ;; esac
    for n in $threads; do
        start=$(date +%s) out=$in/$name.$n.out
        rm -rf "$out"
        PREDCG_THREADS=$n sh "$source/tests/golden/run.sh" "$in/$name/bin" "$here" --to "$out"
        if [ -n "$mpi" ]; then
            for processes in 1 2 3 4; do
                PREDCG_THREADS=$n "$mpi" -np "$processes" "$in/$name/bin/mpi_fit" "$source/tests/data/data_A.csv" 0.3 \
                    >"$out/mpi_fit.$processes"
            done
        fi
        echo "  $n threads: $(($(date +%s) - start)) s"
        compare "$out"
    done
done
echo "$compared files compared, $differing differ"
[ "$differing" = 0 ]
