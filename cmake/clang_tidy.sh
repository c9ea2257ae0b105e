#!/bin/sh
# clang-tidy 16 over every header, by one translation unit that includes them all and, so that templates are looked at
# with types in them, programs that fit, exactly and by Monte Carlo. The checks are in .clang-tidy.
#
#   sh cmake/clang_tidy.sh [option of clang-tidy...]       e.g. --enable-check-profile, --checks=-*,bugprone-*
set -eu
cd "$(dirname "$0")/.."

clang_tidy=$(command -v clang-tidy-16 || command -v clang-tidy || echo clang-tidy-16)
"$clang_tidy" --version | grep -q 'version 16\.' || {  # other releases know other checks
    echo "clang-tidy 16 is needed, found: $("$clang_tidy" --version)"
    exit 1
}
programs=examples/quickstart.cpp
eigen=$(pkg-config --variable=includedir eigen3 2>/dev/null || true)
[ -n "$eigen" ] || eigen=/usr/include/eigen3

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unit=$scratch/all.cpp
(cd include && find predcg -name '*.hpp' ! -name mpi.hpp | LC_ALL=C sort | sed 's/.*/#include <&>/') >"$unit"
# What programs include is included here first, so that inside their namespaces no #include does anything.
grep -hE '^#include <[^/]*>' $programs | LC_ALL=C sort -u >>"$unit"
number=0
for program in $programs; do
    number=$((number + 1))
    printf 'namespace program_%d {\n#include "%s"  // NOLINT(bugprone-suspicious-include)\n}\n' "$number" \
        "$PWD/$program" >>"$unit"
done
cat >>"$unit" <<'END'
int main() {  // NOLINT(bugprone-exception-escape): what it prints is of no interest
    using namespace predcg;
    const auto fine = ising::chain({.sites = 8, .field = 0.3});
    const auto data = generate(fine, {.beta = 0.3, .samples = 5, .seed = 1});
    const EMCoarseGrainer sampled{fine, ising::coarse_chain({.sites = 4, .pair_range = 1, .field = 0.3}),
                                  ising::bernoulli_map({.level = 2}), MonteCarlo(HeatBath{}, {.samples = 20}),
                                  RobbinsMonro{}};
    return static_cast<int>(sampled.fit(data).iterations);
}
END

# clang-tidy counts on stderr what it found and suppressed in system headers; errors go to stdout
# (main, in a namespace, is a function like any other, and returns nothing)
"$clang_tidy" --quiet --config-file=.clang-tidy "$@" "$unit" -- -std=c++20 -Wno-return-type "-I$PWD/include" \
    -isystem "$eigen"
