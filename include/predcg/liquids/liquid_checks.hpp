#pragma once
// What a pair potential says of a liquid, and what of it the data contradict.
#include <predcg/geometry/radial_distribution.hpp>
#include <predcg/geometry/rigid_molecules.hpp>
#include <predcg/geometry/tetrahedral_order.hpp>
#include <predcg/judge/latent_noise.hpp>
#include <predcg/liquids/learn.hpp>
#include <predcg/models/pair/pressure.hpp>
#include <predcg/predict/credible_interval.hpp>
#include <predcg/statistics/autocorrelation.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <numbers>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace predcg {

/// Two sites of a molecule, counted from 0, whose correlation between molecules is checked.
struct SitePair {
    std::string name;    ///< "O-H"
    Index a = 0, b = 0;  ///< The sites.
};

/// A number that was measured elsewhere, with its standard error.
struct KnownValue {
    double value = 0.0, error = 0.0;  ///< The number; its standard error.
};

/// Settings of liquid_checks.
struct LiquidSettings {
    double cutoff = 0.9;     ///< of radial distributions, in nm
    Index bins = 45;         ///< of radial distributions
    Index draws = 400;       ///< of the posterior, evenly spread, if it has more
    Index samples = 2000;    ///< configurations at the mode, which all draws share
    Index chains = 4;        ///< of these
    Index own_samples = 25;  ///< configurations of each draw, where those at the mode do not reach
    double credibility = 0.95;
    double level = 0.01;                     ///< of the p-value below which the data contradict the model
    std::vector<SitePair> site_pairs{};      ///< checked by the way back
    std::optional<KnownValue> pressure{};    ///< of the simulation in bar: positions do not tell it
    double unit = pair::bar_per_kj_mol_nm3;  ///< of pressures
    std::uint64_t seed = 1;
    std::stop_token stop{};        ///< while configurations are drawn: throws Stopped
    CheckpointPlace checkpoint{};  ///< of these, and of what is found at each draw (core/checkpoint.hpp)
};

/// A radial distribution of data and model.
struct RadialBand {
    std::string name;
    Vector radii, data, data_error;  ///< the error is that of correlated frames
    Vector model, lower, upper;      ///< posterior mean and credible band of E[g | theta]
    Vector model_error;              ///< standard deviation of E[g | theta], Monte Carlo error included
    double rms = 0.0;                ///< of model - data, over the bins
};

/// One statistic of data and model.
struct LiquidCheck {
    std::string name;
    std::optional<double> data{};     ///< absent where the data do not tell it
    double data_error = 0.0;          ///< standard error, frames correlated as they are
    double model = 0.0;               ///< posterior mean of the expectation
    double lower = 0.0, upper = 0.0;  ///< its credible interval
    double z = 0.0;                   ///< of a band, the largest of all bins
    double p_value = 1.0;             ///< two-sided; of a band, of the largest, times the bins
    bool contradicted = false;        ///< Whether the p-value is below the level.
    std::string words{};              ///< All that in a sentence.
};

/// All of them.
struct LiquidChecks {
    std::vector<RadialBand> bands;     ///< of the centres, then of pairs of sites
    std::vector<LiquidCheck> checks;   ///< tetrahedral order, pressure, then the bands in their order
    LatentNoise noise;                 ///< whether the centre is enough
    std::vector<std::string> remarks;  ///< what of the sampling may be wrong

    /// What the model cannot do, and what it can, in words.
    std::string summary() const {
        std::string bad, good, open;
        for (const LiquidCheck& c : checks) {
            std::string& to = c.contradicted ? bad : c.data ? good : open;
            to += (to.empty() ? "" : ", ") + c.name;
        }
        std::string words = bad.empty() ? "The data contradict none of what was checked"
                                        : "The pair potential cannot reproduce " + bad;
        words += good.empty() ? "." : (bad.empty() ? ": " : "; not contradicted: ") + good + ".";
        if (!open.empty()) words += " The data do not tell " + open + ".";
        return words;
    }
};

namespace detail {

/// Tetrahedral order, g of the centres, g of pairs of sites of one configuration of whole molecules.
class LiquidStructure {
public:
    LiquidStructure(const RigidMolecules& molecules, const Box& box, const LiquidSettings& settings)
        : centre_(molecules.centre_of_mass()), order_(box), centres_(box, settings.cutoff, settings.bins) {
        for (const SitePair& p : settings.site_pairs)
            sites_.emplace_back(box, settings.cutoff, settings.bins, centre_.sites_per_molecule(), p.a, p.b);
    }

    Vector operator()(const Points& x) const {
        const Points X = centre_(x);
        Vector all = linalg::joined(Vector::Constant(1, order_(X)), centres_(X));
        for (const SiteCorrelation& pair : sites_) all = linalg::joined(all, pair(x));
        return all;
    }
    const CentreOfMass& centre() const { return centre_; }
    Vector radii() const { return centres_.radii(); }
    Index size() const { return 1 + centres_.size() * (1 + std::ssize(sites_)); }

private:
    CentreOfMass centre_;
    TetrahedralOrder order_;
    PairCorrelation centres_;
    std::vector<SiteCorrelation> sites_{};
};

/// The same, with the pressure at theta in front: an observable that depends on the parameters.
struct LiquidStatistics {
    const LiquidStructure* structure;
    double unit;

    template <class Models>
    auto bind(const Models& models, const Parameters& parameters, double beta) const {
        return [structure = structure,
                p = pair::Pressure(pair::at(models.coarse, parameters.theta), models.coarse.space().box(),
                                   beta, unit)](const Points& x) {
            return linalg::joined(Vector::Constant(1, p(structure->centre()(x))), (*structure)(x));
        };
    }
};

/// Sets z, p-value, verdict and words of a check, of which `where` says more; of a band, `bins` were looked
/// at.
[[gnu::cold]] inline void judge(LiquidCheck& check, const std::string& where, double z, Index bins,
                                const LiquidSettings& settings) {
    const std::string model =
        rounded(check.model, 4) + " (" + rounded(check.lower, 4) + " to " + rounded(check.upper, 4) + ")";
    if (!check.data) {
        check.words = check.name + where + ": model " + model + "; the data do not tell it";
        return;
    }
    check.z = z;
    check.p_value = std::min(1.0, static_cast<double>(bins) * std::erfc(std::abs(z) / std::numbers::sqrt2));
    check.contradicted = check.p_value < settings.level;
    check.words = check.name + where + ": data " + rounded(*check.data, 4) + " +- " +
                  rounded(check.data_error, 4) + ", model " + model + ", z = " + rounded(z, 4) + ": " +
                  (check.contradicted ? "the model cannot reproduce it" : "not contradicted");
}

/// At most `count` draws of a posterior, evenly spread.
inline PosteriorResult thinned(const PosteriorResult& posterior, Index count) {
    PosteriorResult few = posterior;
    if (posterior.draw_count() <= count) return few;
    few.draws.resize(posterior.draws.rows(), count);
    for (Index k = 0; k < count; ++k)
        linalg::set_column(few.draws, k,
                           linalg::column_of(posterior.draws, k * posterior.draw_count() / count));
    few.chains = 1;
    return few;
}

/// Expectations of pressure and structure under a posterior.
struct LiquidModel {
    Vector mean, sd, lower, upper;  ///< sd of posterior and sampling together
    std::string remark{};
};

/// By draws X_m at the mode, reweighted to each draw of the posterior: all draws share their configurations.
/// The least share of them that is in effect at 95 % of the draws is returned in `share`.
template <class Coarse>
[[gnu::cold]] LiquidModel reweighted(const PosteriorResult& posterior, const Coarse& coarse,
                                     const std::vector<Points>& X, const LiquidStructure& structure,
                                     const RigidMolecules& molecules, const LiquidSettings& settings,
                                     double& share) {
    const auto M = static_cast<Index>(X.size()), p = coarse.parameter_count(), draws = posterior.draw_count();
    const double beta = posterior.fit.beta, volume = coarse.space().box().volume();
    Matrix features(p, M), virials(p + 1, M), values;
    values.resize(structure.size(), M);
    parallel_for(M, [&](Index m) {
        const Points& at = X[static_cast<std::size_t>(m)];
        linalg::set_column(features, m, coarse.features(at));
        linalg::set_column(
            virials, m,
            linalg::joined(coarse.virial_features(at), Vector::Constant(1, coarse.base_virial(at))));
        Philox4x32 rng = make_stream(settings.seed, Purpose::liquid_fine, static_cast<std::uint64_t>(m));
        linalg::set_column(values, m, structure(molecules.sample(at, {}, rng)));
    });
    const double ideal = static_cast<double>(coarse.space().particles()) / beta;
    const auto pressure = [&](const Vector& theta, const Vector& virial) {
        return settings.unit * (ideal - (linalg::dot(theta.data(), virial.data(), p) + virial[p]) / 3.0) /
               volume;
    };
    const Index rows = values.rows() + 1;
    Matrix expectations(rows, draws);
    Vector shares(draws);
    parallel_for(draws, [&](Index k) {
        const Vector theta = posterior.parameters(k).theta;
        Vector weights = linalg::applied_transposed(features, theta - posterior.fit.parameters.theta);
        for (double& w : weights) w *= -beta;
        const double top = *std::max_element(weights.begin(), weights.end());
        double sum = 0.0, squares = 0.0;
        for (double& w : weights) {
            w = std::exp(w - top);
            sum += w;
            squares += w * w;
        }
        shares[k] = sum * sum / (static_cast<double>(M) * squares);
        linalg::divide(weights, sum);
        expectations(0, k) = pressure(theta, linalg::applied(virials, weights));
        const Vector mean_values = linalg::applied(values, weights);
        for (Index j = 0; j + 1 < rows; ++j) expectations(j + 1, k) = mean_values[j];
    });
    share = statistics::quantile(shares, 0.05);
    LiquidModel model{Vector(rows), Vector(rows), Vector(rows), Vector(rows)};
    const double low = 0.5 * (1.0 - settings.credibility);
    for (Index j = 0; j < rows; ++j) {
        const Vector over_draws = linalg::row_of(expectations, j);
        Vector series(M);
        if (j > 0)
            series = linalg::row_of(values, j - 1);
        else
            for (Index m = 0; m < M; ++m)
                series[m] = pressure(posterior.fit.parameters.theta, linalg::column_of(virials, m));
        model.mean[j] = statistics::mean(over_draws);
        model.sd[j] = std::hypot(std::sqrt(statistics::variance(over_draws)),
                                 error_over_chains(series, settings.chains));
        model.lower[j] = statistics::quantile(over_draws, low);
        model.upper[j] = statistics::quantile(over_draws, 1.0 - low);
    }
    return model;
}

}  // namespace detail

/// What a learnt pair potential says of structure and pressure, beside the data: whole molecules, frame by
/// frame in the order of their trajectory, in a box that does not change.
///
///  * Tetrahedral order and pressure of the centres, with credible intervals.
///  * g(r) of the centres, and, by the way back (`molecules`: the same rigid molecule around each centre,
///    turned at random), of pairs of sites of different molecules, with credible bands.
///  * The score test of noise between centres and p_c.
///
/// A check compares expectations: z = (model - data) / sqrt(error_data^2 + sd_model^2), the error of the data
/// that of correlated frames (error_of_mean), the model's sd of the posterior and of sampling. Normal
/// approximation; of a band, the bin with the largest |z| counts, its p-value times the number of bins
/// (Bonferroni). A long trajectory contradicts any model in the end: rms says how much it matters.
///
/// `posterior`: draws of theta_c and their fit, as laplace_joint and exchange_posterior return them; `engine`
/// has the chains that draw X from p_c. Configurations are drawn at the mode and reweighted to each draw of
/// the posterior, where a tenth of them or more is in effect for 95 % of the draws; else each draw has chains
/// of its own (predict), from which sampling noise is taken out. A remark says so. Throws ArgumentError for
/// less than 10 frames, draws or configurations a chain, and for a cut-off beyond half the box.
template <class Coarse, class Engine, class Data>
    requires pair::LearnablePair<Coarse> && HasLaplacian<Coarse> && LinearCoarsePotential<Coarse>
LiquidChecks liquid_checks(const PosteriorResult& posterior, const Coarse& coarse, const Engine& engine,
                           const Data& data, const RigidMolecules& molecules,
                           const LiquidSettings& settings = {}) {
    constexpr Index many = std::numeric_limits<Index>::max();
    require_range(static_cast<Index>(std::size(data)), 10, many, "liquid_checks", "number of frames");
    require_range(settings.draws, 10, many, "liquid_checks", "draws");
    require_range(posterior.draw_count(), 10, many, "liquid_checks", "draws of the posterior");
    require_range(settings.chains, 1, many, "liquid_checks", "chains");
    require_range(settings.samples, 10 * settings.chains, many, "liquid_checks", "samples", "10 a chain");
    const Box box = coarse.space().box();
    const detail::LiquidStructure structure(molecules, box, settings);
    const PosteriorResult few = detail::thinned(posterior, settings.draws);
    const Vector& mode = posterior.fit.parameters.theta;

    LiquidChecks result;
    const std::vector<Points> drawn =
        draw_chains(engine, boltzmann(coarse, mode, posterior.fit.beta), settings.samples / settings.chains,
                    settings.chains, settings.seed, settings.stop, settings.checkpoint);
    double share = 1.0;
    detail::LiquidModel model = detail::reweighted(few, coarse, drawn, structure, molecules, settings, share);
    if (share < 0.1) {
        const Posterior own(few, coarse, molecules, engine);
        const CredibleInterval interval = predict(own, detail::LiquidStatistics{&structure, settings.unit},
                                                  {.credibility = settings.credibility,
                                                   .samples = settings.own_samples,
                                                   .predictive = false,
                                                   .seed = settings.seed,
                                                   .stop = settings.stop,
                                                   .checkpoint = settings.checkpoint.within("draws")});
        model = {interval.mean, Vector(interval.mean.size()), interval.lower, interval.upper};
        for (Index j = 0; j < model.sd.size(); ++j)
            model.sd[j] = std::hypot(interval.sd[j], interval.mean_error[j]);
        result.remarks.push_back(
            "the posterior is wider than configurations at its mode reach (5 % of the draws have " +
            detail::rounded(share, 4) + " or less of them in effect); each draw had chains of its own");
        result.remarks.insert(result.remarks.end(), interval.remarks.begin(), interval.remarks.end());
    }
    const auto frames = static_cast<Index>(std::size(data));
    Matrix values(structure(*std::begin(data)).size(), frames);
    std::vector<Points> images(static_cast<std::size_t>(frames));
    parallel_for(frames, [&](Index k) {
        const Points& x = *(std::begin(data) + static_cast<std::ptrdiff_t>(k));
        linalg::set_column(values, k, structure(x));
        images[static_cast<std::size_t>(k)] = structure.centre()(x);
    });
    const Index rows = values.rows();
    Vector mean_of_data(rows), error_of_data(rows);
    for (Index j = 0; j < rows; ++j) {
        const Vector series = linalg::row_of(values, j);
        mean_of_data[j] = statistics::mean(series);
        error_of_data[j] = statistics::error_of_mean(series);
    }
    LiquidCheck order{.name = "tetrahedral order",
                      .data = mean_of_data[0],
                      .data_error = error_of_data[0],
                      .model = model.mean[1],
                      .lower = model.lower[1],
                      .upper = model.upper[1]};
    detail::judge(order, "", (order.model - *order.data) / std::hypot(order.data_error, model.sd[1]), 1,
                  settings);
    LiquidCheck pressure{
        .name = "pressure", .model = model.mean[0], .lower = model.lower[0], .upper = model.upper[0]};
    if (settings.pressure) {
        pressure.data = settings.pressure->value;
        pressure.data_error = settings.pressure->error;
    }
    const double off = pressure.data ? pressure.model - *pressure.data : 0.0;
    detail::judge(pressure, "", off / std::hypot(pressure.data_error, model.sd[0]), 1, settings);
    result.checks = {std::move(order), std::move(pressure)};

    for (std::size_t k = 0; k <= settings.site_pairs.size(); ++k) {
        const Index first = 1 + static_cast<Index>(k) * settings.bins;
        const auto part = [&](const Vector& v, Index shift) {
            return linalg::part(v, first + shift, settings.bins);
        };
        RadialBand band;
        band.name = k == 0 ? "g(r) of the centres" : "g(r) of " + settings.site_pairs[k - 1].name;
        band.radii = structure.radii();
        band.data = part(mean_of_data, 0);
        band.data_error = part(error_of_data, 0);
        band.model = part(model.mean, 1);
        band.lower = part(model.lower, 1);
        band.upper = part(model.upper, 1);
        band.model_error.resize(settings.bins);
        // Few counts are not normal: bins with less than 20 in all frames are not judged.
        const double M = static_cast<double>(coarse.space().particles());
        const bool alike = k == 0 || settings.site_pairs[k - 1].a == settings.site_pairs[k - 1].b;
        const double pairs = M * (M - 1.0) * (alike ? 0.5 : 1.0) * static_cast<double>(frames);
        const double width = settings.cutoff / static_cast<double>(settings.bins);
        LiquidCheck check{.name = band.name};
        std::string where;
        double sum = 0.0;
        Index judged = 0;
        for (Index j = 0; j < settings.bins; ++j) {
            band.model_error[j] = model.sd[first + 1 + j];
            const double d = band.model[j] - band.data[j];
            sum += d * d;
            const double inner = static_cast<double>(j) * width, outer = inner + width;
            const double shell =
                4.0 / 3.0 * std::numbers::pi * (outer * outer * outer - inner * inner * inner);
            if (!(std::max(band.data[j], band.model[j]) * pairs * shell / box.volume() >= 20.0)) continue;
            ++judged;
            const double z = d / std::hypot(band.data_error[j], band.model_error[j]);
            if (!(std::abs(z) > std::abs(check.z)) && check.data) continue;
            check.z = z;
            check.data = band.data[j];
            check.data_error = band.data_error[j];
            check.model = band.model[j];
            check.lower = band.lower[j];
            check.upper = band.upper[j];
            where = ", largest deviation at " + detail::rounded(band.radii[j], 4) + " nm";
        }
        band.rms = std::sqrt(sum / static_cast<double>(settings.bins));
        detail::judge(check, ", rms " + detail::rounded(band.rms, 4) + where, check.z, judged, settings);
        result.bands.push_back(std::move(band));
        result.checks.push_back(std::move(check));
    }
    result.noise =
        latent_noise_test(coarse, mode, posterior.fit.beta, images, drawn, settings.chains, settings.level);
    return result;
}

/// The same of what pair::learn found, with chains of `moves` sweeps from draw to draw.
template <class Data>
LiquidChecks liquid_checks(const pair::Learnt& learnt, const Data& data, const RigidMolecules& molecules,
                           const LiquidSettings& settings = {},
                           const MonteCarloSettings& chains = {.warm_up = 500, .thinning = 10}) {
    return liquid_checks(learnt.posterior, learnt.potential, MonteCarlo<SingleParticle>({}, chains), data,
                         molecules, settings);
}

}  // namespace predcg
