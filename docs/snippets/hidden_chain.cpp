// Hidden chains: a density of one's own under letters, and rotational states of decane.
#include <predcg/geometry/internal_coordinates.hpp>
#include <predcg/geometry/whole_molecules.hpp>
#include <predcg/maps/autodiff_site.hpp>
#include <predcg/models/potts/chain.hpp>
#include <predcg/models/rotamers/map.hpp>
#include <predcg/models/rotamers/observables.hpp>
#include <predcg/posterior/laplace.hpp>
#include <predcg/predcg.hpp>
#include <predcg/predict/coarse_scale.hpp>
#include <predcg/predict/credible_interval.hpp>
#include <predcg/trajectories/trajectory.hpp>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

using namespace predcg;

// ---- own
// Waiting times of an ion channel: log p(x | a) = eta_a - exp(eta_a) x, a rate for each of two hidden states.
struct WaitingTimes {
    static Index letters() { return 2; }
    static Index parameter_count() { return 2; }
    static std::vector<std::string> parameter_names() { return {"log_rate_slow", "log_rate_fast"}; }
    static Vector start() { return Vector{{-1.0, 1.0}}; }  // says which letter is which
    static Index statistic_count() { return 1; }
    static void statistic(double x, std::span<double> t) { t[0] = x; }  // t(x) = x
    static bool takes(double x) { return x >= 0.0; }
    template <class S>  // of `count` times that add up to t[0]
    S log_density(double count, std::span<const double> t, Index a, const VectorOf<S>& eta) const {
        using std::exp;
        return S(count) * eta[a] - S(t[0]) * exp(eta[a]);
    }
    double draw(Index a, const Vector& eta, auto& rng) const {
        return -std::log1p(-uniform(rng)) / std::exp(eta[a]);
    }
};

void own_density() {
    const auto chain = potts::coarse_chain<2>({.sites = 20, .fields = true, .boundary = Boundary::open});
    const auto map = site_map(WaitingTimes{});
    Philox4x32 rng = make_stream(1, Purpose::generate);
    auto X = TransferMatrix{}.sampler(boltzmann(chain, Vector{{0.3, 1.5}}, 1.0));
    std::vector<Vector> data;
    for (int k = 0; k < 100; ++k) data.push_back(map.sample(X.draw(rng), Vector{{-0.5, 1.2}}, rng));

    const EMCoarseGrainer grainer{SamplesOnly<Vector>{}, chain, map, TransferMatrix{}};
    const auto fit = grainer.fit(data, {.beta = 1.0, .starts = 1});
    std::printf("%s: field_1 %.2f, equal_1 %.2f, log_rate_slow %.2f, log_rate_fast %.2f\n",
                to_string(fit.status).data(), fit["field_1"], fit["equal_1"], fit["log_rate_slow"],
                fit["log_rate_fast"]);
}
// ---- end

void decane() {
    // ---- decane
    const auto whole = WholeMolecules::chains(10);
    const auto internal = ZMatrix::chain(10);
    std::vector<Vector> data;  // seven dihedrals of each frame
    for (const Frame& frame : Trajectory(std::string(PREDCG_EXAMPLE_DATA) + "/decane.xtc"))
        data.push_back(internal.internal(whole(frame.positions, frame.box)).dihedrals);

    const auto map = rotamers::von_mises_map();
    const EMCoarseGrainer grainer{
        SamplesOnly<Vector>{}, rotamers::chain({.sites = 7}), map, TransferMatrix{}, Newton{},
        weak_prior(map)};
    const double beta = 1.0 / (0.0083144626 * 400.0);  // mol/kJ
    const auto prepared = grainer.prepare(data, beta);
    const auto fit = grainer.fit_prepared(prepared, {.starts = 2});
    const auto posterior = laplace_joint(grainer, prepared, fit, {.draws = 1000});
    for (Index k = 0; k < posterior.parameter_count(); ++k)
        std::printf("%-12s %6.2f +- %.2f\n", posterior.names()[static_cast<std::size_t>(k)].c_str(),
                    posterior.mean[k], posterior.sd[k]);
    const auto counts = predict(coarse_scale(posterior), rotamers::Counts{}, {.predictive = false});
    std::printf("gauche states a chain: %.2f, 95 %% between %.2f and %.2f\n", counts.mean[0], counts.lower[0],
                counts.upper[0]);
    std::printf("g+g- neighbours: %.3f, 95 %% between %.3f and %.3f\n", counts.mean[2], counts.lower[2],
                counts.upper[2]);
    // ---- end
}

int main() {
    own_density();
    decane();
    return 0;
}
