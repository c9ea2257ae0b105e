#pragma once
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/random.hpp>

#include <utility>

namespace predcg {

/// A function f(X, rng) -> x as a probabilistic map without parameters: enough for predictions by sampling.
template <class Fine, class Coarse, class F>
class DrawnReconstruction {
public:
    using fine_type = Fine;
    using coarse_type = Coarse;

    explicit DrawnReconstruction(F f) : f_(std::move(f)) {}

    Index parameter_count() const { return 0; }

    struct Unknown {
        template <class X>
        double log_density(const X&) const {
            static_assert(sizeof(X) == 0,
                          "predcg: a reconstruction given as a function can draw x, but has no likelihood");
            return 0.0;
        }
    };
    Unknown likelihood(const Fine&, const Vector&) const { return {}; }

    Fine sample(const Coarse& X, const Vector&, Philox4x32& rng) const { return f_(X, rng); }

private:
    F f_;
};

}  // namespace predcg
