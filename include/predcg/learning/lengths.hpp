#pragma once
// Vectors of the models that are not as long as what they belong to are refused before any work.
#include <predcg/concepts/statistic.hpp>
#include <predcg/core/error.hpp>
#include <predcg/core/random.hpp>
#include <predcg/learning/map_in_learning.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <span>
#include <string_view>
#include <vector>

namespace predcg::detail {

/// Throws ArgumentError where vector() is not `expected` long. A member that throws where it is looked at
/// once says nothing: a fit need not get there.
template <class F>
void require_length(std::string_view member, Index expected, std::string_view what, const F& length_of) {
    Index length = expected;
    try {
        length = length_of();
    } catch (const std::exception&) {
        return;
    }
    require_equal(length, expected, "LearningProblem", member, what);
}

/// The same of a p x p matrix.
template <class F>
void require_square(std::string_view member, Index expected, const F& matrix) {
    require_length(member, expected, "parameter_count()", [&]() -> Index {
        const Matrix m = matrix();
        return m.rows() == expected ? m.cols() : m.rows();
    });
}

/// A window of a finite space's letters, all the same, as wide as those of a sum over windows.
template <class Space>
std::vector<letter_t<Space>> any_window(const Space& space, const Window& window) {
    const Index width = std::max<Index>(0, std::min<Index>(window.width, space.size()));
    std::vector<letter_t<Space>> letters;
    for (const auto letter : space.values()) letters.assign(static_cast<std::size_t>(width), letter);
    return letters;
}

/// Throws ArgumentError where derivatives by theta, of whole configurations and of windows, are not
/// parameter_count() long. Cost: each of them once.
template <LearnablePotential U>
[[gnu::cold]] void require_lengths_of_potential(const U& u, const Vector& theta) {
    const Index p = u.parameter_count();
    constexpr const char* count = "parameter_count()";
    const auto& space = u.space();  // may be a value
    using X = configuration_t<space_t<U>>;
    const auto at_random = [&]() -> X {
        auto rng = make_stream(0, Purpose::blank, 3);
        return space.random(rng);
    };
    if constexpr (LinearCoarsePotential<U>)
        require_length("length of features(X)", p, count,
                       [&] { return Index(u.features(at_random()).size()); });
    else
        require_length("length of parameter_gradient(X, theta)", p, count,
                       [&] { return Index(u.parameter_gradient(at_random(), theta).size()); });
    if constexpr (!LinearCoarsePotential<U> && HasParameterHessian<U>)
        require_square("rows or columns of parameter_hessian(X, theta)", p,
                       [&]() -> Matrix { return u.parameter_hessian(at_random(), theta); });
    if constexpr (ChainCoarsePotential<U>) {
        using Letter = letter_t<space_t<U>>;
        const auto letters = any_window(space, u.window());
        const std::span<const Letter> w(letters);
        if constexpr (HasLocalFeatures<U>)
            require_length("length of local_features(i, w)", p, count,
                           [&] { return Index(u.local_features(0, w).size()); });
        if constexpr (HasLocalParameterGradient<U>)
            require_length("length of local_parameter_gradient(i, w, theta)", p, count,
                           [&] { return Index(u.local_parameter_gradient(0, w, theta).size()); });
        if constexpr (HasLocalParameterHessian<U>)
            require_square("rows or columns of local_parameter_hessian(i, w, theta)", p,
                           [&]() -> Matrix { return u.local_parameter_hessian(0, w, theta); });
    }
}

/// Throws ArgumentError where the map's sufficient statistic of a prepared datum is not as long as its size()
/// says, or derivatives by eta are not parameter_count() long. Cost: each of them once.
template <class Map, class Space>
[[gnu::cold]] void
require_lengths_of_map([[maybe_unused]] const Map& map, [[maybe_unused]] const prepared_t<Map>& x,
                       [[maybe_unused]] const Space& space, [[maybe_unused]] const Vector& eta) {
    if constexpr (StatisticMap<Map>) {
        const Index m = map.parameter_count();
        const auto statistic = map.sufficient_statistic(x);
        const Index size = statistic.size();
        constexpr const char* own_size = "its size()";
        Vector T = Vector::Zero(size);
        require_length("length of sufficient_statistic(x)(X)", size, own_size, [&] {
            auto rng = make_stream(0, Purpose::blank, 3);
            const typename Map::coarse_type X = space.random(rng);
            T = statistic(X);
            return T.size();
        });
        if constexpr (FiniteSpace<Space>)
            if constexpr (ChainStatistic<decltype(statistic), letter_t<Space>>) {
                const auto letters = any_window(space, statistic.window());
                const std::span<const letter_t<Space>> w(letters);
                require_length("length of sufficient_statistic(x).local(i, w)", size, own_size,
                               [&] { return Index(statistic.local(0, w).size()); });
            }
        if constexpr (ScoredMap<Map>)
            require_length("size() of score(x, eta)", m, "parameter_count()",
                           [&] { return Index(map.score(x, eta).size()); });
        require_length("length of the gradient of expected_log_density", m, "parameter_count()",
                       [&] { return Expansion(map.expected_log_density(T, 1.0, eta)).gradient.size(); });
        require_square("rows or columns of the hessian of expected_log_density", m,
                       [&]() -> Matrix { return Expansion(map.expected_log_density(T, 1.0, eta)).hessian; });
    }
}

}  // namespace predcg::detail
