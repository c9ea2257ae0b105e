// Damaged trajectories: 10^6 inputs, each a valid file with one to four random damages, read under
// sanitizers.
//
//   g++ -std=c++20 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -Iinclude -Itests/support
//       -isystem /usr/include/eigen3 -DPREDCG_EXAMPLE_DATA='"examples/data"'
//       tests/validation/fuzz_trajectories.cpp
//
// fuzz_trajectories [inputs] [seed]: counts what each format's inputs end in, and the largest piece of memory
// that was asked for. A crash, any other exception or a piece beyond 1 MiB ends it.
#include "mutations.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace {
std::size_t largest = 0;
}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
    largest = std::max(largest, size);
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

int main(int argc, char** argv) {
    const std::uint64_t inputs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
    const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
    const auto files = support::valid_files(PREDCG_EXAMPLE_DATA);
    struct Count {
        std::uint64_t inputs = 0, whole = 0, errors = 0, frames = 0;
    };
    std::array<Count, 4> counts{};
    for (std::uint64_t k = 0; k < inputs; ++k) {
        auto rng = predcg::make_stream(seed, predcg::Purpose::check, k);
        const auto which = static_cast<std::size_t>(k % files.size());
        const std::string bytes = support::mutated(files, which, rng);
        Count& count = counts[static_cast<std::size_t>(files[which].format)];
        try {
            largest = 0;
            // The unit of a dump is known, unless its own damage says otherwise.
            const auto outcome = support::read_all(files[which].format, bytes,
                                                   {.length_in_nm = k / files.size() % 2 ? 0.1 : 0.0});
            ++count.inputs;
            ++(outcome.error ? count.errors : count.whole);
            count.frames += static_cast<std::uint64_t>(outcome.frames);
        } catch (const std::exception& error) {
            std::printf("input %llu of seed %llu: %s\n", static_cast<unsigned long long>(k),
                        static_cast<unsigned long long>(seed), error.what());
            return 1;
        }
        if (largest > std::size_t{1} << 20) {
            std::printf("input %llu of seed %llu: %zu bytes at once\n", static_cast<unsigned long long>(k),
                        static_cast<unsigned long long>(seed), largest);
            return 1;
        }
    }
    constexpr const char* names[]{"XTC", "GRO", "extended XYZ", "LAMMPS dump"};
    std::printf("%-14s%10s%10s%10s%10s\n", "format", "inputs", "errors", "read", "frames");
    for (std::size_t f = 0; f < counts.size(); ++f)
        std::printf("%-14s%10llu%10llu%10llu%10llu\n", names[f],
                    static_cast<unsigned long long>(counts[f].inputs),
                    static_cast<unsigned long long>(counts[f].errors),
                    static_cast<unsigned long long>(counts[f].whole),
                    static_cast<unsigned long long>(counts[f].frames));
    return 0;
}
