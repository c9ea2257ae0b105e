#pragma once
// Shape and internal coordinates of one molecule, and their distributions, as observables.
#include <predcg/concepts/observable.hpp>
#include <predcg/geometry/box.hpp>
#include <predcg/geometry/internal_coordinates.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

// All take configurations of 3 n coordinates (Points, a 3 x n matrix, a vector: core/real_coordinates.hpp) in
// which molecules are whole (geometry/whole_molecules.hpp), and throw ArgumentError for sites that are not
// there.

namespace predcg {

/// Radius of gyration, R_g^2 = sum_i m_i (x_i - X)^2 / sum_i m_i, X the centre of mass; in nm.
struct RadiusOfGyration {
    std::vector<double> masses{};  ///< One for each site; none: all equal.

    template <ReadableCoordinates X>
    double operator()(const X& configuration) const {
        const auto& x = detail::points_of(configuration, "RadiusOfGyration");
        require(!x.empty(), "RadiusOfGyration", "number of sites", 0, "an integer >= 1");
        if (!masses.empty())
            require_equal(static_cast<Index>(masses.size()), static_cast<Index>(x.size()), "RadiusOfGyration",
                          "number of masses", "the number of sites");
        double total = 0.0;
        Point centre{};
        for (std::size_t i = 0; i < x.size(); ++i) {
            total += mass(i);
            centre = detail::plus(centre, detail::times(mass(i), x[i]));
        }
        require_positive(total, "RadiusOfGyration", "sum of the masses");
        centre = detail::times(1.0 / total, centre);
        double sum = 0.0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const Point d = detail::minus(x[i], centre);
            sum += mass(i) * detail::dot(d, d);
        }
        return std::sqrt(sum / total);
    }

private:
    double mass(std::size_t i) const { return masses.empty() ? 1.0 : masses[i]; }
};

/// Distance of two sites in nm; of the first and the last unless they are named.
struct EndToEnd {
    Index first = 0;  ///< One end.
    Index last = -1;  ///< The other; -1: the last site.

    template <ReadableCoordinates X>
    double operator()(const X& configuration) const {
        const auto& x = detail::points_of(configuration, "EndToEnd");
        const auto n = static_cast<Index>(x.size());
        const Index end = last < 0 ? n - 1 : last;
        require_range(first, 0, n - 1, "EndToEnd", "first", "one of the sites");
        require_range(end, 0, n - 1, "EndToEnd", "last", "one of the sites");
        return detail::norm(
            detail::minus(x[static_cast<std::size_t>(end)], x[static_cast<std::size_t>(first)]));
    }
};

namespace detail {
/// A function of `N` sites, for each of several tuples of sites.
template <std::size_t N, class Function>
class OfTuples {
public:
    explicit OfTuples(std::vector<std::array<Index, N>> sites) : sites_(std::move(sites)) {}

    /// Neighbours along a chain: 0, 1, ..; 1, 2, ..; and so on.
    static auto chain_tuples(Index sites) {
        require_range(sites, static_cast<Index>(N), std::numeric_limits<Index>::max(), Function::name,
                      "sites of the chain");
        std::vector<std::array<Index, N>> tuples(static_cast<std::size_t>(sites) + 1 - N);
        for (std::size_t i = 0; i < tuples.size(); ++i)
            for (std::size_t k = 0; k < N; ++k) tuples[i][k] = static_cast<Index>(i + k);
        return tuples;
    }

    /// Number of values.
    Index size() const { return static_cast<Index>(sites_.size()); }

    /// The value of each tuple.
    template <ReadableCoordinates X>
    Vector operator()(const X& configuration) const {
        const auto& x = points_of(configuration, Function::name);
        Vector values(size());
        for (std::size_t t = 0; t < sites_.size(); ++t) {
            std::array<Point, N> p{};
            for (std::size_t k = 0; k < N; ++k) {
                require_range(sites_[t][k], 0, static_cast<Index>(x.size()) - 1, Function::name, "site",
                              "one of the configuration's sites");
                p[k] = x[static_cast<std::size_t>(sites_[t][k])];
            }
            values[static_cast<Index>(t)] = Function::of(p);
        }
        return values;
    }

private:
    std::vector<std::array<Index, N>> sites_;
};

struct LengthOfPair {
    static constexpr const char* name = "BondLengths";
    static double of(const std::array<Point, 2>& p) { return norm(minus(p[1], p[0])); }
};
struct AngleOfTriple {
    static constexpr const char* name = "BondAngles";
    static double of(const std::array<Point, 3>& p) { return bond_angle(p[0], p[1], p[2]); }
};
struct DihedralOfFour {
    static constexpr const char* name = "DihedralAngles";
    static double of(const std::array<Point, 4>& p) { return dihedral_angle(p[0], p[1], p[2], p[3]); }
};
}  // namespace detail

/// Distances of pairs of sites, in nm.
class BondLengths : public detail::OfTuples<2, detail::LengthOfPair> {
public:
    using OfTuples::OfTuples;
    /// All n-1 of an unbranched chain.
    static BondLengths chain(Index sites) { return BondLengths(chain_tuples(sites)); }
};

/// Angles at the middle one of three sites (bond_angle), in [0, pi].
class BondAngles : public detail::OfTuples<3, detail::AngleOfTriple> {
public:
    using OfTuples::OfTuples;
    /// All n-2 of an unbranched chain.
    static BondAngles chain(Index sites) { return BondAngles(chain_tuples(sites)); }
};

/// Dihedral angles of four sites each (dihedral_angle), in (-pi, pi], trans at pi.
class DihedralAngles : public detail::OfTuples<4, detail::DihedralOfFour> {
public:
    using OfTuples::OfTuples;
    /// All n-3 of an unbranched chain.
    static DihedralAngles chain(Index sites) { return DihedralAngles(chain_tuples(sites)); }
};

/// Distribution of the components of an observable: entry k is the part of them that lies in bin k, over the
/// width of a bin, a density where none lies outside. The mean over configurations is the density of the
/// ensemble. Bins are [lower + k width, lower + (k+1) width), the last one closed; what lies outside and
/// NaN are in no bin.
template <class O>
class Histogram {
public:
    /// Throws ArgumentError unless lower < upper, both finite, and bins >= 1.
    Histogram(O observable, double lower, double upper, Index bins)
        : observable_(std::move(observable)), lower_(lower), upper_(upper), bins_(bins) {
        require_finite(lower, "Histogram", "lower");
        require(std::isfinite(upper) && upper > lower, "Histogram", "upper", upper,
                "a finite number > lower");
        require_range(bins, 1, most_bins, "Histogram", "bins");
    }

    /// Number of bins.
    Index size() const { return bins_; }

    /// Width of a bin.
    double width() const { return (upper_ - lower_) / static_cast<double>(bins_); }

    /// Middles of the bins.
    Vector centres() const {
        Vector at(bins_);
        for (Index k = 0; k < bins_; ++k) at[k] = lower_ + (static_cast<double>(k) + 0.5) * width();
        return at;
    }

    template <class X>
    Vector operator()(const X& x) const {
        Vector density = Vector::Zero(bins_);
        const auto add = [&](double value, double weight) {
            if (value >= lower_ && value <= upper_)
                density[std::min(bins_ - 1, static_cast<Index>((value - lower_) / width()))] += weight;
        };
        if constexpr (NumberObservable<O, X>) {
            add(observable_(x), 1.0 / width());
        } else {
            const Vector values = observable_(x);
            for (Index k = 0; k < values.size(); ++k)
                add(values[k], 1.0 / (width() * static_cast<double>(values.size())));
        }
        return density;
    }

private:
    static constexpr Index most_bins = Index{1} << 24;
    O observable_;
    double lower_, upper_;
    Index bins_;
};

/// Distribution of dihedral angles on (-pi, pi], per radian.
inline Histogram<DihedralAngles> dihedral_distribution(DihedralAngles angles, Index bins) {
    constexpr double pi = 3.14159265358979323846;
    return {std::move(angles), -pi, pi, bins};
}

/// Distribution of bond angles on [0, pi], per radian.
inline Histogram<BondAngles> angle_distribution(BondAngles angles, Index bins) {
    constexpr double pi = 3.14159265358979323846;
    return {std::move(angles), 0.0, pi, bins};
}

}  // namespace predcg
