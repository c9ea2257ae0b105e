#pragma once
// Partition sums of the same data at several parameters, a lane each.
#include <predcg/chains/class_rows.hpp>
#include <predcg/chains/lane_tables.hpp>
#include <predcg/chains/lanes.hpp>
#include <predcg/chains/pass_tables.hpp>
#include <predcg/chains/tables.hpp>
#include <predcg/concepts/site_classes.hpp>
#include <predcg/core/scratch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace predcg::detail {

/// Sums over data k of log Z of common target times factor(k), at as many parameters as there are lanes. All
/// windows of a ring have the same common table, factors are known by classes of sites: a site's weights are
/// then those of its class, which lie side by side, and nothing is gathered.
///
/// As LaneSums: weights are not balanced, and lanes where the range of a double might not do are given up.
template <class T, class Factor>
class ParameterLanes {
    using Space = space_t<T>;

public:
    /// Whether chains of such a shape are done here: messages and weights of few classes stay in the
    /// processor's nearest cache.
    static bool pays(const ChainShape& shape, Index classes) {
        return (shape.periodic || shape.width == 1) && shape.states * shape.starts() <= 16 &&
               classes * shape.codes() <= 256;
    }

    /// The first so many lanes have common targets; `shape` is that of common windows and factors'.
    [[gnu::cold]] ParameterLanes(const ChainShape& shape, const ChainShape& factor_shape, Index classes,
                                 const Space& space, std::span<const T> commons)
        : shape_(shape), factor_shape_(factor_shape), space_(space),
          lanes_(static_cast<Index>(commons.size())), common_(shape.codes(), Lanes::of(1.0)),
          weights_(classes * shape.codes()), units_(classes), made_(classes), class_of_(shape.sites),
          row_(factor_shape.codes() + 2), messages_(2 * shape.states * shape.starts()) {
        std::fill(made_.begin(), made_.end(), std::uint8_t{0});
        for (Index lane = 0; lane < lanes_; ++lane) {
            const auto k = static_cast<std::size_t>(lane);
            const T& common = commons[k];
            if (!is_translation_invariant(common)) continue;
            try {
                const WeightTables tables(shape, common, "ParameterLanes");
                for (Index code = 0; code < shape.codes(); ++code) common_[code][lane] = tables.at(0)[code];
                log_shift_[lane] = tables.log_shift();
                spread_[k] = tables.spread();
                forbidden_[k] = tables.forbidden();
                is_in_[k] = true;
            } catch (const NumericalError&) {  // told where it is done alone
            }
            leave_where_out_of_range(lane, 0.0, false);
        }
    }

    /// log Z of the common targets.
    [[gnu::cold]] Lanes log_partitions() {
        Lanes log_z = Lanes::of(0.0);
        const Lanes end = forward([this](Index) { return common_.data(); }, log_z);
        return log_shift_ + log_z + end.log();
    }

    /// Adds weight times log Z of the common targets times factor(lane).
    template <class F>
    [[gnu::cold]] void add(F&& factor, double weight) {
        const auto first = factor(Index{0});
        for (Index site = 0; site < shape_.sites; ++site) {
            const auto k = static_cast<Index>(first.site_class(site));
            if (!(k >= 0 && k < made_.size()))
                argument_error("ClassifiedSites", "site_class(" + to_text(site) + ")", to_text(k),
                               "0 to class_count() - 1");
            class_of_[site] = static_cast<std::uint32_t>(k);
            if (!made_[k]) make(k, site, factor);
        }
        Lanes log_z = log_shift_;
        for (Index site = 0; site < shape_.sites; ++site) log_z += units_[class_of_[site]];
        const Lanes end =
            forward([this](Index site) { return weights_.data() + class_of_[site] * shape_.codes(); }, log_z);
        if (weight == 1.0) {  // few logarithms: of products
            product_ *= end;
            for (Index lane = 0; lane < lanes_; ++lane)
                if (!(product_[lane] < 1e100 && product_[lane] > 1e-100)) {
                    sum_ += product_.log();
                    product_ = Lanes::of(1.0);
                    break;
                }
            sum_ += log_z;
        } else {
            sum_ += weight * (log_z + end.log());
        }
    }

    /// What was added; NaN in lanes that were given up.
    [[gnu::cold]] Lanes sums() const {
        Lanes sums = sum_ + product_.log();
        for (Index lane = 0; lane < lane_count; ++lane)
            if (!is_in_[static_cast<std::size_t>(lane)]) sums[lane] = undefined;
        return sums;
    }

private:
    /// The weights of a class, with the common ones; site is one of its sites.
    template <class F>
    [[gnu::cold]] void make(Index k, Index site, F& factor) {
        made_[k] = 1;
        const Index codes = shape_.codes(), own = factor_shape_.codes();
        for (Index lane = 0; lane < lanes_; ++lane) {
            if (!is_in_[static_cast<std::size_t>(lane)]) continue;
            tabulate_factor(space_, factor_shape_, factor(lane), site, letters_, row_.data());
            const double spread = row_[own + 1];
            leave_where_out_of_range(lane, std::abs(spread), spread < 0.0);
            for (Index code = 0; code < codes; ++code)
                weights_[k * codes + code][lane] = row_[code / (codes / own)];
            units_[k][lane] = row_[own];
        }
        for (Index lane = 0; lane < lane_count; ++lane) {
            const bool is_in = is_in_[static_cast<std::size_t>(lane)];
            for (Index code = 0; code < codes; ++code) {
                double& weight = weights_[k * codes + code][lane];
                weight = is_in ? weight * common_[code][lane] : 1.0;
            }
            if (!is_in) units_[k][lane] = 0.0;
        }
    }

    /// Gives a lane up, whose factors have windows of such a spread, where the range of a double might not
    /// do.
    void leave_where_out_of_range(Index lane, double spread, bool forbidden) {
        const auto k = static_cast<std::size_t>(lane);
        factor_spread_[k] = std::max(factor_spread_[k], spread);
        forbidden_[k] = forbidden_[k] || forbidden;
        const double all = spread_[k] + factor_spread_[k];
        is_in_[k] = is_in_[k] && in_range(shape_, all, forbidden_[k]);
        double worst = 0.0;
        for (std::size_t l = 0; l < is_in_.size(); ++l)
            if (is_in_[l]) worst = std::max(worst, spread_[l] + factor_spread_[l]);
        period_ = scaling_period(shape_, worst);
    }

    /// The weight of all paths, but for what is added to log_weight.
    template <class WeightsAt>
    Lanes forward(WeightsAt&& weights, Lanes& log_weight) {
        if (shape_.is_smallest_ring()) return forward_as<2, 2>(weights, log_weight);
        return forward_as<0, 0>(weights, log_weight);
    }

    /// Of so many states and letters, or any where they are 0.
    template <Index States, Index Letters, class WeightsAt>
    Lanes forward_as(WeightsAt& weights, Lanes& log_weight) {
        const Index states = States > 0 ? States : shape_.states, q = Letters > 0 ? Letters : shape_.letters;
        const Index starts = States > 0 ? States : shape_.starts();
        Lanes near[States > 0 ? 2 * States * States : 1];
        Lanes* from = States > 0 ? near : messages_.data();
        Lanes* to = from + states * starts;
        for (Index a = 0; a < starts; ++a)
            for (Index s = 0; s < states; ++s) from[a * states + s] = Lanes::of(a == s ? 1.0 : 0.0);
        for (Index site = 0; site < shape_.sites; ++site) {
            const Lanes* const weight = weights(site);
            for (Index a = 0; a < starts; ++a)
                for (Index next = 0; next < states; ++next) {
                    // the windows that lead there: of states next / q + first * states / q
                    Lanes sum = from[a * states + next / q] * weight[next];
                    for (Index first = 1; first < q; ++first) {
                        const Index code = first * states + next;
                        sum += from[a * states + code / q] * weight[code];
                    }
                    to[a * states + next] = sum;
                }
            std::swap(from, to);
            if ((site + 1) % period_ == 0 && site + 1 < shape_.sites) {
                Lanes inverse;
                log_weight += scale_messages(from, states * starts, inverse).log();
            }
        }
        Lanes end = from[0];
        for (Index a = 1; a < starts; ++a) end += from[a * states + a];
        return end;
    }

    ChainShape shape_, factor_shape_;
    Space space_;
    Index lanes_, period_ = 1;
    Scratch<Lanes> common_;            // weights of the common targets' windows
    Scratch<Lanes> weights_;           // of those and a class's factors, class after class
    Scratch<Lanes> units_;             // log weights that a class's are relative to
    Scratch<std::uint8_t> made_;       // whether a class is in the tables
    Scratch<std::uint32_t> class_of_;  // of the sites of a datum
    Scratch<double> row_;
    Scratch<Lanes> messages_;
    WindowLetters<letter_t<Space>> letters_;
    std::array<double, static_cast<std::size_t>(lane_count)> spread_{}, factor_spread_{};
    std::array<bool, static_cast<std::size_t>(lane_count)> forbidden_{}, is_in_{};
    Lanes log_shift_ = Lanes::of(0.0), sum_ = Lanes::of(0.0), product_ = Lanes::of(1.0);
};

}  // namespace predcg::detail
