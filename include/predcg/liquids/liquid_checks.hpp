#pragma once
// What a pair potential says of a liquid, and what of it the data contradict.
#include <predcg/geometry/radial_distribution.hpp>
#include <predcg/geometry/rigid_molecules.hpp>
#include <predcg/geometry/tetrahedral_order.hpp>
#include <predcg/judge/latent_noise.hpp>
#include <predcg/models/pair/pressure.hpp>
#include <predcg/predict/credible_interval.hpp>
#include <predcg/statistics/autocorrelation.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numbers>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace predcg {

/// Two sites of a molecule, counted from 0, whose correlation between molecules is checked.
struct SitePair {
    std::string name;  ///< "O-H"
    Index a = 0, b = 0;
};

/// A number that was measured elsewhere, with its standard error.
struct KnownValue {
    double value = 0.0, error = 0.0;
};

/// Settings of liquid_checks.
struct LiquidSettings {
    double cutoff = 0.9;  ///< of radial distributions, in nm
    Index bins = 45;      ///< of radial distributions
    Index draws = 400;    ///< of the posterior, evenly spread, if it has more
    Index samples = 25;   ///< configurations for each draw
    double credibility = 0.95;
    double level = 0.01;                     ///< of the p-value below which the data contradict the model
    std::vector<SitePair> site_pairs{};      ///< checked by the way back
    std::optional<KnownValue> pressure{};    ///< of the simulation in bar: positions do not tell it
    double unit = pair::bar_per_kj_mol_nm3;  ///< of pressures
    LatentNoiseSettings noise{};
    std::uint64_t seed = 1;
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
    std::optional<double> data{};  ///< absent where the data do not tell it
    double data_error = 0.0;       ///< standard error, frames correlated as they are
    double model = 0.0, lower = 0.0,
           upper = 0.0;    ///< posterior mean and credible interval of the expectation
    double z = 0.0;        ///< of a band, the largest of all bins
    double p_value = 1.0;  ///< two-sided; of a band, of the largest, times the bins
    bool contradicted = false;
    std::string words{};
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

private:
    CentreOfMass centre_;
    TetrahedralOrder order_;
    PairCorrelation centres_;
    std::vector<SiteCorrelation> sites_{};
};

/// The same, with the pressure at theta in front: an observable that depends on the parameters.
struct LiquidStatistics {
    const LiquidStructure* structure;
    Box box;
    double unit;

    template <class U>
    struct AtTheta {
        const LiquidStructure* structure;
        pair::Pressure<U> pressure;
        Vector operator()(const Points& x) const {
            return linalg::joined(Vector::Constant(1, pressure(structure->centre()(x))), (*structure)(x));
        }
    };
    template <class Models>
    auto bind(const Models& models, const Parameters& parameters, double beta) const {
        using U = decltype(pair::at(models.coarse, parameters.theta));
        return AtTheta<U>{structure,
                          pair::Pressure<U>(pair::at(models.coarse, parameters.theta), box, beta, unit)};
    }
};

inline std::string rounded(double x) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", x);
    return text;
}

/// Sets z, p-value, verdict and words of a check, of which `where` says more; of a band, `bins` were looked
/// at.
[[gnu::cold]] inline void judge(LiquidCheck& check, const std::string& where, double z, Index bins,
                                const LiquidSettings& settings) {
    const std::string model =
        rounded(check.model) + " (" + rounded(check.lower) + " to " + rounded(check.upper) + ")";
    if (!check.data) {
        check.words = check.name + where + ": model " + model + "; the data do not tell it";
        return;
    }
    check.z = z;
    check.p_value = std::min(1.0, static_cast<double>(bins) * std::erfc(std::abs(z) / std::numbers::sqrt2));
    check.contradicted = check.p_value < settings.level;
    check.words = check.name + where + ": data " + rounded(*check.data) + " +- " + rounded(check.data_error) +
                  ", model " + model + ", z = " + rounded(z) + ": " +
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
/// The posterior's map is not used; its engine draws X. One run of predict() serves all: draws x (samples,
/// twice for engines with chains) configurations. Throws ArgumentError for less than 10 frames, a cut-off
/// beyond half the box, and as predict() does.
template <class Coarse, class Map, class Engine, class Data>
    requires pair::LearnablePair<Coarse>
LiquidChecks liquid_checks(const Posterior<Coarse, Map, Engine>& posterior, const Data& data,
                           const RigidMolecules& molecules, const LiquidSettings& settings = {}) {
    require_range(static_cast<Index>(std::size(data)), 10, std::numeric_limits<Index>::max(), "liquid_checks",
                  "number of frames");
    require_range(settings.draws, 10, std::numeric_limits<Index>::max(), "liquid_checks", "draws");
    const Box box = posterior.coarse.space().box();
    const detail::LiquidStructure structure(molecules, box, settings);
    const auto engine = coarse_engine(posterior.engine);
    const Posterior of_sites(detail::thinned(posterior, settings.draws), posterior.coarse, molecules, engine);

    LiquidChecks result;
    const CredibleInterval model = predict(of_sites, detail::LiquidStatistics{&structure, box, settings.unit},
                                           {.credibility = settings.credibility,
                                            .samples = settings.samples,
                                            .predictive = false,
                                            .seed = settings.seed});
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
        mean_of_data[j] = mean(series);
        error_of_data[j] = error_of_mean(series);
    }
    const auto model_sd = [&](Index j) { return std::hypot(model.sd[j], model.mean_error[j]); };

    LiquidCheck order{.name = "tetrahedral order",
                      .data = mean_of_data[0],
                      .data_error = error_of_data[0],
                      .model = model.mean[1],
                      .lower = model.lower[1],
                      .upper = model.upper[1]};
    detail::judge(order, "", (order.model - *order.data) / std::hypot(order.data_error, model_sd(1)), 1,
                  settings);
    LiquidCheck pressure{
        .name = "pressure", .model = model.mean[0], .lower = model.lower[0], .upper = model.upper[0]};
    if (settings.pressure) {
        pressure.data = settings.pressure->value;
        pressure.data_error = settings.pressure->error;
    }
    const double off = pressure.data ? pressure.model - *pressure.data : 0.0;
    detail::judge(pressure, "", off / std::hypot(pressure.data_error, model_sd(0)), 1, settings);
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
        const double M = static_cast<double>(of_sites.coarse.space().particles());
        const bool alike = k == 0 || settings.site_pairs[k - 1].a == settings.site_pairs[k - 1].b;
        const double pairs = M * (M - 1.0) * (alike ? 0.5 : 1.0) * static_cast<double>(frames);
        const double width = settings.cutoff / static_cast<double>(settings.bins);
        LiquidCheck check{.name = band.name};
        std::string where;
        double sum = 0.0;
        Index judged = 0;
        for (Index j = 0; j < settings.bins; ++j) {
            band.model_error[j] = model_sd(first + 1 + j);
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
            where = ", largest deviation at " + detail::rounded(band.radii[j]) + " nm";
        }
        band.rms = std::sqrt(sum / static_cast<double>(settings.bins));
        detail::judge(check, ", rms " + detail::rounded(band.rms) + where, check.z, judged, settings);
        result.bands.push_back(std::move(band));
        result.checks.push_back(std::move(check));
    }
    result.noise = latent_noise_test(posterior.coarse, posterior.fit.parameters.theta, posterior.fit.beta,
                                     engine, images, settings.noise);
    result.remarks = model.remarks;
    return result;
}

}  // namespace predcg
