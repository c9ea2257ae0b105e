#!/bin/sh
# Fuzzes what reads foreign bytes: builds tests/fuzz with clang++ in build/clang and runs its targets, two at a time.
#
#   sh tests/fuzz/run.sh                    every target for two seconds
#   sh tests/fuzz/run.sh -s 60 fit xtc      these for a minute each
#   sh tests/fuzz/run.sh -m -r 10000000     every target, so many inputs, ten times as fast: without AddressSanitizer and
#                                           the tracing of comparisons; what reaches new code is run with them afterwards
#
# What breaks a reader is left in build/fuzz/found; put it into tests/fuzz/corpus/<target>, where the plain test
# cli.FuzzCorpus runs it, too. Inputs that reach new code are kept in build/fuzz/<target>, and the next run begins with them.
# PREDCG_FUZZ_PROGRAM is a program that is built already, and that of -m, with _many behind its name, is beside it.
set -eu
cd "$(dirname "$0")/../.."

length=-max_total_time=2 many=
while getopts mr:s: option; do
    case $option in
        m) many=_many ;;
        r) length=-runs=$OPTARG ;;
        s) length=-max_total_time=$OPTARG ;;
        *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))

if [ -z "${PREDCG_FUZZ_PROGRAM:-}" ]; then
    cmake --preset clang >/dev/null
    cmake --build --preset clang --target predcg_fuzz ${many:+predcg_fuzz_many}
    PREDCG_FUZZ_PROGRAM=build/clang/bin/predcg_fuzz
fi
[ $# -gt 0 ] || set -- $(ls tests/fuzz/corpus)

# An input has 10 s, memory 2 GiB in all and 1 MiB at once; files of results, whose texts grow, 64 MiB, and those of pairs,
# which may say 10^7 molecules, 256 MiB. Where memory was taken is not noted, which doubles the speed.
export PREDCG_FUZZ_PROGRAM length many
export ASAN_OPTIONS=malloc_context_size=2:quarantine_size_mb=16 UBSAN_OPTIONS=print_stacktrace=1
mkdir -p build/fuzz/found
printf '%s\n' "$@" | xargs -P 2 -n 1 sh -c '
    target=$1
    mkdir -p "build/fuzz/$target"
    case $target in
        pair) most=256 ;;
        json | fit | hierarchy | states | manifest | report | arguments) most=64 ;;
        *) most=1 ;;
    esac
    run() {  # run <log> <program> <option>...
        log=build/fuzz/$target$1 program=$2
        shift 2
        PREDCG_FUZZ_TARGET=$target "$program" "$@" -seed=1 -timeout=10 -rss_limit_mb=2048 \
            -malloc_limit_mb=$most -print_final_stats=1 -artifact_prefix="build/fuzz/found/$target-" \
            "build/fuzz/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1 && return
        printf "%s is broken:\n" "$target"
        grep -v "^INFO\|^#" "$log" | head -40
        exit 255  # ends xargs, too
    }
    if [ -n "$many" ]; then
        run .log "$PREDCG_FUZZ_PROGRAM$many" "$length" -entropic=0
        run .again.log "$PREDCG_FUZZ_PROGRAM" -runs=0
    else
        run .log "$PREDCG_FUZZ_PROGRAM" "$length"
    fi
    printf "%-12s %s inputs\n" "$target" "$(sed -n "s/^stat::number_of_executed_units: *//p" "build/fuzz/$target.log")"' sh
