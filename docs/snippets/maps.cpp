// The programs of docs/maps.md.
#include <predcg/maps/autodiff_block.hpp>
#include <predcg/models/ising/block_maps.hpp>
#include <predcg/predcg.hpp>
#include <predcg/selection.hpp>

#include <cmath>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

using namespace predcg;

namespace {

void compare_maps() {
    const auto fine = ising::chain({.sites = 32});
    const auto coarse = ising::coarse_chain({.sites = 16, .linear = true, .pair_range = 1});
    const auto data = generate(fine, {.beta = 1.0, .samples = 500, .seed = 1});
    const auto report = [&](const char* name, const auto& map) {
        const EMCoarseGrainer grainer{fine, coarse, map, TransferMatrix{}, Newton{}, weak_prior(map)};
        const auto fit = grainer.fit(data);
        std::printf("%-15s %2zu parameters, log-likelihood %.1f\n", name,
                    fit.coarse_names.size() + fit.map_names.size(), fit.log_likelihood);
    };
    report("Bernoulli", ising::bernoulli_map({.level = 2}));
    report("logistic", ising::logistic_map({.level = 2, .window = {-1, 1}}));
    report("autoregressive", ising::logistic_map({.level = 2, .window = {0, 1}, .autoregressive = true}));
    report("link", ising::link_map({.level = 2}));
    report("decimation", ising::decimation_map({.level = 2}));
}

void choose() {
    const auto fine = ising::chain({.sites = 12});
    const auto coarse = ising::coarse_chain({.sites = 6, .linear = true, .pair_range = 1});
    const auto data = generate(fine, {.beta = 1.0, .samples = 500, .seed = 7});
    const auto candidate = [&](const char* name, const auto& map) {
        const EMCoarseGrainer grainer{fine, coarse, map, TransferMatrix{}, Newton{}, weak_prior(map)};
        return Candidate{name, grainer};
    };
    const auto chosen = select_map(data, 1.0, {.posterior = {.draws = 1000}}, population(fine, 1.0),
                                   candidate("Bernoulli", ising::bernoulli_map({.level = 2})),
                                   candidate("link", ising::link_map({.level = 2})),
                                   candidate("decimation", ising::decimation_map({.level = 2})));
    for (const std::size_t k : chosen.by_evidence) {
        const MapScore& model = chosen.models[k];
        std::printf("%-10s %td parameters, log evidence %.0f, left out %.0f, %.3f nats from the truth\n",
                    model.name.c_str(), model.parameters, model.log_evidence(), model.leave_one_out.elpd,
                    *model.divergence);
    }
}

void find_what_stays() {
    const auto fine = ising::chain({.sites = 12});
    const auto data = generate(fine, {.beta = 0.5, .samples = 500, .seed = 7});
    const auto coarse = ising::coarse_chain({.sites = 6, .linear = true, .pair_range = 2});
    const auto map = ising::link_map({.level = 2, .neighbours = 4});
    const EMCoarseGrainer grainer{fine, coarse, map, TransferMatrix{}, Newton{}, weak_prior(map)};
    const auto selection = select_parameters(grainer, data, 0.5);
    std::printf("what stays of %zu:", selection.terms.size());
    for (const std::string& name : selection.kept_names()) std::printf(" %s", name.c_str());
    std::printf("\n");
}

/// Spins of a block that favour each other, all under the field of their own coarse letter.
struct MyBlock {
    Index level() const { return 3; }
    BlockWindow window() const { return {0, 0}; }  // X_r alone
    Index parameter_count() const { return 2; }
    std::vector<std::string> parameter_names() const { return {"copy", "bond"}; }
    Vector prior_mean() const { return Vector{{1.0, 0.0}}; }

    template <class S>
    S log_density(std::span<const double> x, std::span<const double> w, const VectorOf<S>& eta) const {
        using std::exp, std::log;
        const auto exponent = [&](double a, double b, double c) {
            return eta[0] * (w[0] * (a + b + c)) + eta[1] * (a * b + b * c);
        };
        S sum(0.0);
        for (const double a : {-1.0, 1.0})
            for (const double b : {-1.0, 1.0})
                for (const double c : {-1.0, 1.0}) sum += exp(exponent(a, b, c));
        return exponent(x[0], x[1], x[2]) - log(sum);
    }
};

void own_block() {
    using Spins = std::vector<ising::Spin>;
    const auto fine = ising::chain({.sites = 24});
    const auto data = generate(fine, {.beta = 0.8, .samples = 200, .seed = 1});
    const auto map = block_map<Spins, Spins>(MyBlock{});
    const EMCoarseGrainer grainer{
        fine, ising::coarse_chain({.sites = 8, .pair_range = 1}), map, TransferMatrix{}, {}, weak_prior(map)};
    const auto fit = grainer.fit(data);
    std::printf("copy %.2f, bond %.2f, pair_1 %.2f\n", fit["copy"], fit["bond"], fit["pair_1"]);
}

}  // namespace

int main() {
    compare_maps();
    choose();
    find_what_stays();
    own_block();
    return 0;
}
