#pragma once
// The recursions of a transfer matrix for one chain or several of one shape side by side. They know tables,
// not targets.
#include <predcg/chains/lanes.hpp>
#include <predcg/chains/tables.hpp>
#include <predcg/core/scratch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Of the log of a message between two scalings, and half as much of the log of messages' ratios, so that all
/// stays within the range of a double.
inline constexpr double largest_change = 150.0;

/// States are reached from each other in so many windows.
inline double reach(const ChainShape& shape) {
    return static_cast<double>(std::max<Index>(1, shape.width - 1));
}

/// After how many sites messages are scaled, where log weights at a site differ by no more than `spread`.
inline Index scaling_period(const ChainShape& shape, double spread) {
    if (spread * reach(shape) > largest_change) return 1;
    return std::max<Index>(
        1, static_cast<Index>(largest_change / (spread + std::log(static_cast<double>(shape.letters)))));
}

/// Messages of several chains forward, and then backward with means and covariances of statistics.
///
/// A ring is cut open: all of its starts are carried together, or one in each lane. Letters, states and
/// starts may be given at compile time (not 0), where they are few and speed is wanted.
///
/// Covariances are sums over sites of those of martingale differences: with g(s) the mean of what is still
/// to come from state s on, the statistic less its mean is the sum over sites of f(window) + g(next) - g(s),
/// which are uncorrelated. Nothing cancels, and of two letters one product does for both.
template <Index Letters = 0, Index States = 0, Index Starts = 0>
class ChainPass {
public:
    using V = Lanes;

    /// What statistics are at the windows: those that the chains share, and the chains' own, whose windows
    /// may be shorter.
    struct Statistics {
        const StatisticTables& common;
        Index common_size;
        const V* own = nullptr;  ///< codes of own windows x own_size, site after site
        Index own_size = 0;
        Index own_codes = 1;

        Index size() const { return common_size + own_size; }
    };

    /// Weights of the windows: those that the chains share, times the chains' own, whose windows may be
    /// shorter.
    struct Weights {
        const WeightTables& common;
        const V* own = nullptr;  ///< codes of own windows, site after site; null: 1
        Index own_codes = 1;
    };

    /// `starts` is 1, or all of the shape's.
    [[gnu::cold]] ChainPass(const ChainShape& shape, Index starts)
        : shape_(shape), starts_(starts), final_(shape.states * starts), window_(shape.codes()),
          forward_((shape.sites + 1) * shape.states * starts), backward_(shape.states * starts),
          next_(shape.states * starts), scale_(shape.sites) {}

    /// Weights with which paths of start a begin and end in state s, initial(s, a) and final(s, a); messages
    /// are scaled every `period` sites.
    template <class Initial, class Final>
    void set_ends(Initial&& initial, Final&& final, Index period) {
        period_ = period;
        for (Index s = 0, j = 0; s < states(); ++s)
            for (Index a = 0; a < starts(); ++a, ++j) {
                forward_[j] = initial(s, a);
                final_[j] = final(s, a);
            }
    }

    /// The ends of all starts of a ring, or of an open chain.
    void set_all_ends(Index period) {
        const bool ring = shape_.periodic;
        set_ends([ring](Index s, Index a) { return V::of(!ring || s == a ? 1.0 : 0.0); },
                 [](Index s, Index a) { return V::of(s == a ? 1.0 : 0.0); }, period);
    }

    /// log of the weight of all paths, but for common.log_shift(); -infinity where there is none.
    V forward(const Weights& weights) {
        const Index q = letters(), n_states = states(), n_starts = starts(), block = n_states * n_starts;
        const Index stride = n_states / q, ends = std::min(q, n_states);  // next = middle ends + last
        V log_weight = V::of(0.0);
        for (Index i = 0; i < shape_.sites; ++i) {
            weigh(weights, i);
            const V* window = window_.data();
            const V* from = forward_.data() + i * block;
            V* to = forward_.data() + (i + 1) * block;
            for (Index next = 0, middle = 0; next < n_states; ++middle)
                for (Index last = 0; last < ends; ++last, ++next)
                    for (Index a = 0; a < n_starts; ++a, ++to) {
                        V sum = from[middle * n_starts + a] * window[next];
                        for (Index first = 1; first < q; ++first)
                            sum += from[(first * stride + middle) * n_starts + a] *
                                   window[first * n_states + next];
                        *to = sum;
                    }
            if (is_scaled(i)) log_weight += scale(forward_.data() + (i + 1) * block, scale_[i]).log();
        }
        end_ = V::of(0.0);
        for (Index j = 0; j < block; ++j) end_ += final_[j] * forward_[shape_.sites * block + j];
        return log_weight + end_.log();
    }

    /// After forward(): the lane has no part in what follows, whatever its numbers are.
    void drop(Index lane) { end_[lane] = std::numeric_limits<double>::infinity(); }

    /// After forward(): adds `factor` times the probabilities of the windows to `pooled`, codes of all tables
    /// of the common statistics, and the sums of the own statistics times these to `own_mean`.
    void means(const Weights& weights, const V& factor, const Statistics& statistics, V* pooled,
               V* own_mean) {
        const Index q = letters(), n_states = states(), n_starts = starts(), block = n_states * n_starts;
        const Index share = n_states * q / statistics.own_codes;
        start_backward(factor * end_.inverse_or_zero());
        for (Index i = shape_.sites - 1; i >= 0; --i) {
            weigh_scaled(weights, i);
            V* window = window_.data();
            const V* left = forward_.data() + i * block;
            const V* right = right_;
            V* to = left_;
            for (Index s = 0, next = 0; s < n_states; ++s, left += n_starts, to += n_starts)
                for (Index last = 0; last < q; ++last, ++window) {
                    const V weight = *window;
                    V marginal = V::of(0.0);
                    for (Index a = 0; a < n_starts; ++a) {
                        const V way = weight * right[next * n_starts + a];
                        marginal += left[a] * way;
                        if (last == 0)
                            to[a] = way;
                        else
                            to[a] += way;
                    }
                    *window = marginal;
                    if (++next == n_states) next = 0;
                }
            std::swap(right_, left_);
            V* sum = pooled + statistics.common.table_of(i) * n_states * q;
            for (Index code = 0; code < n_states * q; ++code) sum[code] += window_[code];
            if (statistics.own_size == 0) continue;
            const V* value = statistics.own + i * statistics.own_codes * statistics.own_size;
            if (statistics.own_codes == q)
                add_own_means(value, q, n_states, statistics.own_size, own_mean);
            else
                add_own_means(value, statistics.own_codes, share, statistics.own_size, own_mean);
        }
    }

    /// After forward(): mean()[k] and covariance()[k (k+1)/2 + l], l <= k, of the statistics; zero in lanes
    /// without a path.
    void moments(const Weights& weights, const Statistics& statistics) {
        const Index d = statistics.size(), block = states() * starts();
        rest_.assign(d * block, V::of(0.0));
        next_rest_.resize(d * block);
        rest_at_ = rest_.data();
        next_rest_at_ = next_rest_.data();
        differences_.resize(d * terms());
        shares_.resize(terms());
        weights_.resize(terms());
        weighted_.resize(terms());
        mean_.assign(d, V::of(0.0));
        covariance_.assign(d * (d + 1) / 2, V::of(0.0));
        own_place_.resize(shape_.codes());
        for (Index code = 0; code < shape_.codes(); ++code)
            own_place_[code] = code / (shape_.codes() / statistics.own_codes) * statistics.own_size;
        start_backward(end_.inverse_or_zero());
        for (Index i = shape_.sites - 1; i >= 0; --i) {
            weigh_scaled(weights, i);
            step_back(forward_.data() + i * block);
            const Index common = statistics.common_size;
            const double* value = statistics.common.at(i);
            for (Index k = 0; k < common; ++k)
                differ(k, [&](Index code) { return value[code * common + k]; });
            const V* own = statistics.own + i * statistics.own_codes * statistics.own_size;
            for (Index k = 0; k < statistics.own_size; ++k)
                differ(common + k, [&](Index code) -> const V& { return own[own_place_[code] + k]; });
            std::swap(right_, left_);
            std::swap(rest_at_, next_rest_at_);
            add_products(d);
            if (i % 64 == 0) recentre(d);
        }
        add_starts(d);
    }
    const V* mean() const { return mean_.data(); }
    const V* covariance() const { return covariance_.data(); }

private:
    /// An array where its length is known at compile time.
    template <Index N>
    struct Buffer {
        std::array<V, static_cast<std::size_t>(N)> at;
        explicit Buffer(Index = 0) {}
        void resize(Index) {}
        V* data() { return at.data(); }
        V& operator[](Index k) { return at[static_cast<std::size_t>(k)]; }
    };
    using Vectors = Scratch<V>;
    template <Index N>
    using Some = std::conditional_t<N == 0, Vectors, Buffer<N>>;

    Index letters() const { return Letters > 0 ? Letters : shape_.letters; }
    Index states() const { return States > 0 ? States : shape_.states; }
    Index starts() const { return Starts > 0 ? Starts : starts_; }
    /// Martingale differences of a site: of two letters the one determines the other.
    Index terms() const { return states() * starts() * (letters() == 2 ? 1 : letters()); }
    bool is_scaled(Index site) const {
        return period_ < shape_.sites && (site + 1) % period_ == 0 && site + 1 < shape_.sites;
    }

    /// With probabilities of the windows in window_, so many of which, `share`, go together.
    void add_own_means(const V* value, Index own_codes, Index share, Index size, V* own_mean) {
        const V* marginal = window_.data();
        for (Index code = 0; code < own_codes; ++code) {
            V probability = *marginal++;
            for (Index k = 1; k < share; ++k) probability += *marginal++;
            for (Index k = 0; k < size; ++k) own_mean[k] += probability * *value++;
        }
    }

    void start_backward(const V& end) {
        right_ = backward_.data();
        left_ = next_.data();
        for (Index j = 0; j < states() * starts(); ++j) right_[j] = final_[j] * end;
    }

    /// Writes the weights of a site's windows.
    void weigh(const Weights& weights, Index site) {
        const double* common = weights.common.at(site);
        const Index codes = states() * letters();
        V* window = window_.data();
        if (!weights.own) {
            for (Index code = 0; code < codes; ++code) window[code] = V::of(common[code]);
            return;
        }
        const V* own = weights.own + site * weights.own_codes;
        if (weights.own_codes == letters())  // windows of one letter: no division
            weigh_by(common, own, letters(), states());
        else
            weigh_by(common, own, weights.own_codes, codes / weights.own_codes);
    }
    void weigh_by(const double* common, const V* own, Index own_codes, Index share) {
        V* window = window_.data();
        for (Index code = 0; code < own_codes; ++code)
            for (Index k = 0; k < share; ++k) *window++ = *common++ * own[code];
    }

    void weigh_scaled(const Weights& weights, Index site) {
        weigh(weights, site);
        if (!is_scaled(site)) return;
        for (Index code = 0; code < states() * letters(); ++code) window_[code] *= scale_[site];
    }

    /// Divides messages by their sum, keeps the inverse, returns the sum; lanes without a path are left.
    V scale(V* messages, V& inverse) const {
        V sum = messages[0];
        for (Index k = 1; k < states() * starts(); ++k) sum += messages[k];
        for (Index l = 0; l < lane_count; ++l)
            if (!(sum[l] > 0.0)) sum[l] = 1.0;
        inverse = sum.inverse();
        for (Index k = 0; k < states() * starts(); ++k) messages[k] *= inverse;
        return sum;
    }

    /// The state that a window leads to: `next` with letter 0, and another last letter.
    Index behind(Index next, Index last) const { return states() == 1 ? 0 : next + last; }

    /// Backward messages before a site from those behind it; shares_ of the letters that come next, and
    /// weights_ of the differences.
    void step_back(const V* left) {
        const Index q = letters(), n_states = states(), n_starts = starts();
        const V* window = window_.data();
        const V* right = right_;
        for (Index s = 0, next = 0, j = 0; s < n_states; ++s, window += q) {
            for (Index a = 0; a < n_starts; ++a, ++j) {
                if (q == 2) {
                    const V way = window[0] * right[next * n_starts + a];
                    const V other = window[1] * right[behind(next, 1) * n_starts + a];
                    const V sum = way + other;
                    left_[j] = sum;
                    shares_[j] = other * sum.inverse();
                    weights_[j] = left[j] * way * shares_[j];
                } else {
                    V sum = V::of(0.0);
                    for (Index last = 0; last < q; ++last) {
                        const V way = window[last] * right[behind(next, last) * n_starts + a];
                        sum += way;
                        shares_[j * q + last] = way;
                    }
                    left_[j] = sum;
                    const V inverse = sum.inverse();
                    for (Index last = 0; last < q; ++last) {
                        weights_[j * q + last] = left[j] * shares_[j * q + last];
                        shares_[j * q + last] *= inverse;
                    }
                }
            }
            next = next + q < n_states ? next + q : 0;
        }
    }

    /// Martingale differences of a component at a site, and the mean of what is to come before it, from that
    /// behind it; value(code) is the component at a window.
    template <class Value>
    void differ(Index k, Value&& value) {
        const Index q = letters(), n_states = states(), n_starts = starts(), block = n_states * n_starts;
        const V* rest = rest_at_ + k * block;
        V* to = next_rest_at_ + k * block;
        V* difference = differences_.data() + k * terms();
        for (Index s = 0, next = 0, j = 0; s < n_states; ++s) {
            const Index code = s * q;
            for (Index a = 0; a < n_starts; ++a, ++j) {
                if (q == 2) {
                    const V first = value(code) + rest[next * n_starts + a];
                    const V second = value(code + 1) + rest[behind(next, 1) * n_starts + a] - first;
                    difference[j] = second;
                    to[j] = first + shares_[j] * second;
                } else {
                    V mean = V::of(0.0);
                    for (Index last = 0; last < q; ++last) {
                        const V whole = value(code + last) + rest[behind(next, last) * n_starts + a];
                        difference[j * q + last] = whole;
                        mean += shares_[j * q + last] * whole;
                    }
                    for (Index last = 0; last < q; ++last) difference[j * q + last] -= mean;
                    to[j] = mean;
                }
            }
            next = next + q < n_states ? next + q : 0;
        }
    }

    void add_products(Index d) {
        const Index count = terms();
        V* sum = covariance_.data();
        for (Index k = 0; k < d; ++k) {
            const V* left = differences_.data() + k * count;
            for (Index j = 0; j < count; ++j) weighted_[j] = weights_[j] * left[j];
            for (Index l = 0; l <= k; ++l, ++sum) {
                const V* right = differences_.data() + l * count;
                V products = *sum;
                for (Index j = 0; j < count; ++j) products += weighted_[j] * right[j];
                *sum = products;
            }
        }
    }

    /// What is to come, less a constant that goes to the mean: differences of large sums would lose digits.
    void recentre(Index d) {
        const Index block = states() * starts();
        for (Index k = 0; k < d; ++k) {
            V* rest = rest_at_ + k * block;
            const V centre = rest[0];
            mean_[k] += centre;
            for (Index j = 0; j < block; ++j) rest[j] -= centre;
        }
    }

    /// Mean over the states and starts where paths begin, and the covariance between them.
    void add_starts(Index d) {
        const Index block = states() * starts();
        for (Index j = 0; j < block; ++j) right_[j] *= forward_[j];  // probabilities
        for (Index k = 0; k < d; ++k) {
            V* rest = rest_at_ + k * block;
            V mean = V::of(0.0);
            for (Index j = 0; j < block; ++j) mean += right_[j] * rest[j];
            for (Index j = 0; j < block; ++j) rest[j] -= mean;
            mean_[k] += mean;
        }
        V* sum = covariance_.data();
        for (Index k = 0; k < d; ++k)
            for (Index l = 0; l <= k; ++l, ++sum)
                for (Index j = 0; j < block; ++j)
                    *sum += right_[j] * (rest_at_[k * block + j] * rest_at_[l * block + j]);
    }

    static constexpr Index block_size = States * Starts;
    ChainShape shape_;
    Index starts_, period_ = 1;
    Some<block_size> final_;
    Scratch<Index> own_place_;
    Some<block_size * Letters / (Starts > 0 ? Starts : 1)> window_;
    Vectors forward_;
    Some<block_size> backward_, next_;
    Vectors scale_;  // inverse sums that messages were divided by
    V end_;
    V *right_ = nullptr, *left_ = nullptr;  // backward messages behind a site and before it
    V *rest_at_ = nullptr, *next_rest_at_ = nullptr;
    Vectors rest_, next_rest_, differences_, mean_, covariance_;
    Some<block_size*(Letters == 2 ? 1 : Letters)> shares_, weights_, weighted_;
};

}  // namespace predcg::detail
