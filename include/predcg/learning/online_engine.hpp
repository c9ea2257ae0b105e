#pragma once
// Engines for targets that are new with every configuration.
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/engines/roles.hpp>

#include <algorithm>
#include <array>

namespace predcg::detail {

// For every configuration a new target: an old chain needs as many moves there as a new one.
template <class E>
auto online_latent_engine(const E& engine) {
    if constexpr (HasRefresh<E>) {
        auto settings = engine.settings();
        settings.refresh = std::max(settings.refresh, settings.warm_up);
        return engine.with_settings(settings);
    } else {
        return engine;
    }
}

// p_c gets as many moves as the configurations of a step together, warm-up included.
template <class E>
auto online_coarse_engine(const E& engine, Index batch) {
    if constexpr (HasRefresh<E>) {
        const auto& s = engine.settings();
        return engine.with_samples(batch * (s.samples + s.chains * s.warm_up / s.thinning));
    } else {
        return engine;
    }
}

/// The engines for online learning: those of the user where both are given, else p_c with more samples.
template <class E>
auto online_engine(const E& engine, Index batch) {
    if constexpr (has_roles<E>)
        return EngineRoles{online_latent_engine(engine.latent), engine.coarse};
    else
        return EngineRoles{online_latent_engine(engine), online_coarse_engine(engine, batch)};
}

/// chains, thinning, warm_up, refresh, samples; 0 of an exact engine, and where another engine has no such
/// setting.
template <class Engine>
std::array<Index, 5> lengths_of(const Engine& engine) {
    if constexpr (HasRefresh<Engine>) {
        const auto& s = engine.settings();
        return {s.chains, s.thinning, s.warm_up, s.refresh, s.samples};
    } else if constexpr (ResizableEngine<Engine>) {
        return {0, 0, 0, 0, engine.settings().samples};
    } else {
        return {};
    }
}

}  // namespace predcg::detail
