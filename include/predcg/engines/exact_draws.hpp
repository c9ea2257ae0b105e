#pragma once
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/engines/exact.hpp>

namespace predcg {

/// Independent exact draws as a kernel: the old X is ignored. Engine defaults to the exact one that suits
/// the target's structure; setup(target) pays for it once.
template <class Engine = void>
struct ExactDraws {
    template <Target T>
    auto setup(const T& target) const {
        if constexpr (std::is_void_v<Engine>)
            return exact_engine_t<T>{}.sampler(target);
        else
            return Engine{}.sampler(target);
    }

    template <Target T, RandomBits R>
    void advance(const T& target, configuration_t<space_t<T>>& X, R& rng) const {
        auto made = setup(target);
        X = made.draw(rng);
    }

    template <class Setup, class X, RandomBits R>
    void advance_with(Setup& sampler, X& configuration, R& rng) const {
        configuration = sampler.draw(rng);
    }
};

}  // namespace predcg
