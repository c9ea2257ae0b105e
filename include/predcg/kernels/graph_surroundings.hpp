#pragma once
// What replicas on a graph need: neighbours, and the log weights that their letters give.
#include <predcg/concepts/target.hpp>
#include <predcg/kernels/conditionals.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <vector>

namespace predcg::detail {

/// Of a target that knows differences of one site and its neighbours: log weights of every kind of site and
/// neighbourhood. Sites that turn out to be alike are of one kind. Where it does not matter which neighbour
/// has which letter, neighbourhoods are told apart by how often they have each.
template <LocalTarget T>
    requires HasNeighbours<T>
class GraphSurroundings {
    using Space = space_t<T>;

public:
    static constexpr double most_rows = 1 << 18;

    /// `must_count`: of use only where the order of the neighbours does not matter; tables end where it does.
    explicit GraphSurroundings(const T& target, bool must_count = false)
        : sites_(target.space().size()),
          letters_(static_cast<Index>(std::ranges::size(target.space().values()))),
          list_(target.neighbours(), sites_, letters_), kinds_(site_kinds(target, list_, sites_)) {
        const double kinds = 1.0 + static_cast<double>(*std::max_element(kinds_.begin(), kinds_.end()));
        if (list_.count() * kinds > most_rows) return;
        rows_of_kind_ = static_cast<Index>(list_.count());
        tabulate(target, must_count);
    }

    /// False where there are too many neighbourhoods, or some where no letter is possible.
    bool usable() const { return usable_; }

    Index sites() const { return sites_; }
    Index letters() const { return letters_; }
    bool counts() const { return counts_; }
    Index neighbours() const { return list_.most(); }
    Index neighbour(Index i, Index k) const {
        const auto list = list_.of(i);
        return k < std::ssize(list) ? list[static_cast<std::size_t>(k)] : -1;
    }
    Index range() const { return -1; }
    bool periodic() const { return true; }
    const std::vector<Index>& coloured_order() const { return list_.coloured_order(); }

    Index kinds() const { return count_of_kinds_; }
    Index kind(Index site) const { return kinds_[static_cast<std::size_t>(site)]; }

    void log_weights(Index site, const Index* around, double* to) const {
        Index code = 0;
        for (Index k = 0; k < std::ssize(list_.of(site)); ++k) code = code * letters_ + around[k];
        const double* row = rows_.data() + (kind(site) * rows_of_kind_ + code) * letters_;
        std::copy_n(row, letters_, to);
    }

private:
    void tabulate(const T& target, bool must_count) {
        auto X = blank_configuration(target.space());
        std::vector<Index> number;                  // of the kinds said to be there: what it is here
        std::map<std::vector<double>, Index> seen;  // kinds by their rows
        std::vector<double> rows;
        usable_ = counts_ = true;
        for (Index i = 0; i < sites_; ++i) {
            const auto kind = static_cast<std::size_t>(kinds_[static_cast<std::size_t>(i)]);
            if (kind >= number.size()) number.resize(kind + 1, -1);
            if (number[kind] < 0) {
                weigh(target, i, X, rows);
                if (!usable_) return;
                std::vector<double> key = rows;
                key.push_back(static_cast<double>(list_.of(i).size()));
                const auto [at, is_new] = seen.try_emplace(std::move(key), std::ssize(seen));
                number[kind] = at->second;
                if (is_new) {
                    rows_.insert(rows_.end(), rows.begin(), rows.end());
                    counts_ = counts_ && is_symmetric(rows, std::ssize(list_.of(i)));
                    usable_ = counts_ || !must_count;
                    if (!usable_) return;
                }
            }
            kinds_[static_cast<std::size_t>(i)] = number[kind];
        }
        count_of_kinds_ = std::ssize(seen);
    }

    /// Log weights of the letters of a site in all neighbourhoods; the largest is 0.
    void weigh(const T& target, Index i, configuration_t<Space>& X, std::vector<double>& rows) {
        const auto list = list_.of(i);
        const auto letter = [&](Index a) {
            const auto& space = target.space();  // may be a value, as the letters may
            const auto& letters = space.values();
            return std::ranges::begin(letters)[a];
        };
        rows.assign(static_cast<std::size_t>(rows_of_kind_ * letters_), 0.0);
        Index codes = 1;
        for (std::size_t k = 0; k < list.size(); ++k) codes *= letters_;
        for (Index code = 0; code < codes; ++code) {
            Index rest = code;
            for (std::size_t k = list.size(); k-- > 0; rest /= letters_)
                X[static_cast<std::size_t>(list[k])] = letter(rest % letters_);
            double* row = rows.data() + code * letters_;
            bool is_fine = false;  // differences to a letter that is possible are not NaN, nor infinite
            for (Index base = 0; base < letters_ && !is_fine; ++base) {
                X[static_cast<std::size_t>(i)] = letter(base);
                is_fine = true;
                for (Index a = 0; a < letters_; ++a) {
                    row[a] = a == base ? 0.0 : target.log_density_difference(X, i, letter(a));
                    is_fine = is_fine && row[a] < std::numeric_limits<double>::infinity();
                }
            }
            if (!is_fine) usable_ = false;
            const double top = *std::max_element(row, row + letters_);
            for (Index a = 0; a < letters_; ++a) row[a] -= top;
        }
    }

    /// Whether rows are the same, up to rounding, where neighbours have the same letters in another order.
    bool is_symmetric(const std::vector<double>& rows, Index neighbours) const {
        std::vector<Index> digits(static_cast<std::size_t>(neighbours));
        for (Index code = 0; code < std::ssize(rows) / letters_; ++code) {
            Index rest = code, sorted = 0;
            for (Index& digit : digits) {
                digit = rest % letters_;
                rest /= letters_;
            }
            if (rest > 0) break;  // of sites with more neighbours
            std::sort(digits.begin(), digits.end(), std::greater<>());
            for (const Index digit : digits) sorted = sorted * letters_ + digit;
            for (Index a = 0; a < letters_; ++a) {
                const double here = rows[static_cast<std::size_t>(code * letters_ + a)];
                const double there = rows[static_cast<std::size_t>(sorted * letters_ + a)];
                if (!(here == there || std::abs(here - there) <= 1e-12 * (1.0 + std::abs(here))))
                    return false;
            }
        }
        return true;
    }

    Index sites_, letters_;
    Neighbourhoods list_;
    std::vector<Index> kinds_;  // of the sites
    Index count_of_kinds_ = 0, rows_of_kind_ = 0;
    bool usable_ = false, counts_ = false;
    std::vector<double> rows_;
};

}  // namespace predcg::detail
