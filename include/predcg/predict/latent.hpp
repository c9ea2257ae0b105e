#pragma once
// What a fine configuration says about its coarse one: q(X | x).
#include <predcg/learning/prepared_data.hpp>
#include <predcg/posterior/posterior.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/structure/product.hpp>

#include <utility>
#include <vector>

namespace predcg {

namespace detail {
/// f(engine, q(. | x, parameters)).
template <class Models, class Form, class F>
auto with_latent(const Models& models, const Form& form, const Parameters& at, double beta, F&& f) {
    const auto coarse = boltzmann(models.coarse, at.theta, beta);
    return f(latent_engine(models.engine), Product(coarse, models.map.likelihood(form, at.eta)));
}

/// Mean over the draws of a posterior of what `at_parameters` gives, or its value at a fit.
template <class Models, class F>
auto averaged(const Models& models, F&& at_parameters) {
    if constexpr (HasDraws<Models>) {
        require(models.draw_count() > 0, "latent", "draws of the posterior", models.draw_count(),
                "at least one");
        auto sum = at_parameters(models.parameters(0), models.fit.beta);
        for (Index k = 1; k < models.draw_count(); ++k)
            sum += at_parameters(models.parameters(k), models.fit.beta);
        return decltype(sum)(sum / static_cast<double>(models.draw_count()));
    } else {
        return at_parameters(models.parameters, models.beta);
    }
}
}  // namespace detail

/// E[X | x] for letters that are numbers or X in R^n: at the estimate of a fit, or, given a posterior, the
/// mean over its draws. Exact engines only. Cost: one expectation for each draw.
template <class Models, class Fine>
Vector latent_mean(const Models& models, const Fine& x) {
    const auto form = detail::DataSizes(models.map, models.coarse, "latent")(x);
    return detail::averaged(models, [&](const Parameters& at, double beta) {
        return detail::with_latent(
            models, form, at, beta, []<class E, class T>(const E& engine, const T& target) {
                static_assert(SiteMomentEngine<E, T>,
                              "predcg: latent_mean needs an engine that gives site moments of q(X|x)");
                if constexpr (SiteMomentEngine<E, T>)
                    return Vector(engine.site_moments(target, 1).mean);
                else
                    return Vector();
            });
    });
}

/// P(X_i = a | x): letter x site, letters in the order of values(). As latent_mean.
template <class Models, class Fine>
Matrix latent_marginals(const Models& models, const Fine& x) {
    const auto form = detail::DataSizes(models.map, models.coarse, "latent")(x);
    return detail::averaged(models, [&](const Parameters& at, double beta) {
        return detail::with_latent(
            models, form, at, beta, []<class E, class T>(const E& engine, const T& target) {
                static_assert(!detail::WrongTwoPoint<E, T>,
                              "predcg: two_point(target, i, j) of an engine would be passed over: it is "
                              "const, takes two predcg::Index, and returns a matrix of doubles of Eigen's");
                static_assert(
                    PairMarginalEngine<E, T>,
                    "predcg: latent_marginals needs an engine that gives two_point(target, i, j) of q(X|x)");
                const Index n = target.space().size();
                Matrix marginals(static_cast<Index>(std::ranges::size(target.space().values())), n);
                if constexpr (PairMarginalEngine<E, T>)
                    for (Index i = 0; i < n; ++i) {
                        const Matrix joint = engine.two_point(target, i, i);
                        for (Index a = 0; a < marginals.rows(); ++a) marginals(a, i) = joint(a, a);
                    }
                return marginals;
            });
    });
}

}  // namespace predcg
