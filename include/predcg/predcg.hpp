#pragma once
// Exact learning and prediction, and the Ising and Gaussian models. Apart from it, to be included where they
// are used: monte_carlo.hpp, structure/autodiff.hpp, learning/online.hpp,
// engines/mean_field.hpp, compare/, statistics/diagnostics.hpp, testing/.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/gaussian.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/gaussian/chain.hpp>
#include <predcg/models/gaussian/coarse_chain.hpp>
#include <predcg/models/gaussian/linear_map.hpp>
#include <predcg/models/gaussian/observables.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/priors/priors.hpp>
#include <predcg/version.hpp>
