#pragma once
// Densities of single numbers of x, where they are independent given X.
#include <predcg/predict/coarse_scale.hpp>
#include <predcg/predict/predict.hpp>

#include <cmath>
#include <span>
#include <utility>
#include <vector>

namespace predcg {

namespace detail {
/// Whether each site has a letter.
struct HasLetter {
    Index letter = 0;

    static int order() { return 1; }
    template <class X>
    Vector operator()(const X& x) const {
        Vector here(static_cast<Index>(x.size()));
        for (Index i = 0; i < here.size(); ++i)
            here[i] = static_cast<Index>(x[static_cast<std::size_t>(i)]) == letter ? 1.0 : 0.0;
        return here;
    }
    template <class Letters>
    Matrix letter_values(const Letters& letters) const {
        Matrix values(static_cast<Index>(letters.size()), 1);
        for (Index a = 0; a < values.rows(); ++a)
            values(a, 0) = static_cast<Index>(letters[static_cast<std::size_t>(a)]) == letter ? 1.0 : 0.0;
        return values;
    }
    Vector from_letter_moments(const std::vector<SiteMoments>& moments) const { return moments.front().mean; }
};

/// What fine_expectation asks of models. A view.
template <class Coarse, class Map, class Engine>
struct ModelsOf {
    const Coarse& coarse;
    const Map& map;
    const Engine& engine;
};
template <class Coarse, class Map, class Engine>
ModelsOf(const Coarse&, const Map&, const Engine&) -> ModelsOf<Coarse, Map, Engine>;
}  // namespace detail

/// p(x_i = y | theta) = sum_a P(X_i = a) p(y | a, eta) of a hidden chain, exactly: a row for each y of
/// `points`, a column for each site. `states` is the SiteMap, eta its parameters, `models` what has the
/// coarse potential and an engine with exact site moments: a fit or a posterior, for credible_interval
///
///     credible_interval(posterior, [&](const auto& models, const Parameters& at, double beta) {
///         return Vector(density_by_site(models, posterior.map, at, beta, points).rowwise().mean());
///     });
///
/// Cost: q site moments, and points x sites x q. Throws ArgumentError as the engine does.
template <class Models, class States>
Matrix density_by_site(const Models& models, const States& states, const Parameters& at, double beta,
                       const Vector& points) {
    const auto& density = states.density();
    const CopyOfCoarse copy(models.coarse.space(), names_of(states, "eta_"));
    const detail::ModelsOf view{models.coarse, copy, models.engine};
    Matrix sum = Matrix::Zero(points.size(), models.coarse.space().size());
    std::vector<double> t(static_cast<std::size_t>(density.statistic_count()));
    for (Index a = 0; a < density.letters(); ++a) {
        const Vector probability =
            detail::fine_expectation(view, at, beta, detail::HasLetter{a}, PredictSettings{}).mean;
        for (Index k = 0; k < points.size(); ++k) {
            density.statistic(points[k], t);
            const double p = std::exp(density.expansion(1.0, t, a, at.eta).value);
            for (Index i = 0; i < sum.cols(); ++i) sum(k, i) += probability[i] * p;
        }
    }
    return sum;
}

}  // namespace predcg
