#pragma once
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/error.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <map>
#include <ranges>
#include <span>
#include <type_traits>
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

namespace detail {
/// Throws ArgumentError where the map knows that a prepared datum belongs to another number of coarse sites.
template <class Map, class Form>
void require_coarse_size(const Map& map, const Form& form, Index coarse_size, const char* function) {
    if constexpr (requires { map.coarse_size(form); })
        require_equal(map.coarse_size(form), coarse_size, function, "coarse size of a datum under the map",
                      "the size of the coarse potential");
}
}  // namespace detail

/// Prepares any range of configurations; `weights` are one a datum, or absent for 1 each. Throws
/// ArgumentError for an empty range, beta that is not a number > 0, weights that are not finite or < 0 or
/// not as many as the data, or whatever the map refuses.
template <ProbabilisticMap M, std::ranges::input_range Data>
[[gnu::cold]] PreparedData<prepared_t<M>> prepare_data(const M& map, const Data& data, double beta,
                                                       std::span<const double> weights = {}) {
    using Form = prepared_t<M>;
    require_positive(beta, "prepare_data", "beta");
    for (const double w : weights)
        require(std::isfinite(w) && w >= 0.0, "prepare_data", "weight", w, "a finite number >= 0");
    PreparedData<Form> prepared;
    prepared.beta = beta;
    const auto append = [&](Form form, double weight) {
        prepared.forms.push_back(std::move(form));
        prepared.weights.push_back(weight);
        prepared.all.push_back(static_cast<Index>(prepared.all.size()));
    };
    std::conditional_t<std::totally_ordered<Form>, std::map<Form, std::size_t>, int> places{};
    std::size_t read = 0;
    for (const auto& x : data) {
        if (!weights.empty() && read == weights.size()) {
            ++read;  // more data than weights: refused below
            break;
        }
        const double weight = weights.empty() ? 1.0 : weights[read];
        ++read;
        if (weight == 0.0) continue;
        prepared.count += weight;
        if constexpr (std::totally_ordered<Form>) {
            const auto [at, is_new] = places.try_emplace(detail::prepare(map, x), prepared.forms.size());
            if (is_new)
                append(at->first, weight);
            else
                prepared.weights[at->second] += weight;
        } else {
            append(detail::prepare(map, x), weight);
        }
    }
    if (!weights.empty())
        require_equal(static_cast<Index>(read), static_cast<Index>(weights.size()), "prepare_data",
                      "number of data", "the number of weights");
    require(prepared.count > 0.0, "prepare_data", "number of data", prepared.count, "at least one");
    return prepared;
}

namespace detail {
/// Data as they are, where they are prepared already; else prepared. Throws ArgumentError for data of another
/// inverse temperature.
template <class Grainer>
const typename Grainer::Data& as_prepared(const Grainer&, const typename Grainer::Data& data, double beta) {
    require(data.beta == beta, "prepared data", "beta", data.beta,
            "that of the fit or of the call, " + to_text(beta));
    return data;
}
template <class Grainer, std::ranges::input_range Range>
typename Grainer::Data as_prepared(const Grainer& grainer, const Range& configurations, double beta) {
    return grainer.prepare(configurations, beta);
}
}  // namespace detail

}  // namespace predcg
