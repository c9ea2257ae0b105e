#pragma once
// Fits whose expectations are sampled: the engine, its kernels, the optimizers for noisy gradients and the
// iterations that follow them. Beside predcg.hpp, which exact fits need alone.
#include <predcg/engines/exact_draws.hpp>
#include <predcg/engines/monte_carlo.hpp>
#include <predcg/kernels/hamiltonian.hpp>
#include <predcg/kernels/random_walk.hpp>
#include <predcg/kernels/single_site.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/learning/sampled_fit.hpp>
#include <predcg/optimize/robbins_monro.hpp>
#include <predcg/optimize/stochastic_newton.hpp>
