// Random bytes; sweeps of heat bath and Metropolis over many replicas of a ring of 1000, side by side and one
// by one; exact draws of rings.
#include "support/benchmark.hpp"

#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/structure/boltzmann.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
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

/// Exact draws of a ring of spins as one would write them for it alone: bits in the place of letters,
/// messages of one start after the other, plain loops, std::mt19937_64.
class PlainDraws {
public:
    explicit PlainDraws(const ising::FineChainSettings& settings)
        : sites_(static_cast<std::size_t>(settings.sites)), width_(static_cast<std::size_t>(settings.range)),
          states_(std::size_t{1} << width_), weight_(2 * states_), cumulative_(states_), messages_(states_) {
        const auto chain = ising::chain(settings);
        for (std::size_t code = 0; code < weight_.size(); ++code) {
            std::vector<ising::Spin> window;
            for (std::size_t k = width_ + 1; k > 0; --k) window.push_back(code >> (k - 1) & 1 ? 1 : -1);
            weight_[code] = std::exp(-chain.local_energy(0, window));
        }
        std::vector<double> from(states_), to(states_), logs(states_);
        for (std::size_t a = 0; a < states_; ++a) {
            std::fill(from.begin(), from.end(), 0.0);
            from[a] = 1.0;
            for (std::size_t i = 0; i < sites_; ++i) {
                step(from.data(), to.data(), &logs[a]);
                from.swap(to);
            }
            logs[a] += std::log(from[a]);
        }
        const double largest = *std::max_element(logs.begin(), logs.end());
        double sum = 0.0;
        for (std::size_t a = 0; a < states_; ++a) cumulative_[a] = sum += std::exp(logs[a] - largest);
    }

    std::vector<ising::Spin> draw(std::mt19937_64& rng) {
        std::uniform_real_distribution<double> uniform;
        const double u = uniform(rng) * cumulative_.back();
        const auto start = static_cast<std::size_t>(
            std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, u) - cumulative_.begin());
        std::vector<double>& message = messages_[start];
        if (message.empty()) {
            message.resize((sites_ + 1) * states_);
            message[sites_ * states_ + start] = 1.0;
            for (std::size_t i = sites_; i > 0; --i)
                step(&message[i * states_], &message[(i - 1) * states_], nullptr);
        }
        std::vector<ising::Spin> x;
        for (std::size_t i = 0, state = start; i < sites_; ++i) {
            x.push_back(state >> (width_ - 1) & 1 ? 1 : -1);
            const std::size_t next = 2 * state % states_;
            const double* const behind = &message[(i + 1) * states_ + next];
            const double down = weight_[2 * state] * behind[0], up = weight_[2 * state + 1] * behind[1];
            state = next + (uniform(rng) * (down + up) < down ? 0 : 1);
        }
        return x;
    }

private:
    /// Backward: the ring is the same at all sites, so that this does for the weights, too.
    void step(const double* from, double* to, double* log_scale) const {
        double sum = 0.0;
        for (std::size_t s = 0; s < states_; ++s) {
            const std::size_t next = 2 * s % states_;
            sum += to[s] = weight_[2 * s] * from[next] + weight_[2 * s + 1] * from[next + 1];
        }
        for (std::size_t s = 0; s < states_; ++s) to[s] /= sum;
        if (log_scale) *log_scale += std::log(sum);
    }

    std::size_t sites_, width_, states_;
    std::vector<double> weight_, cumulative_;
    std::vector<std::vector<double>> messages_;
};

/// Preparing alone, and with so many samples.
void add_draws(const std::string& what, const ising::FineChainSettings& settings, Index samples) {
    const auto chain = ising::chain(settings);
    const std::string group = "exact draws, " + what;
    bench::add(group + ": prepare", "written for this chain", [=] { return PlainDraws(settings); });
    bench::add(group + ": prepare", "sampler",
               [=] { return TransferMatrix{}.sampler(Boltzmann(chain, 1.0)); });
    const std::string with_samples = group + ": prepare, " + std::to_string(samples) + " samples";
    bench::add(with_samples, "written for this chain", [=] {
        PlainDraws plain(settings);
        std::mt19937_64 rng(1);
        std::vector<std::vector<ising::Spin>> drawn;
        for (Index k = 0; k < samples; ++k) drawn.push_back(plain.draw(rng));
        return drawn;
    });
    bench::add(with_samples, "sampler, one by one", [=] {
        auto sampler = TransferMatrix{}.sampler(Boltzmann(chain, 1.0));
        auto rng = make_stream(1, Purpose::check);
        std::vector<std::vector<ising::Spin>> drawn;
        for (Index k = 0; k < samples; ++k) drawn.push_back(sampler.draw(rng));
        return drawn;
    });
    bench::add(with_samples, "generate", [=] { return generate(chain, {.samples = samples, .seed = 1}); });
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
    add_draws("ring of 32, range 10", {.sites = 32, .range = 10}, 1000);
    add_draws("ring of 32, range 1", {.sites = 32}, 10000);
    add_draws("ring of 1000, range 1", {.sites = 1000}, 1000);
    return bench::run(argc, argv);
}
