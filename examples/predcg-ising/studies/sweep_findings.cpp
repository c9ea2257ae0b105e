// What the sweep shows, computed from its numbers.
#include "studies/sweep_report.hpp"

#include "model/monte_carlo_fit.hpp"
#include "reports/html.hpp"

#include <boost/math/statistics/univariate_statistics.hpp>

#include <predcg/statistics/ranks.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace cli::study {

namespace {

using Values = std::vector<double>;

template <class F>
Values over_points(const SweepResult& result, F&& f) {
    Values values;
    for (const SweepPoint& point : result.points) values.push_back(f(point));
    return values;
}

struct MirrorPairs {
    std::size_t count = 0;
    double mean = 0.0, error = 0.0;  ///< of value(mu) - value(-mu), mu > 0
};

MirrorPairs mirror_pairs(const SweepResult& result, const Values& values) {
    Values differences;
    for (std::size_t i = 0; i < values.size(); ++i)
        for (std::size_t j = 0; j < values.size(); ++j) {
            const double a = result.points[i].field, b = result.points[j].field;
            if (a > 0.0 && std::abs(a + b) < 1e-9) differences.push_back(values[i] - values[j]);
        }
    const Spread spread = spread_of(differences);
    const auto n = static_cast<double>(differences.size());
    return {differences.size(), spread.mean, n > 1.0 ? spread.sd / std::sqrt(n) : 0.0};
}

predcg::Vector vector_of(const Values& values) {
    return Eigen::Map<const predcg::Vector>(values.data(), static_cast<Index>(values.size()));
}

/// Whether a parameter is symmetric in mu and rises with |mu|. A verdict where there are enough fields.
void symmetry_and_rise(const SweepResult& result, const std::string& symbol, const std::string& figure,
                       const Values& values, std::string& caption, std::vector<Conclusion>& conclusions) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    caption = "Model {pair_1}: " + symbol + " lies between " + html_number(*low, 3) + " and " +
              html_number(*high, 3) + ".";
    std::string text;
    const MirrorPairs pairs = mirror_pairs(result, values);
    const bool tested = pairs.count > 2;
    const bool symmetric = std::abs(pairs.mean) <= 2.5 * pairs.error;
    if (tested)
        text += "Its values at &mu; and &minus;&mu; differ by " + html_number(pairs.mean, 3) +
                " on average (standard error " + html_number(pairs.error, 3) + " over " +
                std::to_string(pairs.count) + " pairs of fields), so it is " +
                (symmetric ? "symmetric within the noise of the data. " : "not symmetric. ");
    const Values strength = over_points(result, [](const SweepPoint& p) { return std::abs(p.field); });
    const double rise = predcg::statistics::rank_correlation(vector_of(strength), vector_of(values));
    text += "Its rank correlation with |&mu;| is " + html_number(rise, 2) + ".";
    if (!tested) {
        caption += " " + text;
        return;
    }
    const bool rises = rise > 0.5;
    conclusions.push_back({symbol + " is symmetric in &mu; and rises with |&mu;|",
                           symmetric && rises   ? Verdict::confirmed
                           : symmetric || rises ? Verdict::in_part
                                                : Verdict::contradicted,
                           text, figure});
}

std::string in_words(double field) { return "&mu; = " + html_number(field, 2); }

/// Largest error and relative error over the fields of predictions or data.
std::string errors_of(const SweepResult& result, const std::string& what, const Values& values) {
    const Values truth = over_points(result, [](const SweepPoint& p) { return p.truth; });
    double largest = -1.0, at = 0.0;
    for (std::size_t k = 0; k < values.size(); ++k) {
        const double error = std::abs(values[k] - truth[k]);
        if (error > largest) {
            largest = error;
            at = result.points[k].field;
        }
    }
    std::string text =
        what + ": largest |m &minus; truth| " + html_number(largest, 3) + " at " + in_words(at);
    if (std::any_of(truth.begin(), truth.end(), [](double m) { return m != 0.0; }))
        text += ", relative error over all fields " + percent(relative_error(values, truth));
    return text;
}

std::string of_fields(std::size_t count, const SweepResult& result) {
    return std::to_string(count) + " of " + std::to_string(result.points.size()) + " fields";
}

/// How well predictions of a model meet the truth over the fields.
struct Judged {
    std::size_t misfit = 0, held = 0;  ///< fields
    std::string misfit_fields;
    double largest = 0.0;         ///< |m - truth| at the estimate
    double relative_error = 0.0;  ///< over all fields
};

Judged judged(const SweepResult& result, std::size_t model) {
    Judged judged;
    Values m;
    for (const SweepPoint& p : result.points) {
        const SweepFit& of = p.fits[model];
        m.push_back(of.magnetization.value());
        judged.held += of.band && of.band->holds(p.truth) ? 1 : 0;
        judged.largest = std::max(judged.largest, std::abs(m.back() - p.truth));
        if (!of.misfit->found()) continue;
        judged.misfit_fields += (judged.misfit++ == 0 ? "" : ", ") + html_number(p.field, 2);
    }
    judged.relative_error =
        relative_error(m, over_points(result, [](const SweepPoint& p) { return p.truth; }));
    return judged;
}

/// Predicted and true m coincide, or not.
Conclusion coincide(const SweepResult& result) {
    const Judged pair = judged(result, 0), linear = judged(result, 1);
    const bool banded = result.points.front().fits[0].band.has_value();
    const auto text = [&](const char* name, const Judged& of) {
        std::string sentence =
            std::string("With ") + name + " the largest |m &minus; truth| is " + html_number(of.largest, 3);
        if (banded)
            sentence += ", the " + percent(result.settings.credibility, 0) +
                        " interval of the full posterior holds the truth at " + of_fields(of.held, result);
        return sentence + ", and with " + std::to_string(misfit_samples) +
               " data m still misses the truth, by more than 4 standard errors, at " +
               (of.misfit == 0 ? "no field"
                               : of_fields(of.misfit, result) + " (&mu; = " + of.misfit_fields + ")") +
               ". ";
    };
    // Of 16 true 95 % intervals, fewer than 13 hold with a probability below 1 %.
    const auto holds = [&](const Judged& of) {
        return of.misfit == 0 && (!banded || 16 * of.held >= 13 * result.points.size());
    };
    return {"predicted and true m coincide",
            holds(pair)     ? Verdict::confirmed
            : holds(linear) ? Verdict::in_part
                            : Verdict::contradicted,
            text("{pair_1}, the source's model,", pair) + text("{linear, pair_1}", linear) +
                (!holds(pair) && holds(linear) ? "So {pair_1} misfits, and the linear term mends it." : ""),
            "sweep_magnetization"};
}

Conclusion rival(const SweepResult& result) {
    const Values m = over_points(result,
                                 [](const SweepPoint& p) { return p.relative_entropy.magnetization; }),
                 truth = over_points(result, [](const SweepPoint& p) { return p.truth; });
    const double error = relative_error(m, truth), ours = judged(result, 0).relative_error,
                 linear = judged(result, 1).relative_error;
    constexpr double several = 3.0;
    return {"relative entropy with its reconstruction cannot predict m",
            error > several * ours ? Verdict::confirmed : Verdict::contradicted,
            "The relative error of m over all fields is " + percent(error) + " with relative entropy, " +
                percent(ours) + " with predCG {pair_1} (" + html_number(error / ours, 1) +
                " times smaller) and " + percent(linear) + " with {linear, pair_1} (" +
                html_number(error / linear, 1) +
                " times). Relative entropy knows how coarse spins are "
                "magnetised, but its way back draws fine spins uniformly from all blocks with the right "
                "majority.",
            "sweep_magnetization"};
}

std::string magnetization_list(const SweepResult& result) {
    std::string html =
        "<ul><li>" +
        errors_of(result, "data", over_points(result, [](const SweepPoint& p) { return p.data; })) + ".</li>";
    html +=
        "<li>" +
        errors_of(result, "relative entropy {pair_1}",
                  over_points(result, [](const SweepPoint& p) { return p.relative_entropy.magnetization; })) +
        ".</li>";
    for (std::size_t k = 0; k < sweep_models.size(); ++k) {
        const auto m =
            over_points(result, [k](const SweepPoint& p) { return p.fits[k].magnetization.value(); });
        html += "<li>" + errors_of(result, std::string("predCG ") + sweep_models[k].label, m) + ". ";
        std::size_t far = 0;
        for (const SweepPoint& p : result.points)
            far += std::abs(p.fits[k].magnetization.value() - p.data) > 2.0 * p.data_error ? 1 : 0;
        if (result.settings.samples > 1 && sweep_models[k].engine == Engine::exact)
            html +=
                far == 0
                    ? "It reproduces the mean of the data it learnt from within two standard errors at every "
                      "field."
                    : "It misses the mean of the data it learnt from by more than two standard errors at " +
                          std::to_string(far) + " of " + std::to_string(result.points.size()) +
                          " fields: misfit of the model, not noise.";
        html += "</li>";
    }
    return html + "</ul>";
}

/// How Monte Carlo EM compares with exact EM at every field, in its own errors.
std::string sampled_agreement(const SweepResult& result) {
    std::size_t theta_within = 0, map_within = 0;
    double theta_largest = 0.0, map_largest = 0.0, m_largest = 0.0, m_error = 0.0;
    std::string unfinished;
    const auto within = [](double difference, double error) { return std::abs(difference) <= 2.0 * error; };
    for (const SweepPoint& p : result.points) {
        const IsingFit &exact = p.fits[0].fit, &sampled = p.fits[2].fit;
        const auto& errors = sampled.monte_carlo->standard_errors;
        const double theta = sampled["pair_1"] - exact["pair_1"];
        const double eta = sampled.parameters.eta[0] - exact.parameters.eta[0];
        const auto theta_cf = [](const IsingFit& fit) { return fit.map.theta_cf(fit.parameters.eta); };
        theta_within += within(theta, errors.theta[0]) ? 1 : 0;
        map_within += within(eta, errors.eta[0]) ? 1 : 0;
        theta_largest = std::max(theta_largest, std::abs(theta));
        map_largest = std::max(map_largest, std::abs(theta_cf(sampled) - theta_cf(exact)));
        const auto &m = p.fits[2].magnetization, &m_exact = p.fits[0].magnetization;
        m_largest = std::max(m_largest, std::abs(m.value() - m_exact.value()));
        m_error = std::max(m_error, m.standard_error[0]);
        if (sampled.status == predcg::Status::limit)
            unfinished += (unfinished.empty() ? "" : ", ") + html_number(p.field, 2);
    }
    std::string text =
        "<strong>Monte Carlo EM meets exact EM within two of its own standard errors at " +
        of_fields(theta_within, result) + " in &theta;<sub>1</sub> and at " + of_fields(map_within, result) +
        " in &theta;<sub>cf</sub></strong>; 95 % are expected of normal errors that are stated "
        "rightly. The largest differences are " +
        html_number(theta_largest, 3) + " and " + html_number(map_largest, 4) + ". m, from " +
        std::to_string(sweep_prediction_draws) + " draws, differs from that of exact EM by no more than " +
        html_number(m_largest, 4) + " (standard error of the draws alone: up to " + html_number(m_error, 4) +
        ").";
    if (!unfinished.empty())
        text += " Not settled within " + std::to_string(sampled_iterations) +
                " iterations: &mu; = " + unfinished + ".";
    return text;
}

/// Mean and spread of theta_1 over the second half of a path.
std::string second_half(const std::vector<predcg::TraceEntry>& path) {
    Values theta;
    for (std::size_t t = path.size() / 2; t < path.size(); ++t) theta.push_back(path[t].theta[0]);
    return html_number(boost::math::statistics::mean(theta), 3) + " &plusmn; " +
           html_number(std::sqrt(boost::math::statistics::variance(theta)), 3);
}

std::string paths_in_words(const SweepResult& result) {
    const SweepPoint& point = result.points[result.paths.point];
    return "{pair_1} at " + in_words(point.field) + ": estimates along " +
           std::to_string(SweepPaths::iterations) +
           " iterations. In the second half &theta;<sub>1</sub> is " +
           second_half(result.paths.robbins_monro) + " (mean, standard deviation) with Robbins-Monro and " +
           second_half(result.paths.newton) + " with Newton's steps; exact EM ends at " +
           html_number(point.fits[0].fit["pair_1"], 3) + ".";
}

std::string open_fields(const SweepResult& result, std::size_t model) {
    std::string list;
    std::size_t count = 0;
    for (const SweepPoint& p : result.points) {
        if (p.fits[model].fit.directions.empty()) continue;
        list += (count++ == 0 ? "" : ", ") + html_number(p.field, 2);
    }
    const std::string name = std::string("With ") + sweep_models[model].label;
    if (count == 0) return name + " the data settle all parameters at every field.";
    return name + " a direction is " + direction_kind(result.settings.prior) + " at " +
           std::to_string(count) + " of " + std::to_string(result.points.size()) + " fields (&mu; = " + list +
           ").";
}

}  // namespace

SweepFindings find(const SweepResult& result) {
    const auto of_pair = [&](const char* name) {
        return over_points(result, [name](const SweepPoint& p) { return p.fits[0].fit[name]; });
    };
    const auto theta_cf = over_points(result, [](const SweepPoint& p) {
        const IsingFit& fit = p.fits[0].fit;
        return fit.map.theta_cf(fit.parameters.eta);
    });
    SweepFindings findings;
    symmetry_and_rise(result, "&theta;<sub>c</sub>", "sweep_theta_c", of_pair("pair_1"), findings.theta_c,
                      findings.conclusions);
    symmetry_and_rise(result, "&theta;<sub>cf</sub>", "sweep_theta_cf", theta_cf, findings.theta_cf,
                      findings.conclusions);
    findings.conclusions.push_back(coincide(result));
    findings.conclusions.push_back(rival(result));
    findings.magnetization = magnetization_list(result);
    findings.monte_carlo = sampled_agreement(result);
    findings.paths = paths_in_words(result);
    for (std::size_t k = 0; k < sweep_models.size(); ++k)
        findings.prior += (k == 0 ? "" : " ") + open_fields(result, k);
    return findings;
}

}  // namespace cli::study
