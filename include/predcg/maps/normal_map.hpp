#pragma once
// Numbers given letters: normal densities.
#include <predcg/maps/site_map.hpp>
#include <predcg/priors/priors.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace predcg {

/// Settings of NormalSites: numbers x are about `centre`, and differ by some `length`.
struct NormalSitesSettings {
    Index letters = 2;
    double centre = 0.0;  ///< of all x: sums of squares are about it
    double length = 1.0;  ///< how far apart means may be, in the unit of x
};

/// Normal numbers with a mean and a standard deviation for each letter,
///     x | a ~ N(mean_a, sd_a^2),   eta = (mean_0 .. mean_{q-1}, log_sd_0 .. log_sd_{q-1}).
/// Where the chain takes two letters alike, exchanging them, with their means and sds, leaves the likelihood
/// as it is: a fit has the labels of its start, in which means rise with the letter; posterior chains keep
/// theirs while the densities are apart. With one x at a letter the likelihood has no upper bound as sd goes
/// to 0: the prior keeps it away. Scales: length for means, 1 for log_sd.
class NormalSites {
public:
    /// Throws ArgumentError for less than one letter, and a centre or length that is no number, or not > 0.
    explicit NormalSites(NormalSitesSettings settings = {}) : settings_(settings) {
        require(settings.letters >= 1, "NormalSites", "letters", settings.letters, "an integer >= 1");
        require_finite(settings.centre, "NormalSites", "centre");
        require_positive(settings.length, "NormalSites", "length");
    }

    Index letters() const { return settings_.letters; }
    Index parameter_count() const { return 2 * letters(); }
    [[gnu::cold]] std::vector<std::string> parameter_names() const { return names("log_sd_"); }
    /// Means a length apart, of sd length / 2.
    [[gnu::cold]] Vector start() const {
        Vector eta(parameter_count());
        for (Index a = 0; a < letters(); ++a) {
            eta[a] = settings_.centre +
                     settings_.length * (static_cast<double>(a) - 0.5 * static_cast<double>(letters() - 1));
            eta[letters() + a] = std::log(0.5 * settings_.length);
        }
        return eta;
    }
    [[gnu::cold]] Vector scales() const {
        Vector scales = Vector::Ones(parameter_count());
        for (Index a = 0; a < letters(); ++a) scales[a] = settings_.length;
        return scales;
    }
    /// In z = eta / scales: means within 3 lengths of the start (sd), log_sd within 1.5.
    [[gnu::cold]] Normals weak_prior() const {
        const Vector scale = scales();
        Normals prior{start(), Vector::Constant(parameter_count(), 1.5)};
        for (Index a = 0; a < letters(); ++a) {
            prior.mean[a] /= scale[a];
            prior.sd[a] = 3.0;
        }
        return prior;
    }

    /// x - centre and its square.
    static Index statistic_count() { return 2; }
    void statistic(double x, std::span<double> t) const {
        t[0] = x - settings_.centre;
        t[1] = t[0] * t[0];
    }

    Expansion expansion(double count, std::span<const double> t, Index a, const Vector& eta) const {
        const Index q = letters();
        const double mean = eta[a] - settings_.centre, precision = std::exp(-2.0 * eta[q + a]);
        const double off = t[0] - count * mean, square = t[1] - mean * (t[0] + off);
        Expansion e{-0.5 * precision * square - count * (eta[q + a] + 0.5 * std::log(2.0 * std::numbers::pi)),
                    Vector::Zero(2 * q), Matrix::Zero(2 * q, 2 * q)};
        e.gradient[a] = precision * off;
        e.gradient[q + a] = precision * square - count;
        e.hessian(a, a) = -precision * count;
        e.hessian(a, q + a) = e.hessian(q + a, a) = -2.0 * precision * off;
        e.hessian(q + a, q + a) = -2.0 * precision * square;
        return e;
    }

    template <RandomBits R>
    double draw(Index a, const Vector& eta, R& rng) const {
        return eta[a] + std::exp(eta[letters() + a]) * standard_normal(rng);
    }

    /// {E x, E x^2} under a letter.
    std::pair<double, double> moments(Index a, const Vector& eta) const {
        return {eta[a], eta[a] * eta[a] + std::exp(2.0 * eta[letters() + a])};
    }

    [[gnu::cold]] std::vector<std::string> natural_names() const { return names("sd_"); }
    /// The mean as it is, and sd.
    NaturalParameter natural(Index k, double eta) const {
        if (k < letters()) return {eta, 1.0, 0.0};
        const double sd = std::exp(eta);
        return {sd, sd, sd};
    }
    /// log, of an sd that is at least 1e-300.
    double unconstrained(Index k, double value) const {
        return k < letters() ? value : std::log(std::max(value, 1e-300));
    }

private:
    std::vector<std::string> names(const std::string& of_sd) const {
        std::vector<std::string> all;
        for (Index a = 0; a < letters(); ++a) all.push_back("mean_" + to_text(a));
        for (Index a = 0; a < letters(); ++a) all.push_back(of_sd + to_text(a));
        return all;
    }

    NormalSitesSettings settings_;
};

/// Numbers given letters.
template <class Fine = Vector, class Coarse = std::vector<std::uint8_t>>
using NormalMap = SiteMap<NormalSites, Fine, Coarse>;

}  // namespace predcg
