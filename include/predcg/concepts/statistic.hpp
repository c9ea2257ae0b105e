#pragma once
#include <predcg/concepts/target.hpp>
#include <predcg/core/moments.hpp>

namespace predcg {

/// A vector-valued function of a configuration whose moments an engine can be asked for.
template <class S, class X>
concept Statistic = requires(const S s, const X& x) {
    { s.size() } -> std::convertible_to<Index>;  // length of the vector, before any configuration is seen
    { s(x) } -> VectorLike;
};

/// s(X) = sum_i local(i, w_i): exact by transfer matrix.
template <class S, class Letter>
concept ChainStatistic = HasWindow<S> && requires(const S s, Index i, std::span<const Letter> w) {
    { s.size() } -> std::convertible_to<Index>;
    { s.local(i, w) } -> VectorLike;
};

/// A chain statistic that counts: at the windows of site i it adds 1 to the components for_each_cell(i, w, f)
/// calls f with, at most most_cells() of them. Engines add probabilities there and tabulate nothing.
template <class S>
concept CellStatistic = requires(const S s) {
    requires S::counts_cells;
    { s.most_cells() } -> std::convertible_to<Index>;
};

/// Every component is a quadratic form: exact in the Gaussian engine.
template <class S>
concept QuadraticStatistic = requires(const S s, Index k) {
    { s.size() } -> std::convertible_to<Index>;
    { s.quadratic(k) } -> std::convertible_to<QuadraticForm>;
};

/// First and second moments of numbers x given a configuration X, E[x_i|X] and E[x_i x_j|X], for all i, j.
template <class G, class X>
concept ConditionalMoments = requires(const G given, const X& configuration) {
    { given.size() } -> std::convertible_to<Index>;  // how many x there are
    { given(configuration) } -> std::convertible_to<SiteMoments>;
};

}  // namespace predcg
