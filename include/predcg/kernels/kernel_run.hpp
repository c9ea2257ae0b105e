#pragma once
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/concepts/sampler.hpp>

#include <utility>

namespace predcg::detail {

template <class K>
struct kernel_state {
    using type = NoState;
};
template <class K>
    requires requires { typename K::State; }
struct kernel_state<K> {
    using type = typename K::State;
};

/// What a kernel remembers of one chain: its tuning, or nothing.
template <class K>
using kernel_state_t = typename kernel_state<K>::type;

/// A kernel at work on one target: prepared once, if it can be, and moving any number of chains.
template <class K, Target T>
    requires Sampler<K, T>
class KernelRun {
    using Configuration = configuration_t<space_t<T>>;
    static constexpr bool prepares = requires(const K k, const T t) { k.prepare(t); };
    static constexpr bool tunes = requires { typename K::State; };

    static auto prepared(const K& kernel, const T& target) {
        if constexpr (prepares)
            return kernel.prepare(target);
        else
            return &target;
    }

public:
    KernelRun(const K& kernel, const T& target) : kernel_(kernel), prepared_(prepared(kernel, target)) {}

    template <RandomBits R>
    void advance(Configuration& X, kernel_state_t<K>& state, R& rng) {
        if constexpr (prepares && tunes)
            kernel_.advance_prepared(prepared_, X, state, rng);
        else if constexpr (prepares)
            kernel_.advance_prepared(prepared_, X, rng);
        else if constexpr (tunes)
            kernel_.advance(*prepared_, X, state, rng);
        else
            kernel_.advance(*prepared_, X, rng);
    }

    /// A move of warm-up: tunes where the kernel can.
    template <RandomBits R>
    void warm_up(Configuration& X, kernel_state_t<K>& state, R& rng) {
        if constexpr (requires { kernel_.adapt_prepared(prepared_, X, state, rng); })
            kernel_.adapt_prepared(prepared_, X, state, rng);
        else
            advance(X, state, rng);
    }

private:
    K kernel_;
    decltype(prepared(std::declval<const K&>(), std::declval<const T&>())) prepared_;
};

}  // namespace predcg::detail
