#include "files/posterior_json.hpp"

#include "files/agreement.hpp"

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

/// Of rows of equal length.
Matrix matrix_of(const Json& rows) {
    Matrix m(std::ssize(rows), rows.empty() ? 0 : std::ssize(rows[0]));
    for (Index k = 0; k < m.rows(); ++k) {
        const Json& row = rows[static_cast<std::size_t>(k)];
        for (Index column = 0; column < m.cols(); ++column)
            m(k, column) = value_of(row[static_cast<std::size_t>(column)]);
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
        for (const statistics::Diagnostics& d : posterior.diagnostics) list.push_back(d.*member);
        return list;
    };
    json["r_hat"] = each(&statistics::Diagnostics::r_hat);
    json["ess_bulk"] = each(&statistics::Diagnostics::ess_bulk);
    json["ess_tail"] = each(&statistics::Diagnostics::ess_tail);
    json["mcse_mean"] = each(&statistics::Diagnostics::mcse_mean);
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

std::vector<Schema::Field> moments_fields() {
    const Schema numbers = Schema::list(Schema::number_or_null());
    return {{"method", Schema::word(words_of(methods))},
            {"names", Schema::list(Schema::text(), 1'000'000)},
            {"mean", numbers},
            {"sd", numbers},
            {"covariance", Schema::list(Schema::list(Schema::product_or_null()), 1'000'000)}};
}

Schema posterior_schema() {
    const Schema numbers = Schema::list(Schema::number_or_null()),
                 draws = Schema::list(Schema::list(Schema::number()), 1'000'000);  // all of them known
    std::vector<Schema::Field> fields = moments_fields();
    for (Schema::Field field : std::initializer_list<Schema::Field>{
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
             {"draws", draws}})
        fields.push_back(std::move(field));
    return Schema::object(std::move(fields));
}

PosteriorResult posterior_result_from(const Json& json, const Estimate& fit) {
    require_posterior(Part(json, "posterior"), fit);
    PosteriorResult result;
    result.method = word_of(json, "method", methods);
    result.fit = fit;
    result.mean = vector_of(json.at("mean"));
    result.sd = vector_of(json.at("sd"));
    result.covariance = matrix_of(json.at("covariance"));
    result.draws = matrix_of(json.at("draws"));
    result.chains = json.at("chains").get<Index>();
    result.seed = json.at("seed").get<std::uint64_t>();
    const Json& diagnostics = json.at("diagnostics");
    result.reliable = diagnostics.at("reliable").get<bool>();
    result.remarks = diagnostics.at("remarks").get<std::vector<std::string>>();
    if (diagnostics.contains("pareto_k")) result.pareto_k = value_of(diagnostics.at("pareto_k"));
    if (diagnostics.contains("r_hat")) {
        result.acceptance = value_of(diagnostics.at("acceptance"));
        for (std::size_t k = 0; k < json.at("names").size(); ++k) {
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
