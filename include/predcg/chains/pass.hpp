#pragma once
// The recursions of a transfer matrix for one chain or several of one shape side by side. They know tables,
// not targets.
#include <predcg/chains/pass_tables.hpp>
#include <predcg/core/scratch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace predcg::detail {

/// Messages of several chains forward, and then backward with means and covariances of statistics.
///
/// A ring is cut open: all of its starts are carried together, or one in each lane. Letters, states and
/// starts may be given at compile time (not 0), where they are few and speed is wanted.
///
/// Second moments are taken by groups of starts, so that what is worked on stays in the processor's nearer
/// caches. Where the messages of all sites are too many for its caches, those of every length_-th are kept,
/// and the others are made again on the way back.
///
/// Covariances are sums over sites of those of martingale differences: with g(s) the mean of what is still
/// to come from state s on, the statistic less its mean is the sum over sites of f(window) + g(next) - g(s),
/// which are uncorrelated. Nothing cancels, and of two letters one product does for both.
template <Index Letters = 0, Index States = 0, Index Starts = 0>
class ChainPass {
public:
    using V = Lanes;

    using Weights = PassWeights;
    using Statistics = PassStatistics;

    /// `starts` is 1, or all of the shape's.
    [[gnu::cold]] ChainPass(const ChainShape& shape, Index starts)
        : shape_(shape), starts_(starts), final_(shape.states * starts), window_(shape.codes()),
          backward_(shape.states * starts), next_(shape.states * starts) {
        const Index block = shape.states * starts, most = 32768;  // 2 MB of messages
        group_ = Starts > 0 ? Starts : std::clamp<Index>(128 / shape.states, 1, starts);
        is_whole_ = (shape.sites + 1) * block <= most;
        length_ = is_whole_ ? shape.sites : std::max<Index>(16, most / (16 * shape.states * group_));
        forward_.resize(is_whole_ ? (shape.sites + 1) * block : ((shape.sites - 1) / length_ + 1) * block);
        if (!is_whole_) again_.resize((length_ + 1) * shape.states * group_);
        columns_ = starts;
    }

    /// Weights with which paths of start a begin and end in state s, initial(s, a) and final(s, a); messages
    /// are scaled every `period` sites.
    template <class Initial, class Final>
    void set_ends(Initial&& initial, Final&& final, Index period) {
        period_ = period;
        scale_.resize(shape_.sites / period);
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
        const Index block = states() * starts();
        columns_ = starts();
        V log_weight = V::of(0.0);
        V *from = forward_.data(), *to = next_.data();
        for (Index i = 0; i < shape_.sites; ++i) {
            weigh(weights, i);
            if (is_whole_)
                to = from + block;
            else if ((i + 1) % length_ == 0 && i + 1 < shape_.sites)
                to = forward_.data() + (i + 1) / length_ * block;
            else
                to = from == next_.data() ? backward_.data() : next_.data();
            step_forward(from, to);
            if (is_scaled(i)) log_weight += scale(to, scale_[i / period_]).log();
            from = to;
        }
        end_ = V::of(0.0);
        for (Index j = 0; j < block; ++j) end_ += final_[j] * from[j];
        return log_weight + end_.log();
    }

    /// After forward(): the lane has no part in what follows, whatever its numbers are.
    void drop(Index lane) { end_[lane] = std::numeric_limits<double>::infinity(); }

    /// After forward(): adds `factor` times the probabilities of the windows to `pooled`, codes of all tables
    /// of the common statistics, and the sums of the own statistics times these to `own_mean`.
    void means(const Weights& weights, const V& factor, const Statistics& statistics, V* pooled,
               V* own_mean) {
        const Index q = letters(), n_states = states();
        const Index share = n_states * q / statistics.own_codes;
        const Index count = is_whole_ ? starts() : group_;
        for (Index first = 0; first < starts(); first += count) {
            begin_back(first, count, factor * end_.inverse_or_zero());
            for (Index i = shape_.sites - 1; i >= 0; --i) {
                const Index n_starts = columns();
                const V* left = messages_at(weights, i);
                const V* right = right_;
                V *window = window_.data(), *to = left_;
                for (Index s = 0, next = 0; s < n_states; ++s, left += stride(), to += n_starts)
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
    }

    /// After forward(): mean()[k] and covariance()[k (k+1)/2 + l], l <= k, of the statistics; zero in lanes
    /// without a path.
    void moments(const Weights& weights, const Statistics& statistics) {
        const Index d = statistics.size(), block = states() * group_;
        rest_.resize(d * block);
        next_rest_.resize(d * block);
        differences_.resize(d * terms());
        shares_.resize(terms());
        weights_.resize(terms());
        weighted_.resize(terms());
        other_weighted_.resize(terms());
        mean_.assign(d, V::of(0.0));
        covariance_.assign(d * (d + 1) / 2 + d + 2, V::of(0.0));  // rows are read two at a time
        begin_rest_.resize(d * states() * starts());
        begin_weight_.resize(states() * starts());
        centre_.resize((shape_.sites + 63) / 64 * d);
        own_place_.resize(shape_.codes());
        for (Index code = 0; code < shape_.codes(); ++code)
            own_place_[code] = code / (shape_.codes() / statistics.own_codes) * statistics.own_size;
        for (Index first = 0; first < starts(); first += group_) {
            rest_.assign(d * block, V::of(0.0));
            rest_at_ = rest_.data();
            next_rest_at_ = next_rest_.data();
            begin_back(first, group_, end_.inverse_or_zero());
            for (Index i = shape_.sites - 1; i >= 0; --i) {
                const V* left = messages_at(weights, i);
                const Index common = statistics.common_size;
                const double* value = statistics.common.at(i);
                const V* own = statistics.own + i * statistics.own_codes * statistics.own_size;
                for (Index begin = 0; begin < states(); begin += states_at_once()) {
                    const Index end = std::min(states(), begin + states_at_once());
                    step_back(left, begin, end);
                    for (Index k = 0; k < common; ++k)
                        differ(k, begin, end, [&](Index code) { return value[code * common + k]; });
                    for (Index k = 0; k < statistics.own_size; ++k)
                        differ(common + k, begin, end,
                               [&](Index code) -> const V& { return own[own_place_[code] + k]; });
                    add_products(d, (end - begin) * state_terms());
                }
                std::swap(right_, left_);
                std::swap(rest_at_, next_rest_at_);
                if (i % 64 == 0) recentre(d, i / 64);
            }
            keep_beginnings(d);
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
    /// Starts that are carried on the present way: all, or those of a group.
    Index columns() const { return Starts > 0 ? Starts : columns_; }
    /// Martingale differences of a state at a site: of two letters the one determines the other.
    Index state_terms() const { return columns() * (letters() == 2 ? 1 : letters()); }
    /// So many states are looked at together: their differences stay in the nearest cache.
    Index states_at_once() const {
        return States > 0 ? States : std::clamp<Index>(32 / state_terms(), 1, states());
    }
    /// Room for the differences of states that are looked at together.
    Index terms() const {
        return States > 0 ? States * state_terms() : std::max<Index>(32, group_ * letters());
    }
    bool is_scaled(Index site) const { return (site + 1) % period_ == 0 && site + 1 < shape_.sites; }

    /// With probabilities of the windows in window_, so many of which, `share`, go together.
    void add_own_means(const V* value, Index own_codes, Index share, Index size, V* own_mean) {
        const V* marginal = window_.data();
        for (Index code = 0; code < own_codes; ++code) {
            V probability = *marginal++;
            for (Index k = 1; k < share; ++k) probability += *marginal++;
            for (Index k = 0; k < size; ++k) own_mean[k] += probability * *value++;
        }
    }

    /// Messages behind a site from those before it, with the weights of its windows.
    void step_forward(const V* from, V* to) {
        const Index q = letters(), n_states = states(), n_starts = columns();
        const Index stride = n_states / q, ends = std::min(q, n_states);  // next = middle ends + last
        const V* window = window_.data();
        for (Index next = 0, middle = 0; next < n_states; ++middle)
            for (Index last = 0; last < ends; ++last, ++next)
                for (Index a = 0; a < n_starts; ++a, ++to) {
                    V sum = from[middle * n_starts + a] * window[next];
                    for (Index first = 1; first < q; ++first)
                        sum +=
                            from[(first * stride + middle) * n_starts + a] * window[first * n_states + next];
                    *to = sum;
                }
    }

    /// Begins the way back of `count` starts from `first` on, with backward messages times `end` in right_.
    void begin_back(Index first, Index count, const V& end) {
        first_ = first;
        columns_ = std::min(count, starts() - first);
        right_ = backward_.data();
        left_ = next_.data();
        for (Index s = 0, j = 0; s < states(); ++s)
            for (Index a = 0; a < columns(); ++a, ++j) right_[j] = final_[s * starts() + first + a] * end;
    }

    /// The messages before a site, and, in window_, the scaled weights of its windows; last site first. From
    /// state to state messages are stride() apart.
    const V* messages_at(const Weights& weights, Index site) {
        if (!is_whole_ && (site + 1 == shape_.sites || (site + 1) % length_ == 0))
            make_again(weights, site / length_ * length_, site + 1);
        weigh_scaled(weights, site);
        return is_whole_ ? forward_.data() + site * states() * starts() + first_
                         : again_.data() + site % length_ * states() * columns();
    }
    Index stride() const { return is_whole_ ? starts() : columns(); }

    /// The messages of a group of starts before the sites begin..behind-1.
    [[gnu::noinline]] void make_again(const Weights& weights, Index begin, Index behind) {
        const V* kept = forward_.data() + begin / length_ * states() * starts();
        V* to = again_.data();
        for (Index s = 0; s < states(); ++s)
            for (Index a = 0; a < columns(); ++a) *to++ = kept[s * starts() + first_ + a];
        for (Index i = begin; i + 1 < behind; ++i, to += states() * columns()) {
            weigh_scaled(weights, i);
            step_forward(to - states() * columns(), to);
        }
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
        for (Index code = 0; code < states() * letters(); ++code) window_[code] *= scale_[site / period_];
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

    /// Backward messages before a site from those behind it, in the states begin..end-1; shares_ of the
    /// letters that come next, and weights_ of the differences.
    void step_back(const V* left, Index begin, Index end) {
        const Index q = letters(), n_states = states(), n_starts = columns();
        const V* window = window_.data() + begin * q;
        const V* right = right_;
        V* to = left_ + begin * n_starts;
        left += begin * stride();
        for (Index s = begin, next = begin * q % n_states, j = 0; s < end;
             ++s, window += q, left += stride()) {
            for (Index a = 0; a < n_starts; ++a, ++j) {
                if (q == 2) {
                    const V way = window[0] * right[next * n_starts + a];
                    const V other = window[1] * right[behind(next, 1) * n_starts + a];
                    const V sum = way + other;
                    to[j] = sum;
                    shares_[j] = other * sum.inverse();
                    weights_[j] = left[a] * way * shares_[j];
                } else {
                    V sum = V::of(0.0);
                    for (Index last = 0; last < q; ++last) {
                        const V way = window[last] * right[behind(next, last) * n_starts + a];
                        sum += way;
                        shares_[j * q + last] = way;
                    }
                    to[j] = sum;
                    const V inverse = sum.inverse();
                    for (Index last = 0; last < q; ++last) {
                        weights_[j * q + last] = left[a] * shares_[j * q + last];
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
    void differ(Index k, Index begin, Index end, Value&& value) {
        const Index q = letters(), n_states = states(), n_starts = columns(), block = n_states * n_starts;
        const V* rest = rest_at_ + k * block;
        V* to = next_rest_at_ + k * block + begin * n_starts;
        V* difference = differences_.data() + k * terms();
        for (Index s = begin, next = begin * q % n_states, j = 0; s < end; ++s) {
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

    /// Adds the products of differences of so many terms, two components by two: sums that do not wait for
    /// each other, and half the loads.
    void add_products(Index d, Index count) {
        V* sum = covariance_.data();
        const auto row = [&](Index k) { return differences_.data() + k * terms(); };
        const auto weigh_row = [&](const V* from, V* to) {
            for (Index j = 0; j < count; ++j) to[j] = weights_[j] * from[j];
        };
        V* const weighted = weighted_.data();
        V* const other = other_weighted_.data();
        for (Index k = 0; k < d; k += 2) {
            V* const below = sum + k + 1;  // the sums of the next row
            const bool two = k + 1 < d;
            weigh_row(row(k), weighted);
            if (two) weigh_row(row(k + 1), other);
            for (Index l = 0; l <= k; l += 2) {
                const V *left = row(l), *right = row(l + 1 < d ? l + 1 : l);
                V a = sum[l], b = sum[l + 1], c = below[l], e = below[l + 1];
                for (Index j = 0; j < count; ++j) {
                    a += weighted[j] * left[j];
                    b += weighted[j] * right[j];
                    c += other[j] * left[j];
                    e += other[j] * right[j];
                }
                sum[l] = a;
                if (l < k) sum[l + 1] = b;
                if (two) {
                    below[l] = c;
                    below[l + 1] = e;
                }
            }
            sum = below + k + 2;
        }
    }

    /// What is to come, less a constant that goes to the mean: differences of large sums would lose digits.
    /// It is the same for all groups of starts.
    void recentre(Index d, Index place) {
        const Index block = states() * columns();
        for (Index k = 0; k < d; ++k) {
            V* rest = rest_at_ + k * block;
            V& centre = centre_[place * d + k];
            if (first_ == 0) {
                centre = rest[0];
                mean_[k] += centre;
            }
            const V constant = centre;
            for (Index j = 0; j < block; ++j) rest[j] -= constant;
        }
    }

    /// Of a group of starts: probabilities of the states where paths begin, and what is to come from there.
    void keep_beginnings(Index d) {
        const Index n_starts = starts(), block = states() * columns();
        for (Index s = 0, j = 0; s < states(); ++s)
            for (Index a = 0; a < columns(); ++a, ++j) {
                const Index at = s * n_starts + first_ + a;
                begin_weight_[at] = right_[j] * forward_[at];
                for (Index k = 0; k < d; ++k)
                    begin_rest_[k * states() * n_starts + at] = rest_at_[k * block + j];
            }
    }

    /// Mean over the states and starts where paths begin, and the covariance between them.
    void add_starts(Index d) {
        const Index block = states() * starts();
        for (Index k = 0; k < d; ++k) {
            V* rest = begin_rest_.data() + k * block;
            V mean = V::of(0.0);
            for (Index j = 0; j < block; ++j) mean += begin_weight_[j] * rest[j];
            for (Index j = 0; j < block; ++j) rest[j] -= mean;
            mean_[k] += mean;
        }
        V* sum = covariance_.data();
        for (Index k = 0; k < d; ++k)
            for (Index l = 0; l <= k; ++l, ++sum)
                for (Index j = 0; j < block; ++j)
                    *sum += begin_weight_[j] * (begin_rest_[k * block + j] * begin_rest_[l * block + j]);
    }

    static constexpr Index block_size = States * Starts;
    ChainShape shape_;
    Index starts_, period_ = 1;
    Index group_ = 1;                // starts that go back together
    Index length_ = 1;               // sites from one kept block of messages to the next
    Index first_ = 0, columns_ = 1;  // starts of the present way
    bool is_whole_ = true;           // all messages are kept
    Some<block_size> final_;
    Scratch<Index> own_place_;
    Some<block_size * Letters / (Starts > 0 ? Starts : 1)> window_;
    Vectors forward_, again_;  // messages that are kept; those of a group of starts between two of them
    Some<block_size> backward_, next_;
    Vectors scale_;  // inverse sums that messages were divided by
    V end_;
    V *right_ = nullptr, *left_ = nullptr;  // backward messages behind a site and before it
    V *rest_at_ = nullptr, *next_rest_at_ = nullptr;
    Vectors rest_, next_rest_, differences_, mean_, covariance_;
    Vectors begin_rest_, centre_;
    Some<block_size> begin_weight_;
    Some<block_size*(Letters == 2 ? 1 : Letters)> shares_, weights_, weighted_, other_weighted_;
};

}  // namespace predcg::detail
