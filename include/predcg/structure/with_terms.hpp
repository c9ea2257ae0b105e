#pragma once
// A coarse potential with some of its terms only.
#include <predcg/structure/forwarding.hpp>

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

namespace detail {
inline void require_terms(const std::vector<Index>& kept, Index count, const char* function) {
    Index before = -1;
    for (const Index k : kept) {
        require_range(k, before + 1, count - 1, function, "kept",
                      "indices of parameters, each once and in order");
        before = k;
    }
}
inline std::vector<std::string> chosen_names(const std::vector<std::string>& names,
                                             const std::vector<Index>& kept) {
    std::vector<std::string> chosen;
    chosen.reserve(kept.size());
    for (const Index k : kept) chosen.push_back(names[static_cast<std::size_t>(k)]);
    return chosen;
}
/// The parameters that are kept, absent where others are not 0.
inline std::optional<Vector> chosen_if_all(const std::optional<Vector>& all, const std::vector<Index>& kept) {
    if (!all) return std::nullopt;
    Vector chosen = linalg::selected(*all, kept);
    if (linalg::scattered(chosen, kept, all->size()) != *all) return std::nullopt;
    return chosen;
}
/// A model with the parameters `kept` alone, the others fixed at 0, and what it says of those that stay.
template <class Model>
class KeptTerms : public OfPart<Model> {

public:
    /// Indices of the parameters that stay.
    const std::vector<Index>& kept() const { return kept_; }
    /// The parameters of the model.
    Vector all(const Vector& parameters) const {
        return linalg::scattered(parameters, kept_, this->part().parameter_count());
    }
    Index parameter_count() const { return static_cast<Index>(kept_.size()); }

    Vector start() const
        requires HasStart<Model>
    {
        return chosen(Vector(this->part().start()));
    }
    Vector scales() const
        requires HasScales<Model>
    {
        return chosen(Vector(this->part().scales()));
    }
    /// Absent where the flip needs a parameter that is fixed at 0.
    std::optional<Vector> flipped(const Vector& parameters) const
        requires HasFlip<Model>
    {
        return chosen_if_all(this->part().flipped(all(parameters)), kept_);
    }

protected:
    KeptTerms(Model model, std::vector<Index> kept, const char* function)
        : OfPart<Model>(std::move(model)), kept_(std::move(kept)) {
        require_terms(kept_, Index(this->part().parameter_count()), function);
    }

    /// A vector or a matrix of derivatives, those by the parameters that stay.
    template <class Derivative>
    Derivative chosen(const Derivative& of_all) const {
        return linalg::selected(of_all, kept_);
    }

private:
    std::vector<Index> kept_;
};
}  // namespace detail

/// The potential U with the parameters `kept` alone, the others fixed at 0:
///     U'(X, theta') = U(X, theta),  theta_{kept[k]} = theta'_k, zero elsewhere.
/// It has the structure of U (features, window, quadratic form, derivatives, domain), and costs what U costs:
/// the window stays as wide as that of all terms.
template <CoarsePotential U>
class WithTerms : public detail::OfPotential<detail::KeptTerms<U>, Vector> {
    using Base = detail::OfPotential<detail::KeptTerms<U>, Vector>;
    using Configuration = configuration_t<space_t<U>>;

public:
    using Base::all;

    /// Throws ArgumentError unless `kept` are indices of parameters, each once and in order.
    WithTerms(U potential, std::vector<Index> kept)
        : Base(std::move(potential), std::move(kept), "WithTerms") {}

    const U& potential() const { return this->part(); }

    [[gnu::cold]] std::vector<std::string> parameter_names() const
        requires HasParameterNames<U>
    {
        return detail::chosen_names(potential().parameter_names(), this->kept());
    }
    bool admissible(const Vector& theta) const
        requires HasAdmissible<U>
    {
        return potential().admissible(all(theta));
    }

    Vector features(const Configuration& X) const
        requires LinearCoarsePotential<U>
    {
        return this->chosen(Vector(potential().features(X)));
    }
    double base_energy(const Configuration& X) const
        requires detail::HasBaseEnergy<U>
    {
        return potential().base_energy(X);
    }
    using Base::energy;
    /// Of other scalars, where U takes them: structure/autodiff.hpp.
    template <class C, class T, class P = U>
        requires(!std::is_same_v<C, Configuration> || !std::is_same_v<T, double>)
    auto energy(const C& X, const VectorOf<T>& theta) const
        -> decltype(std::declval<const P&>().energy(X, theta)) {
        return potential().energy(X, all_of(theta));
    }
    Vector parameter_gradient(const Configuration& X, const Vector& theta) const
        requires HasParameterGradient<U>
    {
        return this->chosen(Vector(potential().parameter_gradient(X, all(theta))));
    }
    Matrix parameter_hessian(const Configuration& X, const Vector& theta) const
        requires HasParameterHessian<U>
    {
        return this->chosen(Matrix(potential().parameter_hessian(X, all(theta))));
    }

    template <class Letter>
        requires detail::HasLocalFeatures<U>
    Vector local_features(Index i, std::span<const Letter> w) const {
        return this->chosen(Vector(potential().local_features(i, w)));
    }
    template <class Letter>
        requires detail::HasLocalBaseEnergy<U>
    double local_base_energy(Index i, std::span<const Letter> w) const {
        return potential().local_base_energy(i, w);
    }
    using Base::local_energy;
    template <class Letter, class T, class P = U>
        requires(!std::is_same_v<T, double>)
    auto local_energy(Index i, std::span<const Letter> w, const VectorOf<T>& theta) const
        -> decltype(std::declval<const P&>().local_energy(i, w, theta)) {
        return potential().local_energy(i, w, all_of(theta));
    }
    template <class Letter>
        requires detail::HasLocalParameterGradient<U>
    Vector local_parameter_gradient(Index i, std::span<const Letter> w, const Vector& theta) const {
        return this->chosen(Vector(potential().local_parameter_gradient(i, w, all(theta))));
    }
    template <class Letter>
        requires detail::HasLocalParameterHessian<U>
    Matrix local_parameter_hessian(Index i, std::span<const Letter> w, const Vector& theta) const {
        return this->chosen(Matrix(potential().local_parameter_hessian(i, w, all(theta))));
    }

    std::vector<TwoValuedTerms> two_valued_terms() const
        requires HasTwoValuedTerms<U>
    {
        std::vector<TwoValuedTerms> chosen;
        for (TwoValuedTerms terms : std::vector<TwoValuedTerms>(potential().two_valued_terms()))
            for (std::size_t k = 0; k < this->kept().size(); ++k)
                if (terms.feature == this->kept()[k]) {
                    terms.feature = static_cast<Index>(k);
                    chosen.push_back(terms);
                    break;
                }
        return chosen;
    }

    QuadraticForm feature_quadratic(Index k) const
        requires QuadraticCoarsePotential<U>
    {
        return potential().feature_quadratic(this->kept()[static_cast<std::size_t>(k)]);
    }

private:
    /// Zeros are made of theta, for Eigen's scalars with derivatives need as many in each.
    template <class T>
    VectorOf<T> all_of(const VectorOf<T>& theta) const {
        VectorOf<T> full(potential().parameter_count());
        for (T& value : full) value = theta.size() > 0 ? T(0.0 * theta[0]) : T(0.0);
        for (std::size_t k = 0; k < this->kept().size(); ++k)
            full[this->kept()[k]] = theta[static_cast<Index>(k)];
        return full;
    }
};

/// The potential with the terms at these places alone.
template <CoarsePotential U>
WithTerms<U> with_terms(U potential, std::vector<Index> kept) {
    return {std::move(potential), std::move(kept)};
}

}  // namespace predcg
