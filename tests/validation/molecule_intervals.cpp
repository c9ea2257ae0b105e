// Do intervals of molecules hold the truth? Data sets of molecules drawn from the model that decane's
// trajectory gives, each fitted anew: how many 95 % intervals of parameters, of R_ee^2 and of the
// characteristic ratio of 100 sites hold the values they were drawn with.
//
//   molecule_intervals [data sets] [molecules] [seed]
#include <predcg/models/rotamers/dimensions.hpp>
#include <predcg/models/rotamers/map.hpp>
#include <predcg/posterior.hpp>
#include <predcg/posterior/with_independent.hpp>
#include <predcg/predcg.hpp>
#include <predcg/trajectories.hpp>

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {
using namespace predcg;

constexpr double beta = 1.0 / (0.0083144626 * 400.0);  // mol/kJ

struct Data {
    std::vector<InternalCoordinates> internal;
    std::vector<Vector> dihedrals;

    void add(const Points& x) {
        internal.push_back(ZMatrix::chain(static_cast<Index>(x.size())).internal(x));
        dihedrals.push_back(internal.back().dihedrals);
    }
};

/// R_ee^2 of ten sites, and the characteristic ratio of a hundred.
template <class Map>
Vector sizes(const Map& map, const Parameters& at) {
    const auto ten = rotamers::chain({.sites = 7}), hundred = rotamers::chain({.sites = 97});
    return Vector{
        {rotamers::chain_dimensions(boltzmann(ten, at.theta, beta), map, at.eta).squared_end_to_end,
         rotamers::chain_dimensions(boltzmann(hundred, at.theta, beta), map, at.eta).characteristic_ratio()}};
}

/// A posterior by Laplace's approximation; `k` is its Pareto k.
auto learnt(const Data& data, std::uint64_t seed, double& k) {
    const auto map = rotamers::von_mises_map();
    const EMCoarseGrainer grainer{
        SamplesOnly<Vector>{}, rotamers::chain({.sites = 7}), map, TransferMatrix{}, Newton{},
        weak_prior(map)};
    const auto prepared = grainer.prepare(data.dihedrals, beta);
    const auto states =
        laplace_joint(grainer, prepared, grainer.fit_prepared(prepared), {.draws = 1000, .seed = seed});
    k = states.pareto_k.value_or(HUGE_VAL);
    const rotamers::GeometryPosterior geometry(rotamers::ChainGeometry{}, data.internal);
    return with_independent(states, rotamers::MoleculeMap(map, geometry.geometry()), geometry.centre(),
                            geometry.draws(states.draw_count(), seed));
}

}  // namespace

int main(int argc, char** argv) {
    const Index sets = argc > 1 ? std::atol(argv[1]) : 200;
    const Index molecules = argc > 2 ? std::atol(argv[2]) : 100;
    const std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
    Data trajectory;
    for (const Frame& frame : Trajectory(PREDCG_EXAMPLE_DATA "/decane.xtc"))
        trajectory.add(WholeMolecules::chains(10)(frame.positions, frame.box));
    double k = 0.0;
    const auto truth = learnt(trajectory, seed, k);
    const Fit model(truth.fit, truth.coarse, truth.map, truth.engine);
    Vector true_values(truth.parameter_count() + 2);
    true_values << truth.fit.parameters.theta, truth.fit.parameters.eta,
        sizes(truth.map, truth.fit.parameters);
    std::vector<Index> held(static_cast<std::size_t>(true_values.size()), 0);
    Index used = 0, refused = 0;
    for (Index set = 0; set < sets; ++set) {
        const std::uint64_t own = 1000 * seed + static_cast<std::uint64_t>(set);
        Data data;
        for (const Points& x : draw_predictive(model, molecules, own)) data.add(x);
        const auto posterior = learnt(data, own, k);
        if (posterior.draw_count() == 0) {
            ++refused;
            continue;
        }
        ++used;
        const auto interval =
            credible_interval(posterior, [](const auto& models, const Parameters& at, double) {
                Vector all(at.theta.size() + at.eta.size() + 2);
                all << at.theta, at.eta, sizes(models.map, at);
                return all;
            });
        for (Index j = 0; j < true_values.size(); ++j)
            held[static_cast<std::size_t>(j)] +=
                interval.lower[j] <= true_values[j] && true_values[j] <= interval.upper[j];
    }
    std::printf("%td data sets of %td molecules, %td without a Laplace approximation\n\n", sets, molecules,
                refused);
    std::vector<std::string> names = truth.names();
    names.insert(names.end(), {"R_ee^2 of 10 sites", "C_n of 100 sites"});
    std::printf("| | truth | held, 95 %% intervals |\n|---|---|---|\n");
    for (std::size_t j = 0; j < names.size(); ++j)
        std::printf("| %s | %.4f | %.1f %% |\n", names[j].c_str(), true_values[static_cast<Index>(j)],
                    100.0 * static_cast<double>(held[j]) / static_cast<double>(used));
    return 0;
}
