#pragma once
// When is a fit with noise converged, and what is missing where it is not?
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/core/types.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace predcg::detail {

/// An average over iterations, in z. Drift, errors and deviations are NaN where the averaged information is
/// not positive definite, errors also of less than two iterations.
struct IterateAverage {
    Vector z;
    Vector drift;      ///< the Newton step left: I^-1 mean gradient; 0 of what stays at a bound
    Vector error;      ///< Monte Carlo standard error of z + drift, of sampling alone
    Vector sd;         ///< posterior standard deviation, from I
    Vector unsettled;  ///< added to it in squares: unequal I over the iterates, and z that still moved
    Index iterations = 0;
    bool definite = false;

    /// The standard error that is stated.
    double stated(Index k) const { return std::hypot(error[k], unsettled[k]); }
};

/// The parameter that is furthest from converged, and by which factor: its error is `excess` times the
/// tolerance in posterior standard deviations, or its drift `excess` times half of that and two errors.
/// Converged: <= 1.
struct Furthest {
    Index parameter = 0;
    double excess = 0.0;
    bool drifts = false;

    bool converged() const { return excess <= 1.0; }
};

[[gnu::cold]] inline Furthest furthest(const IterateAverage& a, double tolerance) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    Furthest f;
    const auto take = [&](Index k, double excess, bool drifts) {
        if (std::isnan(excess)) excess = infinity;
        if (excess > f.excess) f = {k, excess, drifts};
    };
    for (Index k = 0; k < a.z.size(); ++k) {
        take(k, a.stated(k) / (tolerance * a.sd[k]), false);
        take(k, std::abs(a.drift[k]) / (0.5 * tolerance * a.sd[k] + 2.0 * a.error[k]), true);
    }
    return f;
}

/// IterateAverage::unsettled: where I is unequal over the iterates by the fraction `unequal`, the way from
/// their mean to the estimate is known to that fraction only, and it is as long as the mean's own error and
/// the drift; and where the mean of z went by `step` from the first half of the iterations to the second,
/// what is beyond two errors of sampling is no chance. Iterates that creep along a curved valley have little
/// noise, a short Newton step left at each place, and yet a long way to go.
inline double unsettled_error(double unequal, double mean_error, double drift, double step, double error) {
    return std::hypot(unequal * std::hypot(mean_error, drift), std::max(0.0, std::abs(step) - 2.0 * error));
}

/// Iterations, a multiple of ten, after which the next test is worth while: when errors, which fall as 1 /
/// sqrt(iterations), are clear of the tolerance. Tests that are few and likely to pass do not choose errors
/// that are too small by chance.
[[gnu::cold]] inline Index next_test(const IterateAverage& a, double tolerance, Index iterations) {
    double excess = 0.0;
    for (Index k = 0; k < a.z.size(); ++k)
        excess = std::max(excess, a.stated(k) / (0.85 * tolerance * a.sd[k]));
    const double factor = a.definite ? std::clamp(excess * excess, 1.25, 2.5) : 1.5;
    return 10 * static_cast<Index>(std::ceil(0.1 * factor * static_cast<double>(iterations)));
}

/// "1700": a whole number, rounded up to two digits.
[[gnu::cold]] inline std::string whole_two_digits(double x) {
    if (!(x < 1e15)) return "very many";
    const double unit = std::pow(10.0, std::max(0.0, std::floor(std::log10(std::max(x, 1.0))) - 1.0));
    return rounded(std::ceil(x / unit) * unit, 0, std::chars_format::fixed);
}

/// What a fit lacks that ended after `iterations` without having converged. from and to: z at its start and
/// at its end.
[[gnu::cold]] inline std::string missing_remark(const IterateAverage& a,
                                                const std::vector<std::string>& names, double tolerance,
                                                Index iterations, Index least, const Vector& from,
                                                const Vector& to, const Vector& factor) {
    const auto name = [&](Index k) { return names[static_cast<std::size_t>(k)]; };
    const auto path = [&](Index k) {
        return name(k) + " went from " + rounded(from[k] / factor[k], 2) + ", where it started, to " +
               rounded(to[k] / factor[k], 2);
    };
    const Furthest f = furthest(a, tolerance);
    if (!a.definite) {
        Index far = 0;
        for (Index k = 1; k < to.size(); ++k)
            if (!(std::abs(to[k] - from[k]) <= std::abs(to[far] - from[far]))) far = k;
        return "Not converged, and no error is known: the averaged information is not positive definite. "
               "Either there are too few samples, or the parameters have run away: " +
               path(far) + ".";
    }
    if (f.converged())
        return "Not tested: a fit of " + std::to_string(iterations) + " iterations is too short; " +
               std::to_string(std::max<Index>(least - iterations, 0)) + " more.";
    const Index k = f.parameter;
    const std::string error = rounded(a.error[k] / a.sd[k], 2),
                      drift = rounded(std::abs(a.drift[k]) / a.sd[k], 2);
    const auto more = [&](double factor_of_iterations) {
        return whole_two_digits((factor_of_iterations - 1.0) * static_cast<double>(iterations)) +
               " iterations more";
    };
    // Averages forget where they began as 1 / iterations.
    if (!f.drifts && a.unsettled[k] > a.error[k])
        return "Not converged: " + name(k) + " still moves, or is averaged over too curved a maximum: by " +
               rounded(a.unsettled[k] / a.sd[k], 2) + " posterior standard deviations, " +
               rounded(tolerance, 2) + " wanted (Monte Carlo error " + error + ", step left " + drift +
               "). About " + more(2.0) + ".";
    if (!f.drifts)
        return "Not converged: the Monte Carlo error of " + name(k) + " is " + error +
               " posterior standard deviations, " + rounded(tolerance, 2) + " wanted (drift " + drift +
               "). About " + more(f.excess * f.excess) + ", or " + whole_two_digits(f.excess * f.excess) +
               " times the samples.";
    const double allowed = 0.5 * tolerance + 2.0 * a.error[k] / a.sd[k];
    std::string text = "Not converged: " + name(k) + " still moves. The step left is " + drift +
                       " posterior standard deviations, " + rounded(allowed, 2) +
                       " allowed (Monte Carlo error " + error + ")";
    if (std::abs(a.drift[k]) <= a.sd[k]) return text + ". About " + more(2.0) + ".";
    return text + ": the parameters are not those of a maximum, and their errors are too small. " + path(k) +
           ". More iterations, more moves of the chains, or a start that is nearer.";
}

}  // namespace predcg::detail
