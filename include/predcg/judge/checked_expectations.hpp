#pragma once
#include <predcg/judge/checks.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace predcg::detail {

/// Expectations of several statistics at one theta, one component after the other.
struct CheckedExpectations {
    std::vector<std::string> names;
    Vector values;
};

/// E[o | theta] of every statistic, exact where the engine can. Throws ArgumentError for components that a
/// statistic does not have.
template <class Models, class... O>
CheckedExpectations checked_expectations(const Models& models, const Parameters& at, double beta,
                                         std::uint64_t seed, std::uint64_t stream,
                                         const CheckedStatistic<O>&... statistics) {
    CheckedExpectations result;
    std::vector<double> values;
    [[maybe_unused]] const auto add = [&](const auto& statistic) {
        const Vector all = fine_expectation(models, at, beta, statistic.observable,
                                            PredictSettings{.seed = seed, .stream = stream})
                               .mean;
        const Vector wanted = chosen_components(all, statistic.components);
        for (Index c = 0; c < wanted.size(); ++c) {
            values.push_back(wanted[c]);
            result.names.push_back(component_name(statistic, c, wanted.size()));
        }
    };
    (add(statistics), ...);
    result.values = linalg::vector_of(values.data(), values.size());
    return result;
}

}  // namespace predcg::detail
