#pragma once
// A posterior that is known: independent Ising sites in a field theta / 2, theta normal. m rises with theta,
// so that intervals of m are those of theta.
#include <predcg/core/random.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/posterior/posterior.hpp>

#include <utility>

namespace support {

inline auto sites_in_a_field() { return predcg::ising::coarse_chain({.sites = 2, .linear = true}); }
inline auto map_of_sites() { return predcg::ising::bernoulli_map({.level = 2}); }

/// Draws of theta ~ N(centre, sd^2); eta = 1, beta = 1/2.
inline auto normal_posterior(double centre, double sd, predcg::Index draws, std::uint64_t seed) {
    using namespace predcg;
    PosteriorResult result;
    result.fit.parameters = {Vector::Constant(1, centre), Vector::Constant(1, 1.0)};
    result.fit.coarse_names = {"linear"};
    result.fit.map_names = {"logit_theta_cf"};
    result.fit.beta = 0.5;
    result.draws.resize(2, draws);
    Philox4x32 rng = make_stream(seed, Purpose::posterior);
    for (Index k = 0; k < draws; ++k) result.draws.col(k) << centre + sd * standard_normal(rng), 1.0;
    return Posterior(std::move(result), sites_in_a_field(), map_of_sites(), TransferMatrix{});
}

}  // namespace support
