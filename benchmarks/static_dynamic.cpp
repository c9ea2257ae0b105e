// Ising chains with sizes and terms fixed at compile time against the same code with sizes known at run time.
// Rings: 32 fine spins with range 1; 16 coarse spins with {pair_1}, and with five terms.
#include "support/benchmark.hpp"

#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/structure/potential_operations.hpp>

#include <string>

namespace {

using namespace predcg;

constexpr Index fine_sites = 32, coarse_sites = 16;

template <class Space>
auto configuration(const Space& space) {
    auto rng = make_stream(1, Purpose::check);
    return space.random(rng);
}

/// What one would write for this chain alone.
template <class X>
double energy_by_hand(const X& x, double coupling, double field) {
    int pairs = x.back() * x.front(), sum = x.back();
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
        pairs += x[i] * x[i + 1];
        sum += x[i];
    }
    return -coupling * pairs - field * sum;
}

/// Sum over all sites of the change by a flip, as in a sweep of a single-site sampler.
template <class Potential, class X, class... Theta>
double flips(const Potential& potential, X x, const Theta&... theta) {
    double sum = 0.0;
    for (Index i = 0; i < static_cast<Index>(x.size()); ++i) {
        const auto flipped = static_cast<ising::Spin>(-x[static_cast<std::size_t>(i)]);
        sum += potential.energy_difference(x, i, flipped, theta...);
    }
    return sum;
}

template <class Potential>
void add_fine(const std::string& member, const Potential& potential) {
    const auto x = configuration(potential.space());
    const std::string chain = ", fine";
    bench::add("energy" + chain, member, [potential, x] { return potential.energy(x); });
    bench::add("energy differences of all sites" + chain, member,
               [potential, x] { return flips(potential, x); });
}

template <class Potential>
void add_coarse(const std::string& terms, const std::string& member, const Potential& potential) {
    const auto X = configuration(potential.space());
    const Vector theta = Vector::Constant(potential.parameter_count(), 0.5);
    const std::string chain = ", coarse, " + terms;
    bench::add("energy" + chain, member, [=] { return energy(potential, X, theta); });
    bench::add("features" + chain, member, [=] { return potential.features(X); });
    bench::add("energy differences of all sites" + chain, member, [=] { return flips(potential, X, theta); });
}

}  // namespace

int main(int argc, char** argv) {
    using ising::Triplet;
    add_fine("sizes at run time", ising::chain({.sites = fine_sites, .field = 0.3}));
    add_fine("sizes at compile time", ising::chain<fine_sites>({.field = 0.3}));
    const auto x = configuration(ising::spin_space<fine_sites>(fine_sites));
    bench::add("energy, fine", "written for this chain", [x] { return energy_by_hand(x, 1.0, 0.3); });

    add_coarse("pair_1", "sizes at run time", ising::coarse_chain({.sites = coarse_sites, .pair_range = 1}));
    add_coarse("pair_1", "sizes at compile time",
               ising::coarse_chain<coarse_sites, ising::StaticTerms<false, 1>>());
    const std::string five = "five terms";
    add_coarse(five, "sizes at run time",
               ising::coarse_chain(
                   {.sites = coarse_sites, .linear = true, .pair_range = 2, .triplets = {{1, 1}, {1, 2}}}));
    add_coarse(
        five, "sizes at compile time",
        ising::coarse_chain<coarse_sites, ising::StaticTerms<true, 2, Triplet{1, 1}, Triplet{1, 2}>>());
    return bench::run(argc, argv);
}
