#pragma once
#include <predcg/core/linalg.hpp>
#include <predcg/core/moments.hpp>
#include <predcg/models/letters/coarse_chain.hpp>
#include <predcg/models/letters/lags.hpp>

#include <cstddef>
#include <vector>

namespace predcg::vectors {

namespace detail {
/// The vector that each letter is, a row each.
class LetterVectors {
public:
    explicit LetterVectors(const letters::Tables& vectors) : vectors_(vectors.fields) {}

    Index components() const { return vectors_.cols(); }
    template <class L>
    double operator()(const L& letter, Index component) const {
        return vectors_(static_cast<Index>(letter), component);
    }
    template <class Letters>
    Matrix letter_values(const Letters& letters) const {
        Matrix values(static_cast<Index>(letters.size()), components());
        for (std::size_t a = 0; a < letters.size(); ++a)
            for (Index c = 0; c < components(); ++c)
                values(static_cast<Index>(a), c) = (*this)(letters[a], c);
        return values;
    }

private:
    Matrix vectors_;
};
}  // namespace detail

/// The mean vector (1/n) sum_i x_i, component after component; x are letters of these tables.
class MeanVector : public detail::LetterVectors {
public:
    using LetterVectors::LetterVectors;

    template <class X>
    Vector operator()(const X& x) const {
        Vector sum = Vector::Zero(components());
        for (const auto& letter : x)
            for (Index c = 0; c < components(); ++c) sum[c] += LetterVectors::operator()(letter, c);
        return sum / static_cast<double>(x.size());
    }
    int order() const { return 1; }
    Vector from_letter_moments(const std::vector<SiteMoments>& moments) const {
        Vector mean(components());
        for (Index c = 0; c < components(); ++c) {
            const Vector& of_sites = moments[static_cast<std::size_t>(c)].mean;
            mean[c] = linalg::sum(of_sites) / static_cast<double>(of_sites.size());
        }
        return mean;
    }
};

/// R_l = (1/n) sum_i x_i . x_{i+l}, l = 0..most_lag, of letters of these tables. Periodic: all n terms; open:
/// n-l terms over n.
class VectorCorrelation : public detail::LetterVectors {
public:
    /// Of the vectors of a chain's tables, for its boundary.
    VectorCorrelation(const letters::Tables& vectors, Boundary boundary, Index most_lag = 1)
        : LetterVectors(vectors), boundary_(boundary), most_lag_(most_lag) {}

    template <class X>
    Vector operator()(const X& x) const {
        const auto n = static_cast<Index>(x.size());
        return letters::detail::by_lag(boundary_, most_lag_, n, n, [&](Index i, Index j) {
            double product = 0.0;
            for (Index c = 0; c < components(); ++c)
                product += LetterVectors::operator()(x[static_cast<std::size_t>(i)], c) *
                           LetterVectors::operator()(x[static_cast<std::size_t>(j)], c);
            return product;
        });
    }
    int order() const { return 2; }
    Vector from_letter_moments(const std::vector<SiteMoments>& moments) const {
        const SecondMoments& first = moments.front().second;
        return letters::detail::by_lag(boundary_, most_lag_, first.sites(), first.period(),
                                       [&](Index i, Index j) {
                                           double sum = 0.0;
                                           for (const SiteMoments& m : moments) sum += m.second(i, j);
                                           return sum;
                                       });
    }

private:
    Boundary boundary_;
    Index most_lag_;
};

}  // namespace predcg::vectors
