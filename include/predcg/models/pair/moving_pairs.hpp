#pragma once
// A configuration of particles of which one at a time is moved.
#include <predcg/core/error.hpp>
#include <predcg/geometry/periodic_space.hpp>
#include <predcg/models/pair/pair_function.hpp>
#include <predcg/models/pair/pair_sums.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace predcg::pair {

/// Energies of pairs straight from a pair function.
template <PairFunction U>
struct Direct {
    U u;                                          ///< the pair function
    double cutoff() const { return u.cutoff(); }  ///< of u, in nm
    /// Squared distances become energies.
    void energies(double* values, Index count) const {
        for (Index k = 0; k < count; ++k) values[k] = u.pair_energy(std::sqrt(values[k]));
    }
};

/// How MovingPairs finds who is near.
enum class Neighbourhood {
    automatic,  ///< what is faster
    all,        ///< all particles, with a table of all pair energies: n^2 numbers
    lists       ///< lists of who is nearer than cut-off + skin, made by cells
};

/// n particles with pair energies, kept so that what a move of one particle changes is found quickly.
///
/// With `all`, energies of all pairs are kept: a move computes n - 1 new ones, and an accepted one writes
/// them. With `lists`, each particle knows who was nearer than cut-off + skin when lists were made; they are
/// made anew before a particle goes further than half the skin (which grows where moves are long), in O(n) by
/// cells where three or more fit along each edge. Both give the same numbers, bit for bit: energies of pairs
/// are added in the same order, and those out of reach are exactly 0.
///
/// Law: cutoff(), and energies(values, count), which turns squared distances below cutoff^2 into energies.
template <class Law>
class MovingPairs {
public:
    /// The box of a space. Throws ArgumentError for a cut-off beyond half the shortest edge.
    MovingPairs(Law law, const PeriodicSpace<Points>& space, Neighbourhood how = Neighbourhood::automatic)
        : law_(std::move(law)), image_(space.image()),
          places_(image_, static_cast<std::size_t>(space.particles())),
          n_(static_cast<std::size_t>(space.particles())), largest_(law_.cutoff() * law_.cutoff()),
          skin_(0.3 * law_.cutoff()) {
        require(law_.cutoff() <= image_.reach(), "pair::MovingPairs", "cutoff", law_.cutoff(),
                "at most half the shortest edge of the box");
        lists_ = how == Neighbourhood::lists || (how == Neighbourhood::automatic && n_ > 1000);
        for (auto* room : {&squares_, &near_, &row_}) room->resize(n_);
        which_.resize(n_);
    }

    /// Number of particles.
    Index size() const { return static_cast<Index>(n_); }

    /// Takes a configuration. What is the same as before costs O(n). Throws ArgumentError for another number
    /// of particles, and coordinates that are not finite.
    void take(const Points& X) {
        require_equal(static_cast<Index>(X.size()), size(), "pair::MovingPairs", "number of particles",
                      "that of the space");
        bool same = begun_;
        for (std::size_t i = 0; i < n_ && same; ++i) same = X[i] == places_[i];
        if (same) return;
        places_.take(X, "pair::MovingPairs");
        begun_ = true;
        if (lists_)
            make_lists();
        else
            make_table();
    }
    /// Writes the configuration, with all coordinates within the box.
    void give(Points& X) const {
        for (std::size_t i = 0; i < n_; ++i) X[i] = places_[i];
    }

    /// U with particle i moved by `step`, less U.
    double energy_difference(Index i, const Point& step) {
        moved_ = static_cast<std::size_t>(i);
        const Point here = places_[moved_];
        trial_ = image_.wrapped(predcg::detail::plus(here, step));
        return lists_ ? difference_by_lists(here) : difference_by_table();
    }

    /// Makes the move that was asked about last.
    void accept() {
        places_.set(moved_, trial_);
        if (lists_) {
            if (!listed(trial_)) make_lists();  // others do not know it where it went
            return;
        }
        double* own = table_.data() + moved_ * n_;
        for (std::size_t j = 0; j < n_; ++j) own[j] = row_[j];
        double* column = table_.data() + moved_;
        for (std::size_t j = 0; j < n_; ++j) column[j * n_] = row_[j];
    }

private:
    static constexpr std::size_t lanes = 4;
    using Sums = std::array<double, lanes>;
    static double total(const Sums& s) { return (s[0] + s[1]) + (s[2] + s[3]); }

    /// Energies with all particles of a particle at a place.
    void energies_at(const Point& from, std::size_t self) {
        places_.squared_distances(from, n_, squares_.data());
        squares_[self] = largest_;
        std::size_t count = 0;
        const double *const squares = squares_.data(), largest = largest_;
        double* const near = near_.data();
        std::int32_t* const which = which_.data();
        for (std::size_t j = 0; j < n_; ++j) {
            which[count] = static_cast<std::int32_t>(j);
            near[count] = squares[j];
            count += squares[j] < largest;
        }
        law_.energies(near_.data(), static_cast<Index>(count));
        std::fill(row_.begin(), row_.end(), 0.0);
        for (std::size_t k = 0; k < count; ++k) row_[static_cast<std::size_t>(which_[k])] = near_[k];
    }

    double sum_of(const double* row) const {
        Sums s{};
        std::size_t j = 0;
        for (; j + lanes <= n_; j += lanes)
            for (std::size_t l = 0; l < lanes; ++l) s[l] += row[j + l];
        for (std::size_t l = 0; j < n_; ++j, ++l) s[l] += row[j];
        return total(s);
    }

    void make_table() {
        table_.resize(n_ * n_);
        for (std::size_t i = 0; i < n_; ++i) {
            energies_at(places_[i], i);
            std::copy(row_.begin(), row_.end(), table_.begin() + static_cast<std::ptrdiff_t>(i * n_));
        }
    }
    double difference_by_table() {
        energies_at(trial_, moved_);
        return sum_of(row_.data()) - sum_of(table_.data() + moved_ * n_);
    }

    // Lists.

    /// Energy of the moved particle with those of its list, at a place.
    double energy_by_list(const Point& from) {
        const std::int32_t* const list = list_.data() + moved_ * capacity_;
        const auto length = static_cast<std::size_t>(length_[moved_]);
        std::size_t count = 0;
        const double largest = largest_;
        double* const near = near_.data();
        std::int32_t* const which = which_.data();
        for (std::size_t k = 0; k < length; ++k) {
            const double square = places_.squared_distance(from, static_cast<std::size_t>(list[k]));
            which[count] = list[k];
            near[count] = square;
            count += square < largest;
        }
        law_.energies(near_.data(), static_cast<Index>(count));
        Sums s{};
        for (std::size_t k = 0; k < count; ++k) s[static_cast<std::size_t>(which_[k]) % lanes] += near_[k];
        return total(s);
    }
    double difference_by_lists(const Point& here) {
        ++asked_;
        const Point step = image_.difference(here, trial_);
        const bool is_long = predcg::detail::dot(step, step) > 0.25 * skin_ * skin_;
        if (!is_long && !listed(trial_)) make_lists();
        if (is_long && !listed(trial_)) {
            energies_at(trial_, moved_);
            const double there = sum_of(row_.data());
            return there - energy_by_list(here);
        }
        const double there = energy_by_list(trial_);
        return there - energy_by_list(here);
    }
    /// Whether the moved particle's list holds there.
    bool listed(const Point& place) const {
        return image_.squared_distance(listed_[moved_], place) <= 0.25 * skin_ * skin_;
    }

    void make_lists() {
        // Lists that do not live for half a sweep were too short.
        if (!listed_.empty() && 2 * asked_ < n_) skin_ = std::min(1.5 * skin_, 2.0 * law_.cutoff());
        asked_ = 0;
        listed_.resize(n_);
        for (std::size_t i = 0; i < n_; ++i) listed_[i] = places_[i];
        const double reach = law_.cutoff() + skin_;
        std::array<std::size_t, 3> cells{};  // half as wide as the reach
        bool by_cells = true;
        for (std::size_t k = 0; k < 3; ++k) {
            cells[k] = static_cast<std::size_t>(std::min(2.0 * image_.lengths()[k] / reach, 64.0));
            by_cells = by_cells && cells[k] >= 6;
        }
        if (capacity_ == 0) capacity_ = first_capacity(reach);
        for (bool fits = false; !fits;) {
            length_.assign(n_, 0);
            list_.resize(n_ * capacity_);
            fits = by_cells ? fill_by_cells(cells, reach) : fill_from_all(reach);
            if (!fits) capacity_ = std::min(2 * capacity_, n_);
        }
    }
    std::size_t first_capacity(double reach) const {
        const Point& L = image_.lengths();
        const double mean = 4.19 * reach * reach * reach * static_cast<double>(n_) / (L[0] * L[1] * L[2]);
        return std::min(n_, static_cast<std::size_t>(1.5 * mean) + 16);
    }
    /// i becomes the last in j's list, which thus is in ascending order. False where it is full.
    bool append(std::size_t j, std::size_t i) {
        auto& length = length_[j];
        if (static_cast<std::size_t>(length) == capacity_) return false;
        list_[j * capacity_ + static_cast<std::size_t>(length++)] = static_cast<std::int32_t>(i);
        return true;
    }
    bool fill_from_all(double reach) {
        for (std::size_t i = 0; i < n_; ++i) {
            places_.squared_distances(listed_[i], n_, squares_.data());
            for (std::size_t j = 0; j < n_; ++j)
                if (j != i && squares_[j] < reach * reach && !append(j, i)) return false;
        }
        return true;
    }
    bool fill_by_cells(const std::array<std::size_t, 3>& cells, double reach) {
        const auto cell_of = [&](const Point& p) {
            std::array<std::size_t, 3> at{};
            for (std::size_t k = 0; k < 3; ++k)
                at[k] = std::min(cells[k] - 1, static_cast<std::size_t>(p[k] / image_.lengths()[k] *
                                                                        static_cast<double>(cells[k])));
            return at;
        };
        const auto number = [&](std::size_t a, std::size_t b, std::size_t c) {
            return (a * cells[1] + b) * cells[2] + c;
        };
        std::vector<std::int32_t> head(cells[0] * cells[1] * cells[2], -1), next(n_, -1);
        for (std::size_t i = n_; i-- > 0;) {
            const auto at = cell_of(listed_[i]);
            auto& first = head[number(at[0], at[1], at[2])];
            next[i] = first;
            first = static_cast<std::int32_t>(i);
        }
        for (std::size_t i = 0; i < n_; ++i) {
            const auto at = cell_of(listed_[i]);
            for (std::size_t a = 0; a < 5; ++a)
                for (std::size_t b = 0; b < 5; ++b)
                    for (std::size_t c = 0; c < 5; ++c) {
                        std::int32_t j = head[number((at[0] + a + cells[0] - 2) % cells[0],
                                                     (at[1] + b + cells[1] - 2) % cells[1],
                                                     (at[2] + c + cells[2] - 2) % cells[2])];
                        for (; j >= 0; j = next[static_cast<std::size_t>(j)]) {
                            const auto other = static_cast<std::size_t>(j);
                            if (other == i || !(places_.squared_distance(listed_[i], other) < reach * reach))
                                continue;
                            if (!append(other, i)) return false;
                        }
                    }
        }
        return true;
    }

    Law law_;
    MinimumImage image_;
    detail::PlacesInBox places_;
    std::size_t n_;
    double largest_, skin_;
    bool lists_ = false, begun_ = false;
    std::vector<double> squares_, near_, row_, table_;
    std::vector<std::int32_t> which_;
    std::size_t moved_ = 0;
    Point trial_{};
    std::vector<Point> listed_;  // where particles were when lists were made
    std::vector<std::int32_t> list_, length_;
    std::size_t capacity_ = 0, asked_ = 0;  // asked_: moves since lists were made
};

}  // namespace predcg::pair
