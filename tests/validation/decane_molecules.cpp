// Molecules of decane from rotational states: posterior, predictions against the trajectory, what the checks
// say, why the shapes are too wide, longer chains and other temperatures. docs/molecules.md and
// docs/validation.md quote it.
//
//   decane_molecules [seed]
#include <predcg/models/rotamers/dimensions.hpp>
#include <predcg/models/rotamers/map.hpp>
#include <predcg/models/rotamers/molecule_observables.hpp>
#include <predcg/posterior.hpp>
#include <predcg/posterior/with_independent.hpp>
#include <predcg/predcg.hpp>
#include <predcg/predict/coarse_scale.hpp>
#include <predcg/predict/density_by_site.hpp>
#include <predcg/trajectories.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {
using namespace predcg;

constexpr double boltzmann_constant = 0.0083144626;  // kJ/(mol K)
constexpr Index sites = 10;

struct Moments2 {
    statistics::RunningMoments<double> R_g, R_ee;
    void add(const Points& x) {
        R_g.add(RadiusOfGyration{}(x));
        R_ee.add(EndToEnd{}(x));
    }
    void print(const char* name) const {
        const auto sd = [](const statistics::RunningMoments<double>& m) {
            return std::sqrt(m.scatter() / static_cast<double>(m.count()));
        };
        std::printf("| %s | %.4f | %.4f | %.3f | %.4f |\n", name, R_g.mean(), sd(R_g), R_ee.mean(), sd(R_ee));
    }
};

/// Gauche states beside an angle.
std::size_t beside(const Vector& phi, Index angle) {
    std::size_t count = 0;
    for (const Index k : {angle - 1, angle})
        if (k >= 0 && k < phi.size() && rotamers::nearest_state(phi[k]) != rotamers::trans) ++count;
    return count;
}

/// Beside the mean of the data, with its error, correlations of frames included.
template <class O>
void compare(const char* name, const CredibleInterval& p, const std::vector<Points>& data,
             const O& observable) {
    const auto worth = effective_data(data, checked(name, observable));
    statistics::RunningMoments<Vector> of_data;
    for (const Points& x : data) of_data.add(detail::as_vector(observable(x)));
    for (Index k = 0; k < p.mean.size(); ++k) {
        const double tau = worth.autocorrelation_times[k];
        std::printf("| %s %td | %.4f | %.4f to %.4f | %.4f ± %.4f | %.2f |%s\n", name, k, p.mean[k],
                    p.lower[k], p.upper[k], of_data.mean()[k],
                    of_data.standard_error()[k] * std::sqrt(std::max(1.0, tau)), tau,
                    p.reliable ? "" : " not reliable");
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::uint64_t seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
    const double beta = 1.0 / (boltzmann_constant * 400.0);
    const auto whole = WholeMolecules::chains(sites);
    const auto zmatrix = ZMatrix::chain(sites);
    std::vector<Points> molecules;
    std::vector<InternalCoordinates> internal;
    std::vector<Vector> dihedrals;
    for (const Frame& frame : Trajectory(PREDCG_EXAMPLE_DATA "/decane.xtc")) {
        molecules.push_back(whole(frame.positions, frame.box));
        internal.push_back(zmatrix.internal(molecules.back()));
        dihedrals.push_back(internal.back().dihedrals);
    }
    const auto map = rotamers::von_mises_map();
    const EMCoarseGrainer grainer{
        SamplesOnly<Vector>{}, rotamers::chain({.sites = sites - 3}), map, TransferMatrix{}, Newton{},
        weak_prior(map)};
    const auto fit = grainer.fit(dihedrals, {.beta = beta});
    const auto worth = effective_data(dihedrals, checked("score", Score(grainer, beta, fit.parameters)));
    std::printf("autocorrelation times of the score:");
    for (const double tau : worth.autocorrelation_times) std::printf(" %.2f", tau);
    std::printf("; %td frames are worth %.0f\n", worth.count, worth.effective);

    // ---- angles: which variable is normal
    for (const auto of : {rotamers::AngleVariable::cosine, rotamers::AngleVariable::angle}) {
        const rotamers::GeometryPosterior geometry(rotamers::ChainGeometry(of), internal);
        double log_likelihood = 0.0;
        for (const auto& q : internal)
            log_likelihood += geometry.geometry().log_density(q, geometry.centre());
        std::printf("%s normal: log-likelihood of lengths and angles %.1f\n",
                    of == rotamers::AngleVariable::cosine ? "cos theta" : "theta", log_likelihood);
    }

    // ---- posterior
    const auto data = grainer.prepare(dihedrals, beta, worth.weights());
    const auto states =
        full_posterior(grainer, data, grainer.fit_prepared(data), {.draws = 4000, .seed = seed});
    const rotamers::GeometryPosterior geometry(rotamers::ChainGeometry{}, internal, 1.0 / worth.time);
    const auto posterior = with_independent(states, rotamers::MoleculeMap(map, geometry.geometry()),
                                            geometry.centre(), geometry.draws(states.draw_count(), seed));
    std::printf("reliable: %d\n\n| parameter | mean | sd | 95 %% |\n|---|---|---|---|\n", posterior.reliable);
    for (Index k = 0; k < posterior.parameter_count(); ++k) {
        const Vector draws = linalg::row_of(posterior.draws, k);
        std::printf("| `%s` | %.4f | %.4f | %.4f to %.4f |\n",
                    posterior.names()[static_cast<std::size_t>(k)].c_str(), posterior.mean[k],
                    posterior.sd[k], statistics::quantile(draws, 0.025), statistics::quantile(draws, 0.975));
    }

    // ---- predictions
    std::printf("\n| | predicted | 95 %% | trajectory | tau |\n|---|---|---|---|---|\n");
    const auto sampled = [&](const char* name, const auto& observable) {
        compare(name, predict(posterior, observable, {.samples = 500, .seed = seed}), molecules, observable);
    };
    sampled("R_g", RadiusOfGyration{});
    sampled("R_ee", EndToEnd{});
    sampled("gauche, same, opposite", rotamers::GaucheCounts(sites));
    const auto hidden = predict(coarse_scale(states), rotamers::Counts{});
    for (Index k = 0; k < 3; ++k)
        std::printf("hidden count %td: %.4f, 95 %% between %.4f and %.4f\n", k, hidden.mean[k],
                    hidden.lower[k], hidden.upper[k]);
    const auto R2 = [](const auto& models, const Parameters& at, double b) {
        const auto target = boltzmann(models.coarse, at.theta, b);
        return rotamers::chain_dimensions(target, models.map, at.eta).squared_end_to_end;
    };
    compare("R_ee^2", credible_interval(posterior, R2), molecules,
            [](const Points& x) { return std::pow(EndToEnd{}(x), 2); });
    // Density of |phi| in bins (g+ and g- are alike), of all dihedrals and of each, exactly.
    constexpr Index bins = 12, fine = 8;
    constexpr double pi = 3.14159265358979324, width = pi / bins;
    Vector at_phi(bins * fine);
    for (Index k = 0; k < at_phi.size(); ++k)
        at_phi[k] = (static_cast<double>(k) + 0.5) * width / static_cast<double>(fine);
    const auto by_site = [&](const auto& models, const Parameters& at, double b) {
        const Matrix density = 2.0 * density_by_site(models, states.map, at, b, at_phi);  // at +phi and -phi
        Matrix binned(bins, density.cols());
        for (Index k = 0; k < bins; ++k) binned.row(k) = density.middleRows(k * fine, fine).colwise().mean();
        return binned;
    };
    const auto folded = [](const Points& x) { return Vector(DihedralAngles::chain(sites)(x).cwiseAbs()); };
    const Histogram distribution(folded, 0.0, pi, bins);
    compare(
        "density of |phi|",
        credible_interval(states, [&](const auto& models, const Parameters& at,
                                      double b) { return Vector(by_site(models, at, b).rowwise().mean()); }),
        molecules, distribution);
    compare("trans at dihedral",
            credible_interval(
                states,
                [&](const auto& models, const Parameters& at, double b) {
                    return Vector(by_site(models, at, b).bottomRows(4).colwise().sum().transpose() * width);
                }),
            molecules, [](const Points& x) {
                Vector phi = DihedralAngles::chain(sites)(x);
                for (double& angle : phi)
                    angle = rotamers::nearest_state(angle) == rotamers::trans ? 1.0 : 0.0;
                return phi;
            });

    // ---- checks
    const auto run_checks = [&](const char* name, const auto& of) {
        const auto checks = predictive_checks(
            of, molecules, {.replicates = 4000, .seed = seed}, checked("R_g", RadiusOfGyration{}),
            checked("R_ee", EndToEnd{}), checked("sd of R_g", StandardDeviation{RadiusOfGyration{}}),
            checked("sd of R_ee", StandardDeviation{EndToEnd{}}), checked("N", rotamers::GaucheCounts(sites)),
            checked("sd of N", StandardDeviation{rotamers::GaucheCounts(sites)}),
            checked("angle beside", rotamers::AnglesBesideGauche(sites)), checked("|phi|", distribution));
        std::printf("\n%s\n| statistic | data | model | z | p |\n|---|---|---|---|---|\n", name);
        for (const PredictiveCheck& c : checks)
            std::printf("| %s%s | %.4f | %.4f ± %.4f | %.1f | %.4f |\n", c.name.c_str(),
                        c.contradicted ? " **contradicted**" : "", c.observed, c.replicated_mean,
                        c.replicated_sd, c.z, c.p_value);
    };
    run_checks("checks, frames as they are worth", posterior);
    {
        const auto all = grainer.prepare(dihedrals, beta);
        const auto narrow = laplace_joint(grainer, all, grainer.fit_prepared(all), {.seed = seed});
        const rotamers::GeometryPosterior its(rotamers::ChainGeometry{}, internal);
        run_checks("checks, frames as independent",
                   with_independent(narrow, rotamers::MoleculeMap(map, its.geometry()), its.centre(),
                                    its.draws(narrow.draw_count(), seed)));
    }

    // ---- why: the same dihedrals with other angles
    std::array<std::vector<double>, 3> angles;
    for (const auto& q : internal)
        for (Index i = 0; i < q.angles.size(); ++i) angles[beside(q.dihedrals, i)].push_back(q.angles[i]);
    for (std::size_t k = 0; k < 3; ++k) {
        statistics::RunningMoments<double> m;
        for (const double theta : angles[k]) m.add(theta * 57.29577951308232);
        std::printf("%zu gauche beside: %.2f ± %.2f degrees, %td angles\n", k, m.mean(), m.standard_error(),
                    m.count());
    }
    std::printf("\n| | R_g | sd | R_ee | sd |\n|---|---|---|---|---|\n");
    Philox4x32 rng = make_stream(seed, Purpose::check);
    const auto as_beside = [&](InternalCoordinates q) {
        for (Index i = 0; i < q.angles.size(); ++i) {
            const auto& pool = angles[beside(q.dihedrals, i)];
            q.angles[i] = pool[static_cast<std::size_t>(uniform_index(rng, std::ssize(pool)))];
        }
        return q;
    };
    const auto independent = [&](InternalCoordinates q) {
        const InternalCoordinates drawn = geometry.geometry().draw(sites, geometry.centre(), rng);
        q.lengths = drawn.lengths;
        q.angles = drawn.angles;
        return q;
    };
    // Angles of those whose dihedrals on both sides (on one, at the ends) are most alike, in any order.
    struct Beside {
        double before, behind, theta;
    };
    std::array<std::vector<Beside>, 2> pools;  // ends, inner ones
    const auto sides = [](const Vector& phi, Index i) {
        const Index m = phi.size();
        return std::pair(std::abs(phi[std::max<Index>(i - 1, 0)]), std::abs(phi[std::min(i, m - 1)]));
    };
    const auto is_inner = [](const Vector& phi, Index i) {
        return static_cast<std::size_t>(i > 0 && i < phi.size());
    };
    for (const auto& q : internal)
        for (Index i = 0; i < q.angles.size(); ++i) {
            const auto [before, behind] = sides(q.dihedrals, i);
            auto& pool = pools[is_inner(q.dihedrals, i)];
            pool.push_back({before, behind, q.angles[i]});
            if (is_inner(q.dihedrals, i) == 1) pool.push_back({behind, before, q.angles[i]});
        }
    const auto as_alike = [&](InternalCoordinates q) {
        constexpr std::ptrdiff_t alike = 60;
        std::vector<std::pair<double, double>> by_distance;
        for (Index i = 0; i < q.angles.size(); ++i) {
            const auto [before, behind] = sides(q.dihedrals, i);
            by_distance.clear();
            for (const Beside& b : pools[is_inner(q.dihedrals, i)])
                by_distance.emplace_back(std::hypot(b.before - before, b.behind - behind), b.theta);
            std::nth_element(by_distance.begin(), by_distance.begin() + alike, by_distance.end());
            q.angles[i] = by_distance[static_cast<std::size_t>(uniform_index(rng, alike))].second;
        }
        return q;
    };
    const auto simulated = draw_predictive(posterior, 50000, seed);
    Moments2 trajectory, of_independent, of_beside, of_alike, model, model_beside;
    for (const Points& x : molecules) trajectory.add(x);
    for (int repeat = 0; repeat < 100; ++repeat)
        for (const auto& q : internal) {
            of_independent.add(zmatrix.cartesian(independent(q)));
            of_beside.add(zmatrix.cartesian(as_beside(q)));
        }
    for (int repeat = 0; repeat < 10; ++repeat)
        for (const auto& q : internal) of_alike.add(zmatrix.cartesian(as_alike(q)));
    for (const Points& x : simulated) {
        model.add(x);
        model_beside.add(zmatrix.cartesian(as_beside(zmatrix.internal(x))));
    }
    trajectory.print("trajectory");
    of_independent.print("its dihedrals, independent lengths and angles");
    of_beside.print("its dihedrals, its angles beside as many gauche states");
    of_alike.print("its dihedrals, its angles beside the 60 pairs of angles most alike");
    model.print("model");
    model_beside.print("model, the trajectory's angles beside as many gauche states");

    // ---- longer chains, other temperatures
    std::printf(
        "\n| sites | T | <R_ee^2> | 95 %% | C_n | 95 %% | <R_g^2> |\n|---|---|---|---|---|---|---|\n");
    for (const Index n : {10, 20, 100, 1000})
        for (const double T : {300.0, 400.0, 500.0}) {
            if (n != 100 && T != 400.0) continue;
            const auto longer = posterior.with_models(rotamers::chain({.sites = n - 3}), posterior.map);
            const auto d = credible_interval(longer, [&](const auto& models, const Parameters& at, double) {
                const auto target = boltzmann(models.coarse, at.theta, 1.0 / (boltzmann_constant * T));
                const auto size = rotamers::chain_dimensions(target, models.map, at.eta);
                return Vector{{size.squared_end_to_end, size.characteristic_ratio(), size.squared_gyration}};
            });
            std::printf("| %td | %.0f | %.3f | %.3f to %.3f | %.2f | %.2f to %.2f | %.4f |\n", n, T,
                        d.mean[0], d.lower[0], d.upper[0], d.mean[1], d.lower[1], d.upper[1], d.mean[2]);
        }
    const auto long_chain = posterior.with_models(rotamers::chain({.sites = 1000}), posterior.map);
    const auto slope = credible_interval(long_chain, [](const auto& models, const Parameters& at, double) {
        const auto log_C = [&](double T) {
            const auto target = boltzmann(models.coarse, at.theta, 1.0 / (boltzmann_constant * T));
            return std::log(rotamers::chain_dimensions(target, models.map, at.eta).characteristic_ratio());
        };
        return (log_C(405.0) - log_C(395.0)) / 10.0;
    });
    std::printf("d ln C / dT at 400 K: %.5f, 95 %% between %.5f and %.5f per K\n", slope.mean[0],
                slope.lower[0], slope.upper[0]);
    // Rigid chains with the literature's energies.
    const double third = 1.0471975511965976, theta = 112.0 / 57.29577951308232;
    const auto rigid = [&](Index n) {
        const auto chain = rotamers::chain({.sites = n - 3});
        const auto target = boltzmann(chain, Vector{{2.1, 0.0, 8.4}}, 1.0 / (boltzmann_constant * 413.0));
        return rotamers::chain_dimensions(
                   target,
                   {{-1.0, 0.0}, {std::cos(third), std::sin(third)}, {std::cos(third), -std::sin(third)}},
                   {0.153, 0.153 * 0.153, std::cos(theta), std::sin(theta)})
            .characteristic_ratio();
    };
    std::printf("rigid, E 2.1, 0 and 8.4 kJ/mol, 112 degrees, 413 K: C_100 %.2f, C_1000 %.2f, limit %.2f\n",
                rigid(101), rigid(1001), 2.0 * rigid(4001) - rigid(2001));
    return 0;
}
