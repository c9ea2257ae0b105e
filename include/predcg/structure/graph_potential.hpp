#pragma once
// A coarse potential from terms of sites and of pairs of neighbours, on any graph or lattice.
#include <predcg/concepts/coarse_potential.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/core/neighbours.hpp>

#include <concepts>
#include <string>
#include <utility>
#include <vector>

namespace predcg {

/// In the place of a function of one site: a GraphPotential has terms of pairs alone.
struct NoSiteTerms {};

/// U_c(X, theta) = sum over pairs of neighbours of theta . pair(X_i, X_j) + sum over sites of
/// theta . site(X_i), all sites and pairs alike. It has features, differences of one site, and its list of
/// neighbours: all that fast sampling asks for.
///
///     GraphPotential(space, lattice_neighbours<2>({16, 16}), {"pair", "field"},
///                    [](Spin a, Spin b) { return Eigen::Vector2d(-a * b, 0); },
///                    [](Spin a) { return Eigen::Vector2d(0, -a); })
///
/// pair must be symmetric; both return a vector with a component for each name. Without the function of a
/// site there are terms of pairs alone. Cost: of features the number
/// of pairs, of a difference the number of neighbours.
template <FiniteSpace Space, class Pair, class Site = NoSiteTerms>
class GraphPotential {
    using X = configuration_t<Space>;
    using Letter = letter_t<Space>;
    using Terms =
        Eigen::Matrix<double, extent_of<std::invoke_result_t<const Pair&, const Letter&, const Letter&>>, 1>;

public:
    /// Throws ArgumentError unless the list has the space's sites and the terms have a component a name.
    GraphPotential(Space space, NeighbourList neighbours, std::vector<std::string> names, Pair pair,
                   Site site = {})
        : space_(std::move(space)), neighbours_(std::move(neighbours)), names_(std::move(names)),
          pair_(std::move(pair)), site_(std::move(site)) {
        require_equal(neighbours_.size(), space_.size(), "GraphPotential", "sites of the list",
                      "the space's");
        const Letter& a = *std::ranges::begin(space_.values());
        require_equal(Vector(pair_(a, a)).size(), parameter_count(), "GraphPotential", "length of pair(a, b)",
                      "the number of names");
        if constexpr (has_site_terms)
            require_equal(Vector(site_(a)).size(), parameter_count(), "GraphPotential", "length of site(a)",
                          "the number of names");
    }

    const Space& space() const { return space_; }
    const NeighbourList& neighbours() const { return neighbours_; }
    bool translation_invariant() const { return true; }
    Index parameter_count() const { return std::ssize(names_); }
    const std::vector<std::string>& parameter_names() const { return names_; }

    Terms features(const X& configuration) const {
        Terms sum = Terms::Zero(parameter_count());
        for (Index i = 0; i < neighbours_.size(); ++i) {
            const Letter& here = letter(configuration, i);
            if constexpr (has_site_terms) sum += site_(here);
            for (const Index j : neighbours_[i])
                if (j > i) sum += pair_(here, letter(configuration, j));
        }
        return sum;
    }
    double energy_difference(const X& configuration, Index i, const Letter& v, const Vector& theta) const {
        const Letter& here = letter(configuration, i);
        double difference = 0.0;
        if constexpr (has_site_terms)
            difference = linalg::dot(theta, site_(v)) - linalg::dot(theta, site_(here));
        for (const Index j : neighbours_[i]) {
            const Letter& there = letter(configuration, j);
            difference += linalg::dot(theta, pair_(v, there)) - linalg::dot(theta, pair_(here, there));
        }
        return difference;
    }

private:
    static constexpr bool has_site_terms = !std::same_as<Site, NoSiteTerms>;

    static const Letter& letter(const X& configuration, Index i) {
        return configuration[static_cast<std::size_t>(i)];
    }

    Space space_;
    NeighbourList neighbours_;
    std::vector<std::string> names_;
    Pair pair_;
    Site site_;
};
/// The function of a site may be left out.
template <class Space, class Pair>
GraphPotential(Space, NeighbourList, std::vector<std::string>, Pair) -> GraphPotential<Space, Pair>;

}  // namespace predcg
