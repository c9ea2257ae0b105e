// What several processes gain and what their sums cost; medians of several repetitions, by the clock:
//     for n in 1 2 4; do PREDCG_THREADS=1 mpirun -np $n bench_mpi_scaling; done
#include <predcg/mpi.hpp>
#include <predcg/predcg.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

using namespace predcg;

namespace {

/// Median seconds of f() in the slowest process.
template <class F>
double median_time(const Processes& processes, int repetitions, F&& f) {
    std::vector<double> times;
    for (int k = 0; k < repetitions; ++k) {
        (void)processes.sum(1);  // begin together
        const auto begin = std::chrono::steady_clock::now();
        f();
        const double own = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        double longest = 0.0;
        detail::Record record;
        record.put(own);
        for (const auto& of_one : processes.gather(record.words))
            longest = std::max(longest, detail::RecordReader(of_one).number());
        times.push_back(longest);
    }
    std::nth_element(times.begin(), times.begin() + repetitions / 2, times.end());
    return times[static_cast<std::size_t>(repetitions / 2)];
}

int measure(const Processes& processes) {
    const bool speaks = processes.rank() == 0;
    if (speaks) std::printf("%lld processes\n", static_cast<long long>(processes.size()));
    for (const Index count : {10'000, 100'000}) {
        const auto all = generate(ising::chain({.sites = 64, .field = 0.3}), {.beta = 0.6, .samples = count});
        const Share share = share_of(count, processes);
        const auto part =
            std::span(all.configurations)
                .subspan(static_cast<std::size_t>(share.first), static_cast<std::size_t>(share.count));
        const EMCoarseGrainer grainer{SamplesOnly<std::vector<ising::Spin>>{},
                                      ising::coarse_chain({.sites = 32, .linear = true, .pair_range = 1}),
                                      ising::bernoulli_map({.level = 2}), TransferMatrix{}};
        const auto problem = grainer.problem(prepare_spread(grainer, processes, part, 0.6));
        const Parameters at{Vector{{0.2, 0.6}}, Vector::Ones(1)};
        const double time = median_time(processes, 15, [&] {
            auto state = problem.state(at);
            (void)problem.expect(state);
        });
        if (speaks) std::printf("E-step, %lld data: %.3f ms\n", static_cast<long long>(count), 1e3 * time);
    }
    for (const Index d : {1, 3, 11, 51}) {
        const auto words = static_cast<std::size_t>(2 * d + 2 + d * (d + 1) / 2) * ExactSum::word_count;
        std::vector<std::int64_t> numbers(words);
        const double time = median_time(processes, 101, [&] { processes.sum(numbers); });
        if (speaks)
            std::printf("sums of %lld statistics, %zu bytes: %.1f us\n", static_cast<long long>(d), 8 * words,
                        1e6 * time);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) { return mpi::run(argc, argv, measure); }
