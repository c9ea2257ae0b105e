// Decane by rotational states: fit, molecules, predictions, checks, longer chains.
#include <predcg/models/rotamers/dimensions.hpp>
#include <predcg/models/rotamers/map.hpp>
#include <predcg/models/rotamers/molecule_observables.hpp>
#include <predcg/posterior.hpp>
#include <predcg/posterior/with_independent.hpp>
#include <predcg/predcg.hpp>
#include <predcg/trajectories.hpp>

#include <cstdio>
#include <string>
#include <vector>

using namespace predcg;

int main() {
    const std::string file = std::string(PREDCG_EXAMPLE_DATA) + "/decane.xtc";
    // ---- fit
    const double beta = 1.0 / (0.0083144626 * 400.0);  // mol/kJ at 400 K
    const auto whole = WholeMolecules::chains(10);
    const auto zmatrix = ZMatrix::chain(10);
    std::vector<Points> molecules;
    std::vector<InternalCoordinates> internal;
    std::vector<Vector> dihedrals;
    for (const Frame& frame : Trajectory(file)) {
        molecules.push_back(whole(frame.positions, frame.box));
        internal.push_back(zmatrix.internal(molecules.back()));
        dihedrals.push_back(internal.back().dihedrals);
    }
    const auto map = rotamers::von_mises_map();
    const EMCoarseGrainer grainer{
        SamplesOnly<Vector>{}, rotamers::chain({.sites = 7}), map, TransferMatrix{}, Newton{},
        weak_prior(map)};
    const auto fit = grainer.fit(dihedrals, {.beta = beta});
    std::printf("E_gauche %.2f, E_same %.2f, E_opposite %.1f kJ/mol\n", fit["E_gauche"], fit["E_same"],
                fit["E_opposite"]);
    // ---- frames
    const auto worth = effective_data(dihedrals, checked("score", Score(grainer, beta, fit.parameters)));
    const auto data = grainer.prepare(dihedrals, beta, worth.weights());
    const auto states = full_posterior(grainer, data, grainer.fit_prepared(data), {.draws = 2000});
    std::printf("%td frames are worth %.0f; %s\n", worth.count, worth.effective,
                states.reliable ? "reliable" : states.remarks.front().c_str());
    // ---- molecules
    const rotamers::GeometryPosterior geometry(rotamers::ChainGeometry{}, internal, 1.0 / worth.time);
    const auto posterior = with_independent(states, rotamers::MoleculeMap(map, geometry.geometry()),
                                            geometry.centre(), geometry.draws(states.draw_count()));
    const auto R = predict(posterior, EndToEnd{});
    std::printf("R_ee %.2f nm, 95 %% between %.2f and %.2f; one molecule between %.1f and %.1f; data %.2f\n",
                R.mean[0], R.lower[0], R.upper[0], R.predictive_lower[0], R.predictive_upper[0],
                data_mean(molecules, EndToEnd{})[0]);
    // ---- checks
    const auto checks = predictive_checks(
        posterior, molecules, {}, checked("R_g", RadiusOfGyration{}), checked("R_ee", EndToEnd{}),
        checked("sd of R_g", StandardDeviation{RadiusOfGyration{}}),
        checked("sd of R_ee", StandardDeviation{EndToEnd{}}), checked("N", rotamers::GaucheCounts(10)),
        checked("angle", rotamers::AnglesBesideGauche(10)));
    for (const PredictiveCheck& check : checks)
        if (check.contradicted) std::printf("contradicted: %s\n", check.name.c_str());
    // ---- longer
    const auto ratio = [](const auto& models, const Parameters& at, double b) {
        const auto target = boltzmann(models.coarse, at.theta, b);
        return rotamers::chain_dimensions(target, models.map, at.eta).characteristic_ratio();
    };
    for (const Index sites : {10, 20, 100}) {
        const auto longer = posterior.with_models(rotamers::chain({.sites = sites - 3}), posterior.map);
        const auto C = credible_interval(longer, ratio);
        std::printf("C_n of %3td sites: %.1f, 95 %% between %.1f and %.1f\n", sites, C.mean[0], C.lower[0],
                    C.upper[0]);
    }
    // ---- end
    return states.reliable ? 0 : 1;
}
