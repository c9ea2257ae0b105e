#pragma once
// Angles given letters: von Mises' density.
#include <predcg/core/bessel.hpp>
#include <predcg/maps/site_map.hpp>
#include <predcg/priors/priors.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace predcg {

/// A parameter of VonMises: its name, where fits begin, and its prior, a normal between bounds.
struct VonMisesParameter {
    std::string name;
    double mean = 0.0;  ///< of the prior; fits begin there
    double sd = 1.0;    ///< of the prior
    double lower = -std::numeric_limits<double>::infinity();
    double upper = std::numeric_limits<double>::infinity();
};

/// The density of an angle under one letter: about offset + sign phi_k.
struct VonMisesLetter {
    Index concentration = 0;  ///< which of the log kappa it has
    double offset = 0.0;      ///< in radians
    double sign = 0.0;        ///< of its angle phi, if any
    Index angle = 0;          ///< which of the phi
};

/// Settings of VonMises.
struct VonMisesSettings {
    std::vector<VonMisesLetter> letters;
    std::vector<VonMisesParameter> concentrations;  ///< log kappa
    std::vector<VonMisesParameter> angles{};        ///< phi, in radians
};

/// Angles around a mean that their letter has,
///     log p(x | a) = kappa cos(x - mu) - log(2 pi I_0(kappa)),   mu = offset_a + sign_a phi,
/// which letters may share kappa and phi (R. von Mises, Phys. Z. 19 (1918) 490). eta = (log kappa of each
/// concentration, then phi of each angle), normalised over a period: x in radians, any multiple of 2 pi
/// added. Concave in kappa, and about its maximum in phi. Where letters can be exchanged (phi and -phi),
/// bounds of the prior say which is which.
class VonMises {
public:
    /// Throws ArgumentError for no letters, or letters without their concentration or angle.
    [[gnu::cold]] explicit VonMises(VonMisesSettings settings) : settings_(std::move(settings)) {
        require(!settings_.letters.empty(), "VonMises", "letters", Index{0}, "at least one");
        for (const VonMisesLetter& letter : settings_.letters) {
            require_range(letter.concentration, 0, std::ssize(settings_.concentrations) - 1, "VonMises",
                          "concentration of a letter");
            require_finite(letter.offset, "VonMises", "offset of a letter");
            require_finite(letter.sign, "VonMises", "sign of a letter");
            if (letter.sign != 0.0)
                require_range(letter.angle, 0, std::ssize(settings_.angles) - 1, "VonMises",
                              "angle of a letter");
        }
    }

    Index letters() const { return std::ssize(settings_.letters); }
    Index parameter_count() const {
        return std::ssize(settings_.concentrations) + std::ssize(settings_.angles);
    }
    [[gnu::cold]] std::vector<std::string> parameter_names() const {
        std::vector<std::string> names;
        each_parameter([&](Index, const VonMisesParameter& p) { names.push_back(p.name); });
        return names;
    }
    [[gnu::cold]] Vector start() const { return weak_prior().mean; }
    /// The prior of the settings.
    [[gnu::cold]] TruncatedNormals weak_prior() const {
        const Vector none(parameter_count());
        TruncatedNormals prior{none, none, none, none};
        each_parameter([&](Index k, const VonMisesParameter& p) {
            prior.mean[k] = p.mean;
            prior.sd[k] = p.sd;
            prior.lower[k] = p.lower;
            prior.upper[k] = p.upper;
        });
        return prior;
    }

    /// cos x and sin x.
    static Index statistic_count() { return 2; }
    static void statistic(double x, std::span<double> t) {
        t[0] = std::cos(x);
        t[1] = std::sin(x);
    }

    Expansion expansion(double count, std::span<const double> t, Index a, const Vector& eta) const {
        const VonMisesLetter& letter = of(a);
        const double kappa = this->kappa(a, eta), mu = mean(a, eta);
        const double along = t[0] * std::cos(mu) + t[1] * std::sin(mu);  // sums of cos and sin of x - mu
        const double across = t[1] * std::cos(mu) - t[0] * std::sin(mu);
        const LogBessel bessel = log_bessel_i0(kappa);
        const Index p = parameter_count(), u = letter.concentration;
        Expansion e{kappa * along - count * (std::log(2.0 * std::numbers::pi) + bessel.value),
                    Vector::Zero(p), Matrix::Zero(p, p)};
        e.gradient[u] = kappa * (along - count * bessel.slope);
        e.hessian(u, u) = e.gradient[u] - count * kappa * kappa * bessel.curvature;
        if (letter.sign == 0.0) return e;
        const Index phi = std::ssize(settings_.concentrations) + letter.angle;
        e.gradient[phi] = letter.sign * kappa * across;
        e.hessian(phi, phi) = -letter.sign * letter.sign * kappa * along;
        e.hessian(u, phi) = e.hessian(phi, u) = e.gradient[phi];
        return e;
    }

    /// Concentration of a letter.
    double kappa(Index a, const Vector& eta) const { return std::exp(eta[of(a).concentration]); }
    /// mu of a letter.
    double mean(Index a, const Vector& eta) const {
        const VonMisesLetter& letter = of(a);
        if (letter.sign == 0.0) return letter.offset;
        return letter.offset + letter.sign * eta[std::ssize(settings_.concentrations) + letter.angle];
    }
    /// {E cos x, E sin x} under a letter: A (cos mu, sin mu), A = I_1/I_0.
    Vector mean_direction(Index a, const Vector& eta) const {
        const double A = log_bessel_i0(kappa(a, eta)).slope, mu = mean(a, eta);
        return Vector{{A * std::cos(mu), A * std::sin(mu)}};
    }

    /// An angle in [-pi, pi], by rejection: from a normal that is wider, 2 sin^2(x/2) >= 2 (x/pi)^2, or from
    /// the uniform density. Two of three are taken, or more, at any kappa.
    template <RandomBits R>
    double draw(Index a, const Vector& eta, R& rng) const {
        using std::numbers::pi;
        const double k = kappa(a, eta);
        const bool flat = k < 0.7;
        for (;;) {
            const double x =
                flat ? pi * (2.0 * uniform(rng) - 1.0) : pi / (2.0 * std::sqrt(k)) * standard_normal(rng);
            if (std::abs(x) > pi) continue;
            const double sine = std::sin(0.5 * x), bound = flat ? 0.0 : x / pi;
            if (uniform(rng) <= std::exp(-2.0 * k * (sine * sine - bound * bound)))
                return std::remainder(mean(a, eta) + x, 2.0 * pi);
        }
    }

    /// kappa_..., where names begin with log_.
    [[gnu::cold]] std::vector<std::string> natural_names() const {
        std::vector<std::string> names = parameter_names();
        for (std::size_t k = 0; k < settings_.concentrations.size(); ++k)
            if (names[k].starts_with("log_")) names[k].erase(0, 4);
        return names;
    }
    /// kappa, and phi as it is.
    NaturalParameter natural(Index k, double eta) const {
        if (k >= std::ssize(settings_.concentrations)) return {eta, 1.0, 0.0};
        const double kappa = std::exp(eta);
        return {kappa, kappa, kappa};
    }
    /// log, of a kappa that is at least 1e-300.
    double unconstrained(Index k, double value) const {
        return k < std::ssize(settings_.concentrations) ? std::log(std::max(value, 1e-300)) : value;
    }

private:
    const VonMisesLetter& of(Index a) const { return settings_.letters[static_cast<std::size_t>(a)]; }
    template <class F>
    void each_parameter(F&& f) const {
        Index k = 0;
        for (const auto* list : {&settings_.concentrations, &settings_.angles})
            for (const VonMisesParameter& parameter : *list) f(k++, parameter);
    }

    VonMisesSettings settings_;
};

/// Angles given letters.
template <class Fine = Vector, class Coarse = std::vector<std::uint8_t>>
using VonMisesMap = SiteMap<VonMises, Fine, Coarse>;

}  // namespace predcg
