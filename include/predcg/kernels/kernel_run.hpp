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
    requires HasKernelState<K>
struct kernel_state<K> {
    using type = typename K::State;
};

/// What a kernel remembers of one chain: its tuning, or nothing.
template <class K>
using kernel_state_t = typename kernel_state<K>::type;

/// A kernel at work on one target: setup once, if it can be, and moving any number of chains.
template <class K, Target T>
    requires Sampler<K, T>
class KernelRun {
    using Configuration = configuration_t<space_t<T>>;
    static constexpr bool sets_up = SetsUp<K, T>;
    static constexpr bool tunes = HasKernelState<K>;

    template <bool asked>
    static constexpr bool advances() {
        if constexpr (asked)
            return AdvancesWith<K, T>;
        else
            return true;
    }
    static_assert(
        advances<sets_up>(),
        "predcg: setup(target) of a kernel goes with advance_with(made, X, rng), which takes what setup "
        "made; of a kernel with a State, advance_with(made, X, state, rng)");
    static_assert(
        !ClaimsAdapt<K> || Adapts<K, T>,
        "predcg: adapt_with(made, X, state, rng) of a kernel would be passed over: it goes with State "
        "and setup(target), and takes what setup made");

    static auto setup(const K& kernel, const T& target) {
        if constexpr (sets_up)
            return kernel.setup(target);
        else
            return &target;
    }

public:
    KernelRun(const K& kernel, const T& target) : kernel_(kernel), setup_(setup(kernel, target)) {}

    template <RandomBits R>
    void advance(Configuration& X, kernel_state_t<K>& state, R& rng) {
        if constexpr (sets_up && tunes)
            kernel_.advance_with(setup_, X, state, rng);
        else if constexpr (sets_up)
            kernel_.advance_with(setup_, X, rng);
        else if constexpr (tunes)
            kernel_.advance(*setup_, X, state, rng);
        else
            kernel_.advance(*setup_, X, rng);
    }

    /// A move of warm-up: tunes where the kernel can.
    template <RandomBits R>
    void warm_up(Configuration& X, kernel_state_t<K>& state, R& rng) {
        if constexpr (Adapts<K, T>)
            kernel_.adapt_with(setup_, X, state, rng);
        else
            advance(X, state, rng);
    }

private:
    K kernel_;
    decltype(setup(std::declval<const K&>(), std::declval<const T&>())) setup_;
};

}  // namespace predcg::detail
