// Random bytes, and sweeps of heat bath and Metropolis over many replicas of a ring of 1000, side by side and
// one by one.
#include "support/benchmark.hpp"

#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/structure/boltzmann.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace predcg;

/// xoshiro256++ (Blackman, Vigna, ACM Trans. Math. Softw. 47 (2021) 36), many of them side by side: what is
/// fastest among generators that have a state.
class XoshiroLanes {
public:
    XoshiroLanes() {
        auto rng = make_stream(1, Purpose::check);
        for (auto& word : state_)
            for (std::uint64_t& lane : word) lane = static_cast<std::uint64_t>(rng()) << 32 | rng();
    }
    void generate(std::vector<std::uint64_t>& to) {
        auto s = state_;  // which `to` cannot alias
        for (std::size_t k = 0; k + lanes <= to.size(); k += lanes)
            for (std::size_t l = 0; l < lanes; ++l) {
                const std::uint64_t sum = s[0][l] + s[3][l], shifted = s[1][l] << 17;
                to[k + l] = (sum << 23 | sum >> 41) + s[0][l];
                s[2][l] ^= s[0][l];
                s[3][l] ^= s[1][l];
                s[1][l] ^= s[2][l];
                s[0][l] ^= s[3][l];
                s[2][l] ^= shifted;
                s[3][l] = s[3][l] << 45 | s[3][l] >> 19;
            }
        state_ = s;
    }

private:
    static constexpr std::size_t lanes = 64;
    std::array<std::array<std::uint64_t, lanes>, 4> state_{};
};

/// A chain of q letters 0 .. q-1 whose neighbours up to `range` attract.
struct Clock {
    std::vector<int> letters;
    Index sites = 1000, range = 1;

    struct Space {
        using configuration_type = std::vector<int>;
        Index sites;
        std::vector<int> letters;
        Index size() const { return sites; }
        const std::vector<int>& values() const { return letters; }
        template <class R>
        configuration_type random(R& rng) const {
            configuration_type X(static_cast<std::size_t>(sites));
            for (int& x : X) x = static_cast<int>(uniform_index(rng, std::ssize(letters)));
            return X;
        }
    };
    Space space() const { return {sites, letters}; }
    Window window() const { return {range + 1, Boundary::periodic}; }
    bool translation_invariant() const { return true; }
    double local_log_density(Index, std::span<const int> w) const {
        double sum = 0.1 * w[0];
        for (std::size_t k = 1; k < w.size(); ++k) sum += w[0] == w[k] ? 0.4 : 0.0;
        return sum;
    }
    double log_density(const std::vector<int>&) const { return 0.0; }  // not asked for
};
struct Letters {
    Index size() const { return 1; }
    Window window() const { return {}; }
    bool translation_invariant() const { return true; }
    Vector local(Index, std::span<const int> w) const { return Vector::Constant(1, w[0]); }
    Vector operator()(const std::vector<int>& X) const {
        double sum = 0.0;
        for (const int x : X) sum += x;
        return Vector::Constant(1, sum);
    }
};

/// 5120 sweeps of a ring of 1000: 5.12 million draws of a letter.
template <class Kernel>
auto sweeps(const Kernel& kernel, const Clock& target, Index chains) {
    const MonteCarlo engine(kernel, {.samples = chains,
                                     .chains = chains,
                                     .warm_up = 1,
                                     .refresh = 0,
                                     .thinning = 5120 / chains,
                                     .standard_errors = false});
    using State = typename MonteCarlo<Kernel>::template State<Clock>;
    const auto state = std::make_shared<State>();
    const auto expect = [=] { return engine.expect(target, Letters{}, *state, {1, Purpose::check, 0, 0}); };
    (void)expect();
    return expect;
}

template <class Kernel>
void add(const std::string& group, const Kernel& kernel, const Clock& target) {
    bench::add(group, "one by one", sweeps(kernel, target, 8));
    bench::add(group, "256 side by side", sweeps(kernel, target, 256));
}

}  // namespace

int main(int argc, char** argv) {
    bench::add("64 KiB of random bytes", "xoshiro256++, side by side",
               [generator = std::make_shared<XoshiroLanes>(),
                bytes = std::make_shared<std::vector<std::uint64_t>>(8192)] {
                   generator->generate(*bytes);
                   return bytes->back();
               });
    const auto philox = [](bool at_once) {
        return [at_once, bytes = std::make_shared<std::vector<std::uint32_t>>(16384)] {
            auto rng = make_stream(1, Purpose::check);
            if (at_once)
                rng.generate(bytes->data(), bytes->size());
            else
                for (std::uint32_t& word : *bytes) word = static_cast<std::uint32_t>(rng());
            return bytes->back();
        };
    };
    bench::add("64 KiB of random bytes", "Philox, output after output", philox(false));
    bench::add("64 KiB of random bytes", "Philox, generate()", philox(true));
    add("heat bath, two letters, windows of two", HeatBath{}, {.letters = {0, 1}});
    add("heat bath, three letters, windows of two", HeatBath{}, {.letters = {0, 1, 2}});
    add("heat bath, two letters, windows of three", HeatBath{}, {.letters = {0, 1}, .range = 2});
    const Metropolis in_colours{SweepOrder::checkerboard};
    add("Metropolis, two letters, windows of two", in_colours, {.letters = {0, 1}});
    add("Metropolis, three letters, windows of two", in_colours, {.letters = {0, 1, 2}});
    add("Metropolis, two letters, windows of three", in_colours, {.letters = {0, 1}, .range = 2});
    return bench::run(argc, argv);
}
