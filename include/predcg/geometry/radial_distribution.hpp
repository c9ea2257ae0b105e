#pragma once
// Radial distribution functions.
#include <predcg/concepts/observable.hpp>
#include <predcg/geometry/box.hpp>
#include <predcg/statistics/running_moments.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace predcg {

/// g(r) in bins [k w, (k+1) w) up to a cut-off, of one kind of sites or of two, and its mean over frames:
///
///     g_k = V n_k / (N (N-1)/2 v_k)    one kind, n_k of the N (N-1)/2 pairs at such a distance
///     g_k = V n_k / (N_a N_b v_k)      two kinds, all pairs of one of each
///
/// v_k is the volume of the spherical shell. Uncorrelated sites have 1 at any N, not 1 - 1/N. Distances are
/// of nearest images. Boxes may change between frames; each frame counts the same. Sites that are bonded are
/// pairs as any.
///
/// Throws ArgumentError for triclinic boxes, for ones that do not repeat along all edges, and where the
/// cut-off exceeds half the shortest edge. A frame costs all pairs, O(N^2).
class RadialDistribution {
public:
    /// Up to a cut-off in nm. Throws ArgumentError unless it is positive and there are bins.
    RadialDistribution(double cutoff, Index bins) : cutoff_(cutoff), bins_(bins) {
        require_positive(cutoff, "RadialDistribution", "cutoff");
        require_range(bins, 1, Index{1} << 24, "RadialDistribution", "bins");
    }

    /// Number of bins.
    Index size() const { return bins_; }
    /// Of r, in nm.
    double cutoff() const { return cutoff_; }

    /// Middles of the bins.
    Vector radii() const {
        Vector r(bins_);
        for (Index k = 0; k < bins_; ++k)
            r[k] = (static_cast<double>(k) + 0.5) * cutoff_ / static_cast<double>(bins_);
        return r;
    }

    /// g of one frame, of all pairs.
    Vector of(const Points& x, const Box& box) const {
        require(x.size() >= 2, "RadialDistribution", "number of sites", static_cast<Index>(x.size()),
                "an integer >= 2");
        const MinimumImage image = checked(box);
        Vector counts = Vector::Zero(bins_);
        for (std::size_t i = 0; i < x.size(); ++i)
            for (std::size_t j = 0; j < i; ++j) count(image.squared_distance(x[i], x[j]), counts);
        const auto n = static_cast<double>(x.size());
        return normalised(std::move(counts), 0.5 * n * (n - 1.0), box);
    }

    /// g of one frame, of all pairs of one site of a and one of b.
    Vector of(const Points& a, const Points& b, const Box& box) const {
        require(!a.empty() && !b.empty(), "RadialDistribution", "number of sites", 0, "an integer >= 1");
        const MinimumImage image = checked(box);
        Vector counts = Vector::Zero(bins_);
        for (const Point& one : a)
            for (const Point& other : b) count(image.squared_distance(one, other), counts);
        return normalised(std::move(counts), static_cast<double>(a.size()) * static_cast<double>(b.size()),
                          box);
    }

    /// g of one frame, of all pairs of a_i and b_j with i != j. Throws ArgumentError for different numbers.
    Vector of_others(const Points& a, const Points& b, const Box& box) const {
        require(a.size() >= 2, "RadialDistribution", "number of sites", static_cast<Index>(a.size()),
                "an integer >= 2");
        require_equal(static_cast<Index>(b.size()), static_cast<Index>(a.size()), "RadialDistribution",
                      "number of sites");
        const MinimumImage image = checked(box);
        Vector counts = Vector::Zero(bins_);
        for (std::size_t i = 0; i < a.size(); ++i)
            for (std::size_t j = 0; j < b.size(); ++j)
                if (i != j) count(image.squared_distance(a[i], b[j]), counts);
        const auto n = static_cast<double>(a.size());
        return normalised(std::move(counts), n * (n - 1.0), box);
    }

    /// Adds a frame.
    void add(const Points& x, const Box& box) { frames_.add(of(x, box)); }
    /// Adds a frame, of two kinds.
    void add(const Points& a, const Points& b, const Box& box) { frames_.add(of(a, b, box)); }

    /// Number of frames that were added.
    Index frames() const { return frames_.count(); }
    /// Mean over frames. Throws ArgumentError before there is one.
    Vector g() const {
        require(frames() > 0, "RadialDistribution", "number of frames", frames(), "an integer >= 1");
        return frames_.mean();
    }
    /// Of the mean, if frames are independent; NaN for one frame. Throws ArgumentError before there is one.
    Vector standard_error() const {
        require(frames() > 0, "RadialDistribution", "number of frames", frames(), "an integer >= 1");
        return frames_.standard_error();
    }

private:
    MinimumImage checked(const Box& box) const {
        MinimumImage image(box);
        for (const double length : image.lengths())
            require(length > 0.0, "RadialDistribution", "length of an edge", length,
                    "a number > 0: the density is N / V");
        require(cutoff_ <= image.reach(), "RadialDistribution", "cutoff", cutoff_,
                "at most half the shortest edge of the box");
        return image;
    }

    void count(double squared, Vector& counts) const {
        if (squared < cutoff_ * cutoff_)
            counts[std::min(bins_ - 1, static_cast<Index>(std::sqrt(squared) / cutoff_ *
                                                          static_cast<double>(bins_)))] += 1.0;
    }

    Vector normalised(Vector counts, double pairs, const Box& box) const {
        constexpr double sphere = 4.18879020478639098462;  // 4 pi / 3
        const double width = cutoff_ / static_cast<double>(bins_);
        for (Index k = 0; k < bins_; ++k) {
            const double i = static_cast<double>(k);  // (i+1)^3 - i^3 = 3 i (i+1) + 1
            counts[k] *=
                box.volume() / (pairs * sphere * width * width * width * (3.0 * i * (i + 1.0) + 1.0));
        }
        return counts;
    }

    double cutoff_;
    Index bins_;
    statistics::RunningMoments<Vector> frames_{};
};

/// g(r) of one configuration in a box that does not change, as an observable.
class PairCorrelation {
public:
    /// Box, cut-off in nm and number of bins. Throws ArgumentError as RadialDistribution does.
    PairCorrelation(Box box, double cutoff, Index bins) : box_(box), bins_(cutoff, bins) {}

    /// Number of bins.
    Index size() const { return bins_.size(); }
    /// Middles of the bins.
    Vector radii() const { return bins_.radii(); }

    template <ReadableCoordinates X>
    Vector operator()(const X& x) const {
        return bins_.of(detail::points_of(x, "PairCorrelation"), box_);
    }

private:
    Box box_;
    RadialDistribution bins_;
};

/// g(r) of sites a and b of different molecules in one configuration, in a box that does not change, as an
/// observable: molecules of m sites one after the other, a and b counted from 0 within each,
///
///     g_k = V n_k / (P v_k),     P = M (M - 1) / 2 for a = b, else M (M - 1), M molecules.
///
/// Sites of the same molecule are left out. Costs O(M^2).
class SiteCorrelation {
public:
    /// Throws ArgumentError as RadialDistribution does, and for sites that a molecule does not have.
    SiteCorrelation(Box box, double cutoff, Index bins, Index sites, Index a, Index b)
        : box_(box), bins_(cutoff, bins), sites_(sites), a_(a), b_(b) {
        require(sites >= 1, "SiteCorrelation", "sites", sites, "an integer >= 1");
        for (const Index site : {a, b})
            require_range(site, 0, sites - 1, "SiteCorrelation", "site", "one of a molecule");
    }

    /// Number of bins.
    Index size() const { return bins_.size(); }
    /// Middles of the bins.
    Vector radii() const { return bins_.radii(); }

    /// Throws ArgumentError for a number of sites that is no multiple of those of a molecule.
    template <ReadableCoordinates X>
    Vector operator()(const X& configuration) const {
        const auto& x = detail::points_of(configuration, "SiteCorrelation");
        const auto m = static_cast<std::size_t>(sites_);
        require(x.size() % m == 0, "SiteCorrelation", "number of sites", static_cast<Index>(x.size()),
                "a multiple of those of a molecule");
        Points first, second;
        for (std::size_t i = 0; i < x.size(); i += m) {
            first.push_back(x[i + static_cast<std::size_t>(a_)]);
            second.push_back(x[i + static_cast<std::size_t>(b_)]);
        }
        return a_ == b_ ? bins_.of(first, box_) : bins_.of_others(first, second, box_);
    }

private:
    Box box_;
    RadialDistribution bins_;
    Index sites_, a_, b_;
};

}  // namespace predcg
