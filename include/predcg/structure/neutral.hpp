#pragma once
// The factor that changes nothing, and the statistic without components: every structure.
#include <predcg/core/quadratic_form.hpp>
#include <predcg/core/window.hpp>

#include <span>

namespace predcg {

/// L(X) = 1.
struct NeutralFactor {
    template <class X>
    double log_density(const X&) const {
        return 0.0;
    }
    Window window() const { return {}; }
    template <class Letter>
    double local_log_density(Index, std::span<const Letter>) const {
        return 0.0;
    }
    bool translation_invariant() const { return true; }
    Index site_class(Index) const { return 0; }
    Index class_count() const { return 1; }
};

/// A statistic with no components, such as that of a map with nothing to learn.
struct EmptyStatistic {
    Index size() const { return 0; }
    template <class X>
    Eigen::Matrix<double, 0, 1> operator()(const X&) const {
        return {};
    }
    Window window() const { return {}; }
    template <class Letter>
    Eigen::Matrix<double, 0, 1> local(Index, std::span<const Letter>) const {
        return {};
    }
    QuadraticForm quadratic(Index) const { return {}; }
    bool translation_invariant() const { return true; }
    Index site_class(Index) const { return 0; }
    Index class_count() const { return 1; }
};

}  // namespace predcg
