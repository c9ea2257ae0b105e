#pragma once
#include <predcg/posterior/posterior.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace predcg {

/// A posterior with further parameters of the map behind its own, that are independent of them given the
/// data: lengths and angles of a molecule beside the states of its dihedrals. `map` is the map with all
/// parameters, `mode` and the columns of `draws` (one for each draw of the posterior) are those of the
/// further ones, from a posterior of their own. Likelihood, directions and trace of the fit stay those of
/// the first. Throws ArgumentError for other numbers of draws or parameters.
template <class Coarse, class Map, class Engine, class LargerMap>
Posterior<Coarse, LargerMap, Engine> with_independent(const Posterior<Coarse, Map, Engine>& posterior,
                                                      LargerMap map, const Vector& mode,
                                                      const Matrix& draws) {
    constexpr auto function = "with_independent";
    const Index more = mode.size(), before = posterior.parameter_count();
    require_equal(draws.rows(), more, function, "rows of the draws", "the length of mode");
    require_equal(draws.cols(), posterior.draw_count(), function, "number of draws", "the posterior's");
    require_equal(Index(map.parameter_count()), posterior.fit.parameters.eta.size() + more, function,
                  "parameters of the map", "those of the posterior's map and the further ones");
    PosteriorResult all = posterior;
    all.draws.resize(before + more, draws.cols());
    all.draws << posterior.draws, draws;
    Vector eta(posterior.fit.parameters.eta.size() + more);
    eta << posterior.fit.parameters.eta, mode;
    all.fit.parameters.eta = std::move(eta);
    all.fit.map_names = names_of(map, "eta_");
    if (all.draw_count() > 0) detail::summarise(all);
    if (!all.diagnostics.empty())
        for (Index k = 0; k < more; ++k)
            all.diagnostics.push_back(statistics::diagnose(all.by_chain(linalg::row_of(draws, k))));
    return {std::move(all), posterior.coarse, std::move(map), posterior.engine};
}

}  // namespace predcg
