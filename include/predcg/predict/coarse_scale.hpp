#pragma once
// Predictions of X itself: what letters, of which a map says something, are like.
#include <predcg/concepts/configuration_space.hpp>
#include <predcg/core/letter_moments.hpp>
#include <predcg/core/moments.hpp>
#include <predcg/core/random.hpp>
#include <predcg/learning/estimate.hpp>
#include <predcg/posterior/posterior.hpp>

#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace predcg {

/// The map that says X: x = X. It carries the names of another map's parameters, of which it takes no notice.
template <FiniteSpace Space>
class CopyOfCoarse {
    using Letter = std::remove_cvref_t<decltype(*std::ranges::begin(std::declval<const Space&>().values()))>;

public:
    using fine_type = typename Space::configuration_type;
    using coarse_type = fine_type;

    /// Of the letters of a space.
    CopyOfCoarse(const Space& space, std::vector<std::string> names) : names_(std::move(names)) {
        for (const auto& letter : space.values()) letters_.push_back(letter);
    }

    Index parameter_count() const { return std::ssize(names_); }
    const std::vector<std::string>& parameter_names() const { return names_; }

    template <RandomBits R>
    fine_type sample(const coarse_type& X, const Vector&, R&) const {
        return X;
    }
    /// Those of X.
    SiteMoments fine_moments(SiteMoments coarse, const Vector&) const { return coarse; }
    /// As many lags of X as are asked for.
    Index coarse_lags(Index lags) const { return lags; }
    /// The alphabet.
    const std::vector<Letter>& fine_letters() const { return letters_; }
    /// Of numbers that the letters stand for.
    LetterMoments<Letter> conditional_moments(Index sites, const Vector&, const Vector& values) const {
        return {letters_, sites, values};
    }

private:
    std::vector<std::string> names_;
    std::vector<Letter> letters_;
};

/// A fit or posterior whose predictions are of the coarse configuration: observables are functions of X,
/// exact where they have site moments or letter_values. Draws, engine and diagnostics stay as they are.
///
///     predict(coarse_scale(posterior), rotamers::Counts{});
template <class Coarse, class Map, class Engine>
auto coarse_scale(const Posterior<Coarse, Map, Engine>& posterior) {
    return Posterior(static_cast<const PosteriorResult&>(posterior), posterior.coarse,
                     CopyOfCoarse(posterior.coarse.space(), posterior.fit.map_names), posterior.engine);
}
/// Of a fit.
template <class Coarse, class Map, class Engine, class Result>
auto coarse_scale(const Fit<Coarse, Map, Engine, Result>& fit) {
    return Fit(fit.result(), fit.coarse, CopyOfCoarse(fit.coarse.space(), fit.map_names), fit.engine);
}

}  // namespace predcg
