#pragma once
// A coarse potential with some of its terms only.
#include <predcg/concepts/target.hpp>
#include <predcg/structure/potential_operations.hpp>

#include <string>
#include <utility>
#include <vector>

namespace predcg {

/// The potential U with the parameters `kept` alone, the others fixed at 0:
///     U'(X, theta') = U(X, theta),  theta_{kept[k]} = theta'_k, zero elsewhere.
/// It has the structure of U (features, window, quadratic form, derivatives, domain), and costs what U costs:
/// the window stays as wide as that of all terms.
template <CoarsePotential U>
class WithTerms {
    using X = configuration_t<space_t<U>>;

public:
    /// Throws ArgumentError unless `kept` are indices of parameters, each once and in order.
    WithTerms(U potential, std::vector<Index> kept)
        : potential_(std::move(potential)), kept_(std::move(kept)) {
        Index before = -1;
        for (const Index k : kept_) {
            require_range(k, before + 1, Index(potential_.parameter_count()) - 1, "WithTerms", "kept",
                          "indices of parameters, each once and in order");
            before = k;
        }
    }

    const U& potential() const { return potential_; }
    const std::vector<Index>& kept() const { return kept_; }
    /// theta of U.
    Vector all(const Vector& theta) const {
        return linalg::scattered(theta, kept_, potential_.parameter_count());
    }

    decltype(auto) space() const { return potential_.space(); }
    Index parameter_count() const { return static_cast<Index>(kept_.size()); }

    [[gnu::cold]] std::vector<std::string> parameter_names() const
        requires requires(const U& u) { u.parameter_names(); }
    {
        const std::vector<std::string> names = potential_.parameter_names();
        std::vector<std::string> chosen;
        for (const Index k : kept_) chosen.push_back(names[static_cast<std::size_t>(k)]);
        return chosen;
    }
    Vector start() const
        requires requires(const U& u) { u.start(); }
    {
        return linalg::selected(Vector(potential_.start()), kept_);
    }
    bool admissible(const Vector& theta) const { return is_admissible(potential_, all(theta)); }

    Vector features(const X& x) const
        requires LinearCoarsePotential<U>
    {
        return linalg::selected(Vector(potential_.features(x)), kept_);
    }
    double base_energy(const X& x) const
        requires LinearCoarsePotential<U>
    {
        return predcg::base_energy(potential_, x);
    }
    double energy(const X& x, const Vector& theta) const { return predcg::energy(potential_, x, all(theta)); }
    Vector parameter_gradient(const X& x, const Vector& theta) const
        requires HasParameterGradient<U>
    {
        return linalg::selected(Vector(potential_.parameter_gradient(x, all(theta))), kept_);
    }
    Matrix parameter_hessian(const X& x, const Vector& theta) const
        requires HasParameterHessian<U>
    {
        return linalg::selected(Matrix(potential_.parameter_hessian(x, all(theta))), kept_);
    }

    Window window() const
        requires ChainCoarsePotential<U>
    {
        return potential_.window();
    }
    bool translation_invariant() const { return is_translation_invariant(potential_); }
    template <class Letter>
        requires detail::HasLocalFeatures<U>
    Vector local_features(Index i, std::span<const Letter> w) const {
        return linalg::selected(Vector(potential_.local_features(i, w)), kept_);
    }
    template <class Letter>
        requires ChainCoarsePotential<U>
    double local_energy(Index i, std::span<const Letter> w, const Vector& theta) const {
        return predcg::local_energy(potential_, i, w, all(theta));
    }
    template <class Letter>
        requires detail::HasLocalParameterGradient<U>
    Vector local_parameter_gradient(Index i, std::span<const Letter> w, const Vector& theta) const {
        return linalg::selected(Vector(potential_.local_parameter_gradient(i, w, all(theta))), kept_);
    }

    template <class Letter>
        requires detail::HasLocalParameterGradient<U> &&
                 requires(const U& u, Index i, std::span<const Letter> w, const Vector& theta) {
                     u.local_parameter_hessian(i, w, theta);
                 }
    Matrix local_parameter_hessian(Index i, std::span<const Letter> w, const Vector& theta) const {
        return linalg::selected(Matrix(potential_.local_parameter_hessian(i, w, all(theta))), kept_);
    }

    std::vector<TwoValuedTerms> two_valued_terms() const
        requires HasTwoValuedTerms<U>
    {
        std::vector<TwoValuedTerms> chosen;
        for (TwoValuedTerms terms : std::vector<TwoValuedTerms>(potential_.two_valued_terms()))
            for (std::size_t k = 0; k < kept_.size(); ++k)
                if (terms.feature == kept_[k]) {
                    terms.feature = static_cast<Index>(k);
                    chosen.push_back(terms);
                    break;
                }
        return chosen;
    }

    template <class Letter>
        requires HasCoarseEnergyDifference<U, X, Letter>
    double energy_difference(const X& x, Index i, Letter v, const Vector& theta) const {
        return potential_.energy_difference(x, i, v, all(theta));
    }
    Vector energy_gradient(const X& x, const Vector& theta) const
        requires HasCoarseEnergyGradient<U, X>
    {
        return potential_.energy_gradient(x, all(theta));
    }

    QuadraticForm quadratic(const Vector& theta) const
        requires QuadraticCoarsePotential<U>
    {
        return potential_.quadratic(all(theta));
    }
    QuadraticForm feature_quadratic(Index k) const
        requires QuadraticCoarsePotential<U>
    {
        return potential_.feature_quadratic(kept_[static_cast<std::size_t>(k)]);
    }

private:
    U potential_;
    std::vector<Index> kept_;
};

/// The potential with the terms at these places alone.
template <CoarsePotential U>
WithTerms<U> with_terms(U potential, std::vector<Index> kept) {
    return {std::move(potential), std::move(kept)};
}

}  // namespace predcg
