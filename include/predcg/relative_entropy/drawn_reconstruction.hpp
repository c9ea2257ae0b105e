#pragma once
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/random.hpp>

#include <utility>

namespace predcg {

/// A function f(X, rng) -> x as the sampling half of a map (concept FineSampler), without parameters: enough
/// for predictions.
template <class Fine, class Coarse, class F>
class DrawnReconstruction {
public:
    using fine_type = Fine;
    using coarse_type = Coarse;

    /// f(X, rng) draws a fine configuration.
    explicit DrawnReconstruction(F f) : f_(std::move(f)) {}

    Index parameter_count() const { return 0; }

    Fine sample(const Coarse& X, const Vector&, Philox4x32& rng) const { return f_(X, rng); }

private:
    F f_;
};

}  // namespace predcg
