#!/bin/sh
# Lines and branches of include/ that the tests of the preset sanitize ran: a summary and the ten files with the least
# of their lines run, also in build/sanitize/coverage.txt. Fails where fewer lines ran than the given share.
#
#   sh cmake/coverage.sh reset            forgets earlier runs; before the tests
#   sh cmake/coverage.sh report [95]      after them; per cent of all lines
#
# A template that no test instantiates has no lines, so that it is not missed. Branches are edges of clang's control
# flow, to exceptions and the sanitizers' checks among them: their share serves for comparison.
set -eu
cd "$(dirname "$0")/.."
build=build/sanitize

case "${1-}" in
    reset)
        [ ! -d "$build" ] || find "$build" -name '*.gcda' -delete
        exit 0
        ;;
    report) ;;
    *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

# the llvm-cov of the clang++ that compiled: others may not read its files
major=$(clang++ -dumpversion | cut -d. -f1)
llvm_cov=$(command -v "llvm-cov-$major" || command -v llvm-cov || echo llvm-cov)
root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=no
(cd "$scratch" && gcovr --root "$root" --filter "$root/include/" --gcov-executable "$llvm_cov gcov" -j 1 \
    --exclude-unreachable-branches --exclude-throw-branches --fail-under-line "${2:-95}" --print-summary \
    --csv "$scratch/files.csv" "$root/$build" >"$scratch/summary") || failed=yes
{
    printf 'Coverage of include/, at least %s %% of lines asked for:\n' "${2:-95}"
    grep -E '^(lines|branches):' "$scratch/summary"
    echo 'Least covered files, lines:'
    # columns: filename, line_total, line_covered, line_percent (a share)
    tail -n +2 "$scratch/files.csv" | awk -F, '$2 > 0' | LC_ALL=C sort -t, -k4,4g | head -10 |
        LC_ALL=C awk -F, '{ printf "  %5.1f %%  %s (%d of %d)\n", 100 * $3 / $2, $1, $3, $2 }'
} >"$build/coverage.txt"
cat "$build/coverage.txt"
[ "$failed" = no ]
