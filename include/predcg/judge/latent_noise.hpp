#pragma once
// Does X determine x, or is there noise between the two? A score test that needs no fit with noise.
#include <predcg/core/checkpoint_place.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/core/parallel.hpp>
#include <predcg/core/real_coordinates.hpp>
#include <predcg/predict/credible_interval.hpp>
#include <predcg/relative_entropy/relative_entropy_fit.hpp>
#include <predcg/statistics/autocorrelation.hpp>
#include <predcg/statistics/moments.hpp>
#include <predcg/structure/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <numbers>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace predcg {

/// A coarse potential on R^n whose Laplacian in X is known, next to dU/dX:
///
///     double energy_laplacian(const X&, const Vector& theta) const;     // sum_k d^2 U / dX_k^2
template <class U>
concept HasLaplacian = CoarsePotential<U> && HasCoarseEnergyGradient<U, configuration_t<space_t<U>>> &&
                       detail::HasEnergyLaplacian<U>;

/// Settings of latent_noise_test.
struct LatentNoiseSettings {
    Index draws = 400;    ///< configurations of p_c from each chain
    Index chains = 4;     ///< chains of p_c
    double level = 0.01;  ///< of the one-sided p-value below which there is noise
    std::uint64_t seed = 1;
};

/// What latent_noise_test found. Scores are of one coordinate: in 1 / length^2.
struct LatentNoise {
    double score = 0.0;           ///< d log L / d sigma^2 at 0, a datum and a coordinate
    double standard_error = 0.0;  ///< of data and of the sampled model side
    double z = 0.0;               ///< score / standard_error
    double p_value = 1.0;         ///< P(Z >= z), one-sided: sigma^2 is not negative
    bool found = false;           ///< whether the p-value is below the level
    /// sigma^2 and its standard error by one step from 0, score / information; NaN where the score of sigma^2
    /// is a combination of those of theta, and nothing can be said.
    double variance = 0.0, variance_error = 0.0;
    double force_part = 0.0;            ///< 1/2 (E_data - E_c) beta^2 |grad U|^2
    double laplacian_part = 0.0;        ///< 1/2 (E_data - E_c) beta lap U; about 0 at a fit
    double force_error = 0.0;           ///< standard error of force_part
    double model_z = 0.0;               ///< of the score's mean over the draws of p_c, which should be 0
    double autocorrelation_time = 1.0;  ///< of the score along the data, in data
    std::string words;                  ///< all that in a sentence
};

namespace detail {

/// Per coordinate: beta^2 |grad U|^2 / 2, beta lap U / 2; then dU/dtheta.
template <HasLaplacian U>
class NoiseTerms {
public:
    NoiseTerms(const U& potential, Vector theta, double beta)
        : potential_(&potential), theta_(std::move(theta)), beta_(beta), by_theta_(potential, theta_) {}

    template <class X>
    Vector operator()(const X& configuration) const {
        const Vector slope = energy_gradient_vector(*potential_, configuration, theta_);
        const double half = 0.5 / static_cast<double>(slope.size());
        const Vector terms{{half * beta_ * beta_ * linalg::dot(slope.data(), slope.data(), slope.size()),
                            half * beta_ * potential_->energy_laplacian(configuration, theta_)}};
        return linalg::joined(terms, by_theta_(configuration));
    }

private:
    const U* potential_;
    Vector theta_;
    double beta_;
    EnergyGradient<U> by_theta_;
};

/// Coefficients of the regression of y on the rows x below the first two of `terms`, by the moments of the
/// columns; rows that do not vary have none.
[[gnu::cold]] inline Vector score_on_features(const Matrix& terms) {
    const statistics::MeanAndCovariance moments = statistics::moments_of_columns(terms);
    const Index p = terms.rows() - 2;
    Vector sd(p), coefficients = Vector::Zero(p);
    for (Index k = 0; k < p; ++k) sd[k] = std::sqrt(moments.covariance(k + 2, k + 2));
    Matrix correlation = Matrix::Zero(p, p);
    Vector with_score = Vector::Zero(p);
    for (Index k = 0; k < p; ++k) {
        correlation(k, k) = 1.0 + 1e-8;  // features may add up to a constant
        if (!(sd[k] > 0.0)) continue;
        with_score[k] = (moments.covariance(k + 2, 0) - moments.covariance(k + 2, 1)) / sd[k];
        for (Index l = 0; l < k; ++l)
            if (sd[l] > 0.0)
                correlation(k, l) = correlation(l, k) = moments.covariance(k + 2, l + 2) / (sd[k] * sd[l]);
    }
    const linalg::Cholesky factor(correlation);
    if (!factor.ok()) return coefficients;
    coefficients = factor.solve(with_score);
    for (Index k = 0; k < p; ++k) coefficients[k] = sd[k] > 0.0 ? coefficients[k] / sd[k] : 0.0;
    return coefficients;
}

/// Standard error of the mean of all chains, which are columns of equal length, one after the other.
inline double error_over_chains(const Vector& values, Index chains) {
    const Index length = values.size() / chains;
    double sum = 0.0;
    for (Index c = 0; c < chains; ++c) {
        const double error = statistics::error_of_mean(linalg::part(values, c * length, length));
        sum += error * error;
    }
    return std::sqrt(sum) / static_cast<double>(chains);
}

inline std::string with_sign(double x) { return (std::signbit(x) ? "" : "+") + rounded(x, 3); }

/// The test from terms (NoiseTerms) of the data in their order, and of draws of p_c, chain after chain.
[[gnu::cold]] inline LatentNoise latent_noise(const Matrix& of_data, const Matrix& of_model, Index chains,
                                              Index coordinates, double level) {
    const Index N = of_data.cols(), M = of_model.cols(), p = of_data.rows() - 2;
    const Vector slope = score_on_features(of_model);
    const auto row_mean = [](const Matrix& m, Index row) { return statistics::mean(linalg::row_of(m, row)); };
    Vector centre(p);
    for (Index k = 0; k < p; ++k) centre[k] = row_mean(of_model, k + 2);
    const auto explained = [&](const Matrix& terms, Index column) {
        double sum = 0.0;
        for (Index k = 0; k < p; ++k) sum += slope[k] * (terms(k + 2, column) - centre[k]);
        return sum;
    };
    Vector data(N), model(M), by_features(M), plain(M);
    for (Index i = 0; i < N; ++i) data[i] = of_data(0, i) - of_data(1, i) - explained(of_data, i);
    for (Index m = 0; m < M; ++m) {
        by_features[m] = explained(of_model, m);
        plain[m] = of_model(0, m) - of_model(1, m);
        model[m] = plain[m] - by_features[m];
    }

    LatentNoise test;
    // E_c of the score is 0. It may be taken from the draws all the same: what is certain then is the
    // difference of data and draws.
    const double error_known = error_over_chains(by_features, chains),
                 error_drawn = error_over_chains(model, chains);
    const bool drawn = error_drawn < error_known;
    test.score = statistics::mean(data) - (drawn ? statistics::mean(model) : 0.0);
    test.standard_error = std::hypot(statistics::error_of_mean(data), drawn ? error_drawn : error_known);
    test.force_part = row_mean(of_data, 0) - row_mean(of_model, 0);
    test.laplacian_part = row_mean(of_data, 1) - row_mean(of_model, 1);
    test.force_error = std::hypot(statistics::error_of_mean(linalg::row_of(of_data, 0)),
                                  error_over_chains(linalg::row_of(of_model, 0), chains));
    test.model_z = statistics::mean(plain) / error_over_chains(plain, chains);
    test.autocorrelation_time = statistics::integrated_autocorrelation_time(data);
    test.z = test.standard_error > 0.0 ? test.score / test.standard_error : 0.0;
    test.p_value = 0.5 * std::erfc(test.z / std::numbers::sqrt2);
    // score / (n Var(score)), n coordinates, both of one coordinate
    const double spread = statistics::variance(model);
    const bool open = !(spread > 1e-6 * statistics::variance(plain));
    const double information = static_cast<double>(coordinates) * spread;
    test.variance = open ? undefined : test.score / information;
    test.variance_error = open ? undefined : test.standard_error / information;
    test.found = !open && test.p_value < level;

    test.words = "score of noise between X and x " + with_sign(test.score) + " +- " +
                 with_sign(test.standard_error).substr(1) + " a coordinate, z = " + with_sign(test.z) + ": ";
    if (open)
        test.words += "the parameters of the potential can do what noise would; nothing can be said";
    else if (test.found)
        test.words += "the data are more blurred than p_c at any parameters nearby; noise of a standard "
                      "deviation of " +
                      with_sign(std::sqrt(test.variance)).substr(1) + " would raise the likelihood";
    else if (test.p_value > 1.0 - level)
        test.words += "the data are sharper than p_c: no noise, but p_c is not the density of the data";
    else
        test.words += "no sign of noise";
    if (std::abs(test.model_z) > 4.0)
        test.words += "; the draws of p_c have not the mean 0 that the score has under p_c (z = " +
                      with_sign(test.model_z) + "): longer chains";
    return test;
}

}  // namespace detail

/// So many configurations of each of some chains of an engine's kernel, or independent ones where it has
/// them; one chain after the other. Each keeps its draws, and where it is, in a part of `place`. Throws
/// Stopped where a stop was requested.
template <class Engine, Target T>
std::vector<configuration_t<space_t<T>>>
draw_chains(const Engine& engine, const T& target, Index draws, Index chains, std::uint64_t seed = 1,
            const std::stop_token& stop = {}, const CheckpointPlace& place = {}) {
    require_range(draws, 1, std::numeric_limits<Index>::max(), "draw_chains", "draws");
    require_range(chains, 1, std::numeric_limits<Index>::max(), "draw_chains", "chains");
    std::vector<std::vector<configuration_t<space_t<T>>>> drawn(static_cast<std::size_t>(chains));
    parallel_for(chains, [&](Index c) {
        auto sampler = detail::coarse_sampler(engine, target);
        Philox4x32 rng = make_stream(seed, Purpose::draw_chains, static_cast<std::uint64_t>(c));
        auto& chain = drawn[static_cast<std::size_t>(c)];
        const CheckpointPlace own = place.within("chain " + to_text(c));
        const auto kept = [&](auto&& act) {  // independent draws know nothing of those before
            if constexpr (detail::StoredByMembers<decltype(sampler)>)
                return act(chain, rng, sampler);
            else
                return act(chain, rng);
        };
        const auto keep = [&](const auto&... values) { own.keep(values...); };
        if (own) kept([&](auto&... values) { return own.restore(values...); });
        require_range(std::ssize(chain), 0, draws, "Checkpoint", "draws of a chain",
                      "those of the same settings");
        while (std::ssize(chain) < draws) {
            const bool stopped = stop.stop_requested();
            if (own && (stopped || own.is_due())) kept(keep);
            if (stopped) throw Stopped("draw_chains");
            chain.push_back(sampler.draw(rng));
        }
        if (own) kept(keep);
    });
    std::vector<configuration_t<space_t<T>>> all;
    for (auto& chain : drawn) all.insert(all.end(), chain.begin(), chain.end());
    return all;
}

/// Is x = X, or x = X + noise? Score test of sigma^2 = 0 in
///
///     x = X + N(0, sigma^2) in every coordinate,     X ~ p_c = exp(-beta U(X, theta)) / Z
///
/// where x are the images of the data under the deterministic map (docs/method.md, "Noise on the
/// configurations"):
///
///     d log p(x) / d sigma^2 = S(x) = 1/2 sum_k ( beta^2 (d_k U)^2 - beta d_k^2 U ),     E_c[S] = 0.
///
/// Over data S is what counts, both its terms: 1/2 (E_data - E_c) beta^2 |grad U|^2 (`force_part`) is the
/// same only where E_data and E_c of lap U agree (`laplacian_part` 0), as at a fit whose features have lap U
/// in their span.
///
/// theta was fitted to the same data, so the part of S that dU/dtheta explains under p_c is taken out
/// (J. Neyman, in: Probability and Statistics (1959), 213, C(alpha); C. R. Rao, Proc. Camb. Phil. Soc. 44
/// (1948) 50): the value stays at the maximum, is right to first order near it, and its standard error is
/// that of the rest, from the autocorrelation of the data (error_of_mean), and of the sampled E_c. sigma^2 =
/// 0 lies on a border: the test is one-sided.
///
/// Noise is what is asked for; any lack of p_c that makes forces on x larger than p_c would have them looks
/// like it. Data rounded to a width w have noise of w^2 / 12.
///
/// `data` are coarse configurations in their order, `draws` of p_c, chain after chain, of equal length.
/// Throws ArgumentError for less than 10 data, chains shorter than 10, or chains that do not divide the
/// draws. Cost: gradient, Laplacian and features of each.
template <HasLaplacian Coarse, class Data, class Draws>
LatentNoise latent_noise_test(const Coarse& coarse, const Vector& theta, double beta, const Data& data,
                              const Draws& draws, Index chains = 1, double level = 0.01) {
    const auto N = static_cast<Index>(std::size(data)), M = static_cast<Index>(std::size(draws));
    constexpr Index many = std::numeric_limits<Index>::max();
    require_range(N, 10, many, "latent_noise_test", "number of data");
    require_range(chains, 1, many, "latent_noise_test", "chains");
    require(M % chains == 0 && M / chains >= 10, "latent_noise_test", "draws of p_c", M,
            "the same number for each chain, 10 or more");
    require(level > 0.0 && level < 0.5, "latent_noise_test", "level", level, "a number between 0 and 1/2");
    const detail::NoiseTerms<Coarse> terms(coarse, theta, beta);
    const auto of = [&](const auto& range, Index count) {
        const Index rows = terms(*std::begin(range)).size();
        Matrix values(rows, count);
        parallel_for(count, [&](Index k) {
            linalg::set_column(values, k, terms(*(std::begin(range) + static_cast<std::ptrdiff_t>(k))));
        });
        return values;
    };
    const Index coordinates = coordinate_count(*std::begin(data));
    return detail::latent_noise(of(data, N), of(draws, M), chains, coordinates, level);
}

/// The same for a fit by relative entropy and its data x.
template <class Coarse, class Xi, class Engine, class Result, class Data>
LatentNoise latent_noise_test(const RelativeEntropyFit<Coarse, Xi, Engine, Result>& fit, const Data& data,
                              const LatentNoiseSettings& settings = {}) {
    std::vector<typename Xi::coarse_type> images;
    for (const auto& x : data) images.push_back(fit.map.xi()(x));
    const auto draws = draw_chains(fit.engine, boltzmann(fit.coarse, fit.parameters.theta, fit.beta),
                                   settings.draws, settings.chains, settings.seed);
    return latent_noise_test(fit.coarse, fit.parameters.theta, fit.beta, images, draws, settings.chains,
                             settings.level);
}

}  // namespace predcg
