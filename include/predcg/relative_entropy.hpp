#pragma once
// Relative entropy minimisation and its kin (inverse Monte Carlo, iterative Boltzmann inversion), with the
// deterministic maps and reconstructions of the two models. Beside predcg.hpp; sampled moments want
// monte_carlo.hpp, too.
#include <predcg/models/gaussian/block_average.hpp>
#include <predcg/models/ising/majority_map.hpp>
#include <predcg/models/ising/majority_reconstruction.hpp>
#include <predcg/relative_entropy/divergence.hpp>
#include <predcg/relative_entropy/relative_entropy.hpp>
