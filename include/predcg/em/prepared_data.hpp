#pragma once
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/error.hpp>

#include <concepts>
#include <cstddef>
#include <map>
#include <ranges>
#include <utility>
#include <vector>

namespace predcg {

/// Data as a map prepared them. Data whose prepared forms are equal have the same q(X|x): they are kept
/// once, with their number as weight (prepared forms that can be ordered; others are kept one by one).
template <class Form>
struct PreparedData {
    std::vector<Form> forms;
    std::vector<double> weights;
    std::vector<Index> all;  ///< 0..forms.size()-1: the batch of everything
    double count = 0.0;      ///< sum of weights
    double beta = 0.0;       ///< inverse temperature of the samples
};

/// Prepares any range of configurations. Throws ArgumentError for an empty range, beta that is not a
/// number > 0, or whatever the map refuses; the message says which datum.
template <ProbabilisticMap M, std::ranges::input_range Data>
PreparedData<prepared_t<M>> prepare_data(const M& map, const Data& data, double beta) {
    using Form = prepared_t<M>;
    require_positive(beta, "prepare_data", "beta");
    PreparedData<Form> prepared;
    prepared.beta = beta;
    const auto append = [&](Form form) {
        prepared.forms.push_back(std::move(form));
        prepared.weights.push_back(1.0);
        prepared.all.push_back(static_cast<Index>(prepared.all.size()));
    };
    if constexpr (std::totally_ordered<Form>) {
        std::map<Form, std::size_t> places;
        for (const auto& x : data) {
            const auto [at, is_new] = places.try_emplace(detail::prepare(map, x), prepared.forms.size());
            if (is_new)
                append(at->first);
            else
                prepared.weights[at->second] += 1.0;
            prepared.count += 1.0;
        }
    } else {
        for (const auto& x : data) {
            append(detail::prepare(map, x));
            prepared.count += 1.0;
        }
    }
    require(prepared.count > 0.0, "prepare_data", "number of data", prepared.count, "at least one");
    return prepared;
}

}  // namespace predcg
