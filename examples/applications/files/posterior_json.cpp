#include "files/posterior_json.hpp"

#include <cmath>

namespace cli {

using namespace predcg;

namespace {

const Choices<PosteriorMethod> methods{{"full", PosteriorMethod::full},
                                       {"exchange", PosteriorMethod::exchange},
                                       {"laplace-joint", PosteriorMethod::laplace_joint},
                                       {"laplace-slides", PosteriorMethod::laplace_slides}};

Json rows_of(const Matrix& m) {
    Json rows = Json::array();
    for (Index k = 0; k < m.rows(); ++k)
        rows.push_back(m.cols() == 0 ? Json(Json::array()) : list_of(m.row(k)));  // no row of what is empty
    return rows;
}

Matrix matrix_of(const Json& rows, Index row_count) {
    if (static_cast<Index>(rows.size()) != row_count)
        throw InputError("posterior", std::to_string(rows.size()) + " rows", std::to_string(row_count));
    const Index columns = rows.empty() ? 0 : static_cast<Index>(rows[0].size());
    Matrix m(row_count, columns);
    for (Index k = 0; k < row_count; ++k) {
        const Vector row = vector_of(rows[static_cast<std::size_t>(k)]);
        if (row.size() != columns)
            throw InputError("posterior", std::to_string(row.size()) + " numbers in a row",
                             std::to_string(columns));
        for (Index column = 0; column < columns; ++column) m(k, column) = row[column];
    }
    return m;
}

Json diagnostics_of(const PosteriorResult& posterior) {
    Json json{{"reliable", posterior.reliable}, {"remarks", posterior.remarks}};
    if (posterior.pareto_k) json["pareto_k"] = known(*posterior.pareto_k);
    if (posterior.diagnostics.empty()) return json;
    json["acceptance"] = posterior.acceptance;
    const auto each = [&](auto member) {
        Json list = Json::array();
        for (const Diagnostics& d : posterior.diagnostics) list.push_back(d.*member);
        return list;
    };
    json["r_hat"] = each(&Diagnostics::r_hat);
    json["ess_bulk"] = each(&Diagnostics::ess_bulk);
    json["ess_tail"] = each(&Diagnostics::ess_tail);
    json["mcse_mean"] = each(&Diagnostics::mcse_mean);
    return json;
}

/// A number, or, for vectors, an array.
Json scalar_or_list(const Vector& v, bool scalar) { return scalar ? Json(v[0]) : list_of(v); }

}  // namespace

Json checks_json(const std::vector<PredictiveCheck>& checks) {
    Json list = Json::array();
    for (const PredictiveCheck& c : checks)
        list.push_back({{"statistic", c.name},
                        {"data", c.observed},
                        {"replicated_mean", c.replicated_mean},
                        {"replicated_sd", c.replicated_sd},
                        {"z", c.z},
                        {"p_value", c.p_value},
                        {"contradicted", c.contradicted}});
    return list;
}

Json moments_json(const PosteriorResult& posterior) {
    return {{"method", to_string(posterior.method)},
            {"names", posterior.names()},
            {"mean", list_of(posterior.mean)},
            {"sd", list_of(posterior.sd)},
            {"covariance", rows_of(posterior.covariance)}};
}

Json draws_json(const PosteriorResult& posterior, double credibility) {
    return {{"credibility", credibility},
            {"diagnostics", diagnostics_of(posterior)},
            {"seed", posterior.seed},
            {"chains", posterior.chains},
            {"draws", rows_of(posterior.draws)}};
}

void add_interval(Json& json, const CredibleInterval& interval) {
    const bool one = interval.mean.size() == 1;
    json["reliable"] = interval.reliable;
    json["remarks"] = interval.remarks;
    json["lower"] = scalar_or_list(interval.lower, one);
    json["upper"] = scalar_or_list(interval.upper, one);
    json["posterior_mean"] = scalar_or_list(interval.mean, one);
    json["posterior_sd"] = scalar_or_list(interval.sd, one);
    json["monte_carlo_error"] = {{"lower", scalar_or_list(interval.lower_error, one)},
                                 {"upper", scalar_or_list(interval.upper_error, one)},
                                 {"posterior_mean", scalar_or_list(interval.mean_error, one)}};
    if (interval.predictive_lower.size() == 0) return;
    json["predictive_lower"] = scalar_or_list(interval.predictive_lower, one);
    json["predictive_upper"] = scalar_or_list(interval.predictive_upper, one);
}

Schema posterior_schema() {
    const Schema numbers = Schema::list(Schema::number_or_null()),
                 draws = Schema::list(Schema::list(Schema::number()), 1'000'000);  // all of them known
    return Schema::object(
        {{"method", Schema::word(words_of(methods))},
         {"names", Schema::list(Schema::text(), 1'000'000)},
         {"mean", numbers},
         {"sd", numbers},
         {"covariance", Schema::list(Schema::list(Schema::product_or_null()), 1'000'000)},
         {"credibility", Schema::number(0.0, 1.0)},
         {"diagnostics", Schema::object({{"reliable", Schema::boolean()},
                                         {"remarks", Schema::list(Schema::text(), 1000)},
                                         Schema::optional("pareto_k", Schema::number_or_null()),
                                         Schema::optional("acceptance", Schema::number_or_null()),
                                         Schema::optional("r_hat", numbers),
                                         Schema::optional("ess_bulk", numbers),
                                         Schema::optional("ess_tail", numbers),
                                         Schema::optional("mcse_mean", numbers)})},
         {"seed", Schema::seed()},
         {"chains", Schema::integer(1, 1'000'000)},
         {"draws", draws}});
}

PosteriorResult posterior_result_from(const Json& json, const Estimate& fit) {
    PosteriorResult result;
    const auto method = json.at("method").get<std::string>();
    bool known = false;
    for (const auto& [word, meaning] : methods)
        if (word == method) {
            result.method = meaning;
            known = true;
        }
    if (!known)
        throw InputError("posterior method", in_quotes(method), "full, laplace-joint, laplace-slides");
    result.fit = fit;
    const Index size = fit.parameters.theta.size() + fit.parameters.eta.size();
    result.mean = vector_of(json.at("mean"));
    result.sd = vector_of(json.at("sd"));
    for (const Vector* of : {&result.mean, &result.sd})
        if (of->size() != size)
            throw InputError("posterior", std::to_string(of->size()) + " means or sd", std::to_string(size));
    result.covariance = matrix_of(json.at("covariance"), size);
    result.draws = matrix_of(json.at("draws"), size);
    result.chains = json.at("chains").get<Index>();
    if (result.chains < 1 || result.draws.cols() % result.chains != 0)
        throw InputError("chains", std::to_string(result.chains),
                         "a divisor of the " + std::to_string(result.draws.cols()) + " draws");
    result.seed = json.at("seed").get<std::uint64_t>();
    const Json& diagnostics = json.at("diagnostics");
    result.reliable = diagnostics.at("reliable").get<bool>();
    result.remarks = diagnostics.at("remarks").get<std::vector<std::string>>();
    if (diagnostics.contains("pareto_k")) result.pareto_k = value_of(diagnostics.at("pareto_k"));
    if (diagnostics.contains("r_hat")) {
        result.acceptance = value_of(diagnostics.at("acceptance"));
        for (std::size_t k = 0; k < static_cast<std::size_t>(size); ++k) {
            const auto at = [&](const char* key) { return value_of(diagnostics.at(key).at(k)); };
            result.diagnostics.push_back({result.mean[static_cast<Index>(k)],
                                          result.sd[static_cast<Index>(k)], at("mcse_mean"), at("r_hat"),
                                          at("ess_bulk"), at("ess_tail")});
        }
    }
    return result;
}

Json json_of(const EffectiveData& data) {
    Json times = Json::object();
    for (std::size_t k = 0; k < data.names.size(); ++k)
        times[data.names[k]] = data.autocorrelation_times[static_cast<Index>(k)];
    return {{"samples", data.count}, {"effective_samples", data.effective}, {"autocorrelation_times", times}};
}

}  // namespace cli
