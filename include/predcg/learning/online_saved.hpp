#pragma once
// Whether bytes that were saved are of the same fit of a running simulation.
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/learning/expected_statistics.hpp>
#include <predcg/learning/parameters.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace predcg::detail {

/// What a saved fit must have in common with the one that goes on.
struct OnlineIdentity {
    std::vector<std::string> coarse_names, map_names;
    Index coarse_size = 0, fine_size = 0, batch = 0, restarts = 0;
    std::array<Index, 5> latent{}, coarse{};  // lengths_of
    double beta = 0.0, window = 0.0, prior = 0.0;
    std::uint64_t seed = 0;

    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.coarse_names, self.map_names, self.coarse_size, self.fine_size, self.batch, self.restarts,
              self.latent, self.coarse, self.beta, self.window, self.prior, self.seed);
    }
};

/// Throws ArgumentError, which names the first of these that differs.
[[gnu::cold]] inline void require_same(const OnlineIdentity& theirs, const OnlineIdentity& own,
                                       const char* function) {
    require_same_names(theirs.coarse_names, own.coarse_names, function, "coarse parameters");
    require_same_names(theirs.map_names, own.map_names, function, "map parameters");
    const auto same = [&](const auto& a, const auto& b, const char* what) {
        require(a == b, function, what, a, to_text(b) + ", that of this fit");
    };
    same(theirs.coarse_size, own.coarse_size, "number of coarse sites");
    if (theirs.fine_size >= 0 && own.fine_size >= 0)
        same(theirs.fine_size, own.fine_size, "size of the configurations");
    same(theirs.beta, own.beta, "settings.beta");
    same(theirs.batch, own.batch, "settings.batch");
    same(theirs.restarts, own.restarts, "settings.restarts");
    same(theirs.window, own.window, "settings.window");
    same(theirs.seed, own.seed, "settings.seed");
    constexpr std::array<const char*, 5> lengths{"chains", "thinning", "warm_up", "refresh", "samples"};
    for (std::size_t k = 0; k < lengths.size(); ++k) {
        const std::string of = std::string(lengths[k]) + " of the engine for ";
        same(theirs.latent[k], own.latent[k], (of + "q(X|x)").c_str());
        same(theirs.coarse[k], own.coarse[k], (of + "p_c").c_str());
    }
    same(theirs.prior, own.prior, "log prior density");
}

/// Whether what was read can be the sums of so many configurations, of p statistics of the potential among
/// `all`.
[[gnu::cold]] inline bool can_be_sums(const ExpectedStatistics& block, Index configurations, Index p,
                                      Index all) {
    if (configurations == 0) return block.is_empty();
    return block.count > 0.0 && block.coarse.size() == p && block.noise.size() == all &&
           block.covariance.rows() == all && block.covariance.cols() == all &&
           block.coarse_hessian.rows() == p && block.coarse_hessian.cols() == p &&
           linalg::all_finite(block.coarse) && linalg::all_finite(block.map) &&
           linalg::all_finite(block.covariance) && linalg::all_finite(block.coarse_hessian);
}

}  // namespace predcg::detail
