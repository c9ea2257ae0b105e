#pragma once
// Single-site kernels on many replicas of a chain or graph side by side: the tables of their moves.
#include <predcg/chains/shape.hpp>
#include <predcg/chains/tables.hpp>
#include <predcg/concepts/site_classes.hpp>
#include <predcg/core/random.hpp>
#include <predcg/core/scratch.hpp>
#include <predcg/kernels/replica_sweeps.hpp>
#include <predcg/kernels/single_site.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace predcg::detail {

/// What a chain's sites have in common for replicas: neighbours, and the log weights that they give.
class ChainSurroundings {
public:
    ChainSurroundings(const ChainShape& shape, const WeightTables& weights, bool invariant)
        : shape_(shape), weights_(weights), invariant_(invariant),
          logs_(shape.codes() * shape.table_count(invariant)), powers_(shape.width, 1) {
        for (Index k = shape.width - 2; k >= 0; --k) powers_[k] = powers_[k + 1] * shape.letters;
        for (Index k = 0; k < logs_.size(); ++k) logs_[k] = std::log(weights.at(0)[k]);
    }

    Index sites() const { return shape_.sites; }
    Index letters() const { return shape_.letters; }
    /// Whether neighbourhoods are told apart by how often they have each letter.
    bool counts() const { return false; }
    /// Neighbours of a site, and the k-th of them; -1: there is none, in its place stands letter 0.
    Index neighbours() const { return 2 * range(); }
    Index neighbour(Index i, Index k) const {
        const Index j = i + k - range() + (k < range() ? 0 : 1);
        if (shape_.periodic) return (j + shape_.sites) % shape_.sites;
        return j < shape_.sites ? std::max<Index>(j, -1) : -1;
    }
    Index range() const { return shape_.width - 1; }
    bool periodic() const { return shape_.periodic; }

    /// Sites alike: all of a translation-invariant ring; inside an open chain.
    Index kinds() const { return !invariant_ ? shape_.sites : shape_.periodic ? 1 : 2 * range() + 1; }
    Index kind(Index site) const {
        if (!invariant_) return site;
        if (shape_.periodic) return 0;
        const Index from_end = shape_.sites - 1 - site;
        return site < range() ? 1 + site : from_end < range() ? 1 + range() + from_end : 0;
    }

    /// Log weights of a site's letters, given those of its neighbours: sums over the windows that hold it.
    void log_weights(Index site, const Index* around, double* to) const {
        std::fill_n(to, shape_.letters, 0.0);
        for (Index back = 0; back < shape_.width; ++back) {
            const Index j = site - back;  // first site of the window
            if (j < 0 && !shape_.periodic) break;
            Index code = 0;  // with letter 0 here
            for (Index k = 0; k < shape_.width; ++k) {
                if (k == back || (!shape_.periodic && j + k >= shape_.sites)) continue;  // cut
                const Index at = range() - back + k;
                code += around[at < range() ? at : at - 1] * powers_[k];
            }
            const double* const logs =
                logs_.data() + (weights_.at(j < 0 ? j + shape_.sites : j) - weights_.at(0));
            for (Index a = 0; a < shape_.letters; ++a) to[a] += logs[code + a * powers_[back]];
        }
    }

private:
    ChainShape shape_;
    const WeightTables& weights_;
    bool invariant_;
    Scratch<double> logs_;  // of all weights
    Scratch<Index> powers_;
};

/// Numbers the sites: numbers[i] is that of the class and kind of site i, which make(i) gives where it is not
/// known yet (-1). Throws ArgumentError for a class that there is not.
template <ClassifiedSites F, class KindOf, class Make>
void number_sites(const F& f, Index kinds, KindOf&& kind, Scratch<Index>& known, Scratch<Index>& numbers,
                  Make&& make) {
    const Index classes = f.class_count(), all = classes * kinds;
    if (const Index before = known.size(); before < all) {
        known.resize(all, before);
        std::fill(known.begin() + before, known.end(), -1);
    }
    const auto each = [&](auto&& place) PREDCG_ALWAYS_INLINE {
        for (Index site = 0; site < numbers.size(); ++site) {
            const Index of_site = f.site_class(site);
            if (!(of_site >= 0 && of_site < classes)) [[unlikely]]
                argument_error("ClassifiedSites", "site_class(" + to_text(site) + ")", to_text(of_site),
                               "0 to class_count() - 1");
            Index& number = known[place(of_site, site)];
            if (number < 0) [[unlikely]]
                number = make(site);
            numbers[site] = number;
        }
    };
    if (kinds == 1)
        each([](Index of_site, Index) { return of_site; });
    else
        each([&](Index of_site, Index site) { return of_site * kinds + kind(site); });
}

/// Moves of a kernel for targets common x factor, for factors of single sites: a table for every class of the
/// factor and kind of site.
template <class Space, class Factor, class Surroundings>
class ReplicaTables : ReplicaSweeps {
public:
    ReplicaTables(const ReplicaMoves& moves, const Space& space, const Surroundings& around)
        : ReplicaSweeps(around.sites(), around.letters(), around.neighbours(), around.counts(),
                        moves.look_at_letter),
          moves_(moves), space_(space), around_(around), letters_around_(neighbours_), log_weights_(letters_),
          probabilities_(letters_) {
        for (Index i = 0, at = 0; i < sites_; ++i)
            for (Index k = 0; k < neighbours_; ++k) neighbour_[at++] = around.neighbour(i, k);
    }

    /// Places to look at, for so many letters and neighbours.
    static double places(const ReplicaMoves& moves, Index letters, Index neighbours, bool counts) {
        return power(static_cast<double>(counts ? neighbours + 1 : letters),
                     counts ? letters - 1 : neighbours) *
               (moves.look_at_letter ? static_cast<double>(letters) : 1.0);
    }
    /// Whether replicas pay on a chain: few places to look at, whose number fits a byte, and few tables.
    static bool pay(const ReplicaMoves& moves, const ChainShape& shape, bool invariant) {
        const double letters = static_cast<double>(shape.letters), sites = static_cast<double>(shape.sites);
        const double there = places(moves, shape.letters, 2 * (shape.width - 1), false);
        const double tables = invariant && ClassifiedSites<Factor> ? 1.0 : sites;
        return shape.letters >= 2 && shape.letters <= most_letters && shape.sites > 2 * (shape.width - 1) &&
               there <= 64.0 && tables * there * letters <= 65536.0;
    }
    static constexpr Index most_letters = 8, most_places = 127;
    using ReplicaSweeps::most_neighbours;

    /// Makes it the tables of this factor.
    void set(const Factor& factor) {
        if constexpr (ClassifiedSites<Factor>) {
            number_sites(
                factor, around_.kinds(), [this](Index site) { return around_.kind(site); }, table_of_kind_,
                table_of_site_, [&](Index site) { return tabulate(site, factor); });
        } else {  // sites are alike where the factor turns out to be the same
            if (tables_ > 4 * sites_) {
                forget_tables();
                tables_seen_.clear();
            }
            for (Index site = 0; site < sites_; ++site) {
                weigh(site, factor);
                key_.assign(row_.begin(), row_.end());
                key_.push_back(static_cast<double>(around_.kind(site)));
                auto found = tables_seen_.find(key_);
                if (found == tables_seen_.end())
                    found = tables_seen_.emplace(key_, tabulate(site, factor)).first;
                table_of_site_[site] = found->second;
            }
        }
    }

    /// One sweep. A random order is the same for all lanes.
    void sweep(Replicas& replicas, Philox4x32& rng) {
        // Sites that do not see each other: nobody waits for the letter that was drawn last.
        const SweepOrder order =
            moves_.order == SweepOrder::automatic ? SweepOrder::checkerboard : moves_.order;
        if (!has_order_ || order == SweepOrder::random) {
            Index at = 0;
            detail::sweep(*this, order, rng, [&](Index i) { order_[at++] = i; });
            has_order_ = true;
        }
        move(replicas, rng);
    }

    // What detail::sweep asks for.
    Index sites() const { return sites_; }
    Index range() const { return around_.range(); }
    bool periodic() const { return around_.periodic(); }
    decltype(auto) coloured_order() const
        requires HasColouredOrder<Surroundings>
    {
        return around_.coloured_order();
    }

private:
    /// Log weights of a site's letters by the factor, in row_.
    void weigh(Index site, const Factor& factor) {
        const Index width = Window(factor.window()).width;
        const ChainShape single{sites_, letters_, 1, 1, false};
        row_.resize(letters_);
        windows_of(single, space_, site, window_, [&](Index code, auto window) {
            row_[code] = factor.local_log_density(site, narrow(window, width));
        });
        double top = -std::numeric_limits<double>::infinity();
        for (const double weight : row_) {
            if (std::isnan(weight)) throw NumericalError("sampling: the log density is NaN");
            top = std::max(top, weight);
        }
        if (std::isinf(top))
            throw NumericalError("sampling: the log density of every letter at a site is " + to_text(top));
    }

    /// Letters around a site that has a neighbourhood; false: there is none of that number.
    bool decode(Index site, Index code) {
        const Index d = neighbours_;
        auto& around = letters_around_;
        if (!counts_) {
            for (Index k = d - 1; k >= 0; --k, code /= letters_) around[k] = code % letters_;
        } else {
            Index k = 0;
            for (Index a = 1; a < letters_; ++a, code /= d + 1)
                for (Index n = code % (d + 1); n > 0; --n) {
                    if (k == d) return false;
                    around[k++] = a;
                }
            std::fill(around.begin() + k, around.end(), 0);
        }
        for (Index k = 0; k < d; ++k)
            if (neighbour_[site * d + k] < 0 && around[k] != 0) return false;
        return true;
    }

    /// Thresholds of a site.
    [[gnu::cold]] Index tabulate(Index site, const Factor& factor) {
        const Index q = letters_;
        const Index seen = moves_.look_at_letter ? q : 1;  // letters here that make a difference
        weigh(site, factor);
        for (Index code = 0; code < neighbourhoods_; ++code) {
            const bool is_there = decode(site, code);
            if (is_there) around_.log_weights(site, letters_around_.data(), log_weights_.data());
            for (Index a = 0; is_there && a < q; ++a) log_weights_[a] += row_[a];
            for (Index here = 0; here < seen; ++here) {
                if (is_there)
                    moves_.weigh(log_weights_.data(), q, here, probabilities_.data());
                else
                    std::fill(probabilities_.begin(), probabilities_.end(), 1.0);
                cumulate(probabilities_.data(), q);
                for (Index a = 0; a < q - 1; ++a) thresholds_.append(probabilities_[a]);
            }
        }
        return add_table();
    }

    ReplicaMoves moves_;
    const Space& space_;
    const Surroundings& around_;
    bool has_order_ = false;
    Scratch<Index> table_of_kind_;  // for every class and kind of site; -1: none yet
    std::map<std::vector<double>, Index>
        tables_seen_{};  // by log weights and kind, of a factor without classes
    std::vector<double> key_;
    Scratch<Index> letters_around_;  // and others to make a table with
    Scratch<double> row_, log_weights_, probabilities_;
    WindowLetters<letter_t<Space>> window_;
};

}  // namespace predcg::detail
