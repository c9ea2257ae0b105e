#!/bin/sh
# Runs the commands of commands.txt and compares what they write with tests/data/golden, byte for byte but for versions, times
# and what is computed of files with these (checksums).
#
#   sh tests/golden/run.sh BIN "any fast"             the commands of these words; fails where a byte differs
#   sh tests/golden/run.sh BIN "any fast" --to DIR    keeps what they write in DIR, compares nothing
#   sh tests/golden/run.sh BIN renew                  writes tests/data/golden anew, of "any fast"
#
# Exponentials and logarithms are the C library's, which has several of them and takes one by the processor: where they are
# others than those of the golden files, nothing is compared and the exit code is 77.
#
# BIN is where predcg-ising and predcg-molecule are. PREDCG_GOLDEN_RUN, if set, goes before every command.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
tests=$(dirname "$here")
golden=$tests/data/golden
bin=$(cd "$1" && pwd)
reach=$2
if [ "${3:-}" = --to ]; then
    mkdir -p "$4"
    to=$(cd "$4" && pwd)
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/run" "$scratch/kept"

# Of 60 000 exponentials, logarithms and powers, a few in 10 000 differ between C libraries or processors.
c_library=$(awk 'BEGIN { for (i = 1; i < 20000; ++i) printf "%.17g %.17g %.17g\n", exp(-i * 0.00037), log(i * 0.37), i ^ 0.3 }' | cksum)
if [ $# -eq 2 ] && [ "$reach" != renew ] && [ "$c_library" != "$(cat "$golden/c_library")" ]; then
    echo "golden: skipped, as the C library's exp, log and pow are not those of tests/data/golden ($c_library)"
    exit 77
fi

words=$reach
[ "$reach" != renew ] || words='any fast'

cd "$scratch/run"
while read -r word program arguments; do
    case " $words " in *" $word "*) ;; *) continue ;; esac
    arguments=$(printf '%s' "$arguments" | sed "s|TESTS/|$tests/data/|g; s|EXAMPLES/|$(dirname "$tests")/examples/data/|g")
    # shellcheck disable=SC2086  # arguments are words
    ${PREDCG_GOLDEN_RUN:-} "$bin/$program" $arguments >"$scratch/said" 2>&1 </dev/null || {
        echo "golden: $program $arguments: exit code $?" >&2
        cat "$scratch/said" >&2
        exit 1
    }
done <<COMMANDS
$(grep -v '^#' "$here/commands.txt")
COMMANDS

# Numbers alone, and no path of this machine: not pages and figures, nor hashes of them. Figures are gnuplot's.
find . -type f ! -name '*.html' ! -name '*.svg' ! -name '*.png' ! -name '*.gp' ! -name manifest.json | sort | while read -r file; do
    name=$(printf '%s' "${file#./}" | tr / .)
    sed -e '/"\(version\|predcg\|seconds\|checksum\)": /d' -e '/^ *"[0-9.]* s"$/d' -e '/^ *"predcg.*Eigen/d' \
        -e 's/predcg [0-9][0-9.]*[0-9]/predcg/' -e "s|$tests/data/|TESTS/|g" "$file" >"$scratch/kept/$name"
done

if [ "${3:-}" = --to ]; then
    cp "$scratch/kept/"* "$to"
elif [ "$reach" = renew ]; then
    rm -rf "$golden"
    mkdir -p "$golden"
    cp "$scratch/kept/"* "$golden"
    echo "$c_library" >"$golden/c_library"
else
    bad=0
    [ -n "$(ls "$scratch/kept")" ] || { echo "golden: no command is for '$words'" >&2; exit 2; }
    for file in "$scratch/kept/"*; do
        diff -u "$golden/$(basename "$file")" "$file" >"$scratch/difference" && continue
        bad=1
        echo "golden: $(basename "$file") is not what tests/data/golden has:" >&2
        head -n 20 "$scratch/difference" >&2
    done
    [ "$bad" = 0 ] || {
        echo "golden: if that is meant, 'cmake --build <build> --target golden' writes them anew, and CHANGELOG.md says what changed" >&2
        exit 1
    }
    echo "golden: $(find "$scratch/kept" -type f | wc -l) files, the same bytes"
fi
