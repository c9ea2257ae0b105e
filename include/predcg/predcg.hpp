#pragma once
// Exact learning and prediction, and the Ising and Gaussian models. Apart from it, to be included where they
// are used: monte_carlo.hpp, algebra/autodiff.hpp (needs Eigen's unsupported modules), em/online.hpp,
// engines/mean_field.hpp, compare/, sampling/diagnostics.hpp, testing/.
#include <predcg/em/em_coarse_grainer.hpp>
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/gaussian.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/gaussian/chain.hpp>
#include <predcg/gaussian/coarse_chain.hpp>
#include <predcg/gaussian/linear_map.hpp>
#include <predcg/gaussian/observables.hpp>
#include <predcg/ising/bernoulli_map.hpp>
#include <predcg/ising/chain.hpp>
#include <predcg/ising/coarse_chain.hpp>
#include <predcg/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/priors/priors.hpp>
#include <predcg/version.hpp>
