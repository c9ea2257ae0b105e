#include "files/agreement.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"

#include <algorithm>
#include <cmath>

namespace cli {

using namespace predcg;

namespace {

constexpr double rounding = 1e-9;

bool agree(double a, double b, double scale) { return std::abs(a - b) <= rounding * scale; }

struct Moments {
    double mean, variance;
};

Moments moments_of(const Json& row) {
    const auto count = static_cast<double>(row.size());
    double sum = 0.0, squares = 0.0;
    for (const Json& x : row) sum += x.get<double>();
    const double mean = sum / count;
    for (const Json& x : row) squares += (x.get<double>() - mean) * (x.get<double>() - mean);
    return {mean, squares / (count - 1.0)};
}

/// Rows as long as the first, one for each name; how long.
std::size_t require_rows(const Part& rows, std::size_t count) {
    rows.require_size(count, "names");
    const std::size_t columns = count == 0 ? 0 : rows.value()[0].size();
    for (std::size_t k = 0; k < count; ++k) rows.at(k).require_size(columns, rows.place() + "[0]");
    return columns;
}

void require_covariance(const Part& covariance, const Json& sd) {
    const std::size_t size = sd.size();
    if (require_rows(covariance, size) != size && size > 0) covariance.at(0).require_size(size, "names");
    const auto of = [&](std::size_t k, std::size_t l) { return value_of(covariance.value()[k][l]); };
    for (std::size_t k = 0; k < size; ++k) {
        const Part row = covariance.at(k);
        const double own = value_of(sd[k]), variance = own * own;
        if (sd[k].is_null())
            row.at(k).require(row.value()[k].is_null(), "null, as sd is");
        else
            row.at(k).require(agree(of(k, k), variance, variance),
                              text_of(variance) + ", the square of sd[" + std::to_string(k) + "]");
        for (std::size_t l = 0; l < k; ++l) {
            const double scale = own * value_of(sd[l]);
            if (row.value()[l].is_null() || covariance.value()[l][k].is_null()) {
                row.at(l).require(row.value()[l] == covariance.value()[l][k], "null, as on the other side");
            } else {
                row.at(l).require(agree(of(k, l), of(l, k), std::max(std::abs(of(k, l)), scale)),
                                  text_of(of(l, k)) + ", as [" + std::to_string(l) + "][" +
                                      std::to_string(k) + "] is");
                row.at(l).require(!(std::abs(of(k, l)) > scale * (1.0 + rounding)),
                                  "at most the product of both sd, " + text_of(scale));
            }
        }
    }
}

/// Mean and sd against the draws of each parameter.
void require_moments_of_draws(const Part& posterior, const Estimate& fit, bool is_normal) {
    const Json& draws = posterior.at("draws").value();
    const Vector mode = linalg::joined(fit.parameters.theta, fit.parameters.eta);
    const Part means = posterior.at("mean"), sds = posterior.at("sd");
    for (std::size_t k = 0; k < draws.size(); ++k) {
        const double mean = value_of(means.value()[k]), sd = value_of(sds.value()[k]);
        const double at_mode = mode[static_cast<Index>(k)];
        const std::string of = "posterior.draws[" + std::to_string(k) + "]";
        const bool normal = is_normal && agree(mean, at_mode, std::max(std::abs(at_mode), sd));
        if (draws[k].empty()) {
            means.at(k).require(normal || !is_normal, text_of(at_mode) + ", the estimate");
            continue;
        }
        const Moments found = moments_of(draws[k]);
        const double scale = std::max({std::abs(mean), std::abs(found.mean), std::sqrt(found.variance)});
        if (normal) {  // walls of the prior move the draws by less than one sd
            const double most =
                (1.0 + 8.0 / std::sqrt(static_cast<double>(draws[k].size()))) * sd + rounding * scale;
            means.at(k).require(std::abs(found.mean - mean) <= most, "a number at most " + text_of(most) +
                                                                         " from " + text_of(found.mean) +
                                                                         ", the mean of " + of);
            continue;
        }
        means.at(k).require(agree(mean, found.mean, scale),
                            text_of(found.mean) + ", the mean of " + of +
                                (is_normal ? ", or the estimate " + text_of(at_mode) : ""));
        sds.at(k).require(agree(sd, std::sqrt(found.variance), scale),
                          text_of(std::sqrt(found.variance)) + ", that of " + of);
    }
}

}  // namespace

Part Part::at(const std::string& key) const {
    const std::string there = place_ + (place_.empty() ? "" : ".") + key;
    if (!has(key)) throw InputError(there, "absent", "a value");
    return Part((*value_)[key], there);
}

Part Part::at(std::size_t k) const { return Part((*value_)[k], place_ + "[" + std::to_string(k) + "]"); }

void Part::require(bool holds, const std::string& allowed) const {
    if (!holds) throw InputError(place_, shortened(*value_), allowed);
}

void Part::require_size(std::size_t size, const std::string& of) const {
    require(value_->is_array() && value_->size() == size,
            "a list of " + std::to_string(size) + ", as " + of + " has");
}

void Part::require_names(const std::vector<std::string>& names) const {
    require_size(names.size(), "the model");
    for (std::size_t k = 0; k < names.size(); ++k)
        if ((*value_)[k] != names[k]) at(k).require(false, in_quotes(names[k]) + ", as the model has");
}

void Part::require_keys(const std::vector<std::string>& names) const {
    require(value_->is_object(), "an object");
    for (const std::string& name : names) (void)at(name);
    if (value_->size() == names.size()) return;
    for (const auto& [key, value] : value_->items())
        if (std::find(names.begin(), names.end(), key) == names.end())
            at(key).require(false, "nothing: the model has no " + in_quotes(key));
}

void Part::require_numbers(const std::vector<std::string>& names) const {
    require_keys(names);
    for (const std::string& name : names) at(name).require((*value_)[name].is_number(), "a finite number");
}

void Part::require_count(Index count, const std::string& of) const {
    require(value_->is_number_integer() && *value_ == count, std::to_string(count) + ", as " + of + " says");
}

void Part::require_number(double expected, const std::string& of) const {
    require(value_->is_number() && agree(value_->get<double>(), expected, std::abs(expected)),
            text_of(expected) + ", as " + of + " says");
}

void Part::require_within(double least, double most) const {
    if (value_->is_array()) {
        for (std::size_t k = 0; k < value_->size(); ++k) {
            const Json& one = (*value_)[k];
            if (one.is_null() || (one.is_number() && one.get<double>() >= least - rounding &&
                                  one.get<double>() <= most + rounding))
                continue;
            at(k).require(false, "a number from " + text_of(least) + " to " + text_of(most));
        }
        return;
    }
    const double x = value_->is_number() ? value_->get<double>() : least;
    require((value_->is_null() || value_->is_number()) && x >= least - rounding && x <= most + rounding,
            "a number from " + text_of(least) + " to " + text_of(most));
}

void require_moments(const Part& posterior, const std::vector<std::string>& names) {
    posterior.at("names").require_names(names);
    for (const char* key : {"mean", "sd"}) posterior.at(key).require_size(names.size(), "names");
    const Part sd = posterior.at("sd");
    for (std::size_t k = 0; k < names.size(); ++k)
        if (const Json& one = sd.value()[k]; !one.is_null())
            sd.at(k).require(one.is_number() && one.get<double>() >= 0.0, "a number >= 0, or null");
    require_covariance(posterior.at("covariance"), sd.value());
}

void require_posterior(const Part& posterior, const Estimate& fit) {
    std::vector<std::string> names = fit.coarse_names;
    names.insert(names.end(), fit.map_names.begin(), fit.map_names.end());
    require_moments(posterior, names);
    const Part credibility = posterior.at("credibility"), chains = posterior.at("chains"),
               draws = posterior.at("draws"), diagnostics = posterior.at("diagnostics");
    credibility.require(credibility.value() > 0.0 && credibility.value() < 1.0, "a number between 0 and 1");
    const std::size_t count = require_rows(draws, names.size());
    const auto of_chains = chains.value().get<std::size_t>();
    chains.require(count % of_chains == 0, "a divisor of the " + std::to_string(count) + " draws");
    draws.require(count == 0 || names.empty() || count / of_chains >= 4,
                  "at least 4 draws of each chain, or none");
    const Part reliable = diagnostics.at("reliable");
    reliable.require(count > 0 || names.empty() || reliable.value() == false, "false, as there are no draws");
    if (diagnostics.has("acceptance")) diagnostics.at("acceptance").require_within(0.0, 1.0);
    if (diagnostics.has("r_hat")) {
        (void)diagnostics.at("acceptance");
        for (const char* key : {"r_hat", "ess_bulk", "ess_tail", "mcse_mean"})
            diagnostics.at(key).require_size(names.size(), "names");
    }
    const std::string method = posterior.at("method").value().get<std::string>();
    require_moments_of_draws(posterior, fit, method.starts_with("laplace"));
}

}  // namespace cli
