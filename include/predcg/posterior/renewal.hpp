#pragma once
#include <predcg/concepts/policies_passed_over.hpp>
#include <predcg/kernels/kernel_run.hpp>

#include <type_traits>
#include <utility>

namespace predcg::detail {

template <class Engine>
struct engine_kernel {
    using State = NoState;
};
template <KernelEngine Engine>
struct engine_kernel<Engine> {
    using type = std::remove_cvref_t<decltype(std::declval<const Engine&>().kernel())>;
    using State = kernel_state_t<type>;
};

/// New configurations of a target: exact draws where the engine has them, else moves of its kernel from the
/// old ones. A view of the target.
template <class Engine, Target T>
class Renewal {
    using Configuration = configuration_t<space_t<T>>;

public:
    using State = typename engine_kernel<Engine>::State;
    static constexpr bool exact = DrawingEngineParts<Engine, T>::asked && SamplingEngine<Engine, T>;

    Renewal(const Engine& engine, const T& target) : source_(source(engine, target)) {}

    template <RandomBits R>
    void operator()(Configuration& X, [[maybe_unused]] State& state, [[maybe_unused]] Index moves,
                    [[maybe_unused]] bool tune, R& rng) {
        if constexpr (exact)
            X = source_.draw(rng);
        else if constexpr (KernelEngine<Engine>)
            for (Index k = 0; k < moves; ++k)
                tune ? source_.warm_up(X, state, rng) : source_.advance(X, state, rng);
    }

private:
    static auto source(const Engine& engine, const T& target) {
        static_assert(
            exact || KernelEngine<Engine>,
            "predcg: exchange_posterior needs engines that draw configurations (sampler(target)) or "
            "have a kernel, for q(X|x) and for p_c");
        if constexpr (exact)
            return engine.sampler(target);
        else if constexpr (KernelEngine<Engine>)
            return KernelRun<typename engine_kernel<Engine>::type, T>(engine.kernel(), target);
        else
            return NoState{};
    }

    decltype(source(std::declval<const Engine&>(), std::declval<const T&>())) source_;
};

}  // namespace predcg::detail
