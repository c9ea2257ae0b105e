#pragma once
// Fits whose expectations are sampled: the engine, its kernels, the optimizers for noisy gradients and the
// iterations that follow them. Beside predcg.hpp, which exact fits need alone.
#include <predcg/em/em_coarse_grainer.hpp>
#include <predcg/em/stochastic_run.hpp>
#include <predcg/engines/monte_carlo.hpp>
#include <predcg/optimize/robbins_monro.hpp>
#include <predcg/sampling/exact_kernel.hpp>
#include <predcg/sampling/hamiltonian.hpp>
#include <predcg/sampling/random_walk.hpp>
#include <predcg/sampling/single_site.hpp>
