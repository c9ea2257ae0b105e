#pragma once
// Configuration spaces that serve most models; a user's own need only meet the concept.
#include <predcg/core/error.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/core/random.hpp>
#include <predcg/core/real_coordinates.hpp>
#include <predcg/core/types.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

/// Letter^n: n sites, each with one of Q letters (spins: {-1, +1}).
///
/// Sites is the number of sites at compile time, or `dynamic`. A configuration is a std::array or a
/// std::vector of letters.
template <class Letter, std::size_t Q, Index Sites = dynamic>
class LatticeSpace {
public:
    using configuration_type =
        std::conditional_t<Sites == dynamic, std::vector<Letter>,
                           std::array<Letter, static_cast<std::size_t>(Sites == dynamic ? 1 : Sites)>>;

    /// Throws ArgumentError for sites < 1, or other than the number fixed at compile time.
    explicit constexpr LatticeSpace(std::array<Letter, Q> letters, Index sites = Sites)
        : letters_(letters), sites_(sites) {
        require(sites >= 1, "LatticeSpace", "sites", sites, "an integer >= 1");
        require(Sites == dynamic || sites == Sites, "LatticeSpace", "sites", sites,
                "the number fixed at compile time");
    }

    constexpr Index size() const { return Sites == dynamic ? sites_ : Sites; }

    /// The alphabet of every site, in a fixed order.
    constexpr const std::array<Letter, Q>& values() const { return letters_; }

    /// Independent, uniform letters.
    template <RandomBits R>
    configuration_type random(R& rng) const {
        configuration_type X{};
        if constexpr (Sites == dynamic) X.resize(static_cast<std::size_t>(sites_));
        for (auto& letter : X)
            letter = letters_[static_cast<std::size_t>(uniform_index(rng, static_cast<Index>(Q)))];
        return X;
    }

private:
    std::array<Letter, Q> letters_;
    Index sites_;
};

namespace detail {
/// Spaces whose random() draws every letter alike: engines may begin many chains in a way of their own.
template <class Space>
inline constexpr bool has_uniform_start = false;
template <class Letter, std::size_t Q, Index Sites>
inline constexpr bool has_uniform_start<LatticeSpace<Letter, Q, Sites>> = true;
}  // namespace detail

/// R^n; a configuration is a column vector.
template <Index Size = dynamic>
class RealSpace {
public:
    using configuration_type = Eigen::Matrix<double, Size, 1>;

    /// R^n, of coordinates that differ by some `length`, in their own unit. Throws ArgumentError for a size <
    /// 1, or other than the one fixed at compile time, and a length that is not a number > 0.
    explicit RealSpace(Index size = Size, double length = 1.0) : size_(size), length_(length) {
        require(size >= 1, "RealSpace", "size", size, "an integer >= 1");
        require(Size == dynamic || size == Size, "RealSpace", "size", size,
                "the number fixed at compile time");
        require_positive(length, "RealSpace", "length");
    }

    Index size() const { return size_; }

    /// What kernels on R^n begin with: the length, of every coordinate.
    configuration_type scales() const { return configuration_type::Constant(size_, length_); }

    /// Independent normals of this length: a start, not a draw from any target.
    template <RandomBits R>
    configuration_type random(R& rng) const {
        Vector start = standard_normal_vector(rng, size_);
        linalg::multiply(start, length_);
        return start;
    }

private:
    Index size_;
    double length_;
};

/// n points in R^d, n d coordinates, as configurations of a type of the user's choice (RealCoordinates knows
/// which): std::vector<std::array<double, 3>>, Eigen::Matrix3Xd, one's own.
template <RealConfiguration X = std::vector<std::array<double, 3>>>
class PointSpace {
public:
    using configuration_type = X;

    /// Configurations are copies of `shape` with other coordinates: what else it holds stays.
    explicit PointSpace(X shape) : shape_(std::move(shape)), size_(coordinate_count(shape_)) {
        require(size_ >= 1, "PointSpace", "number of coordinates", size_, "an integer >= 1");
    }
    /// n points, for types that are sized by their number (blank_points).
    explicit PointSpace(Index points, Index dimension = 3)
        requires detail::SizedByPoints<X>
        : PointSpace(blank_points<X>(points, dimension)) {}

    /// Number of coordinates.
    Index size() const { return size_; }

    /// Independent standard normals: a start, not a draw from any target.
    template <RandomBits R>
    X random(R& rng) const {
        X start = shape_;
        set_coordinates(start, standard_normal_vector(rng, size_));
        return start;
    }

private:
    X shape_;
    Index size_;
};

/// The half space normal . X >= offset.
struct Wall {
    Vector normal;        ///< Points inwards.
    double offset = 0.0;  ///< Allowed is normal . z >= offset.

    /// > 0 inside.
    double distance(const Vector& X) const { return linalg::dot(normal, X) - offset; }
};

/// A space of R^n with walls: `walls()`, a range of Wall, each of n numbers.
template <class S>
concept HasWalls = requires(const S space) {
    requires InputRange<std::remove_cvref_t<decltype(space.walls())>>;
    { *std::begin(space.walls()) } -> std::convertible_to<Wall>;
};

/// R^n between walls: what kernels on R^n reflect at.
class WalledSpace : public RealSpace<> {
public:
    /// R^n, where each wall is kept to.
    explicit WalledSpace(Index size, std::vector<Wall> walls = {})
        : RealSpace<>(size), walls_(std::move(walls)) {
        for (const Wall& wall : walls_)
            require_equal(wall.normal.size(), size, "WalledSpace", "size of a normal");
    }

    /// The walls.
    const std::vector<Wall>& walls() const { return walls_; }

    /// True inside or on all walls.
    bool contains(const Vector& X) const {
        bool inside = true;
        for (const Wall& wall : walls_) inside = inside && !(wall.distance(X) < 0.0);
        return inside;
    }

    /// X mirrored at walls that it lies behind, until it lies behind none: after finitely many times, where
    /// the walls leave an open set (Motzkin, Schoenberg, Canad. J. Math. 6 (1954) 393). X as it then is after
    /// 1000 rounds.
    Vector mirrored(Vector X) const {
        for (int round = 0; round < 1000 && !contains(X); ++round)
            for (const Wall& wall : walls_)
                if (const double d = wall.distance(X); d < 0.0) {
                    const double step = 2.0 * d / linalg::squared_norm(wall.normal);
                    for (Index k = 0; k < X.size(); ++k) X[k] -= step * wall.normal[k];
                }
        return X;
    }

    /// A standard normal, mirrored into the walls: a start.
    template <RandomBits R>
    Vector random(R& rng) const {
        return mirrored(RealSpace<>::random(rng));
    }

private:
    std::vector<Wall> walls_;
};

}  // namespace predcg
