#pragma once
// The recursions of a transfer matrix for one chain or several of one shape side by side. They know tables,
// not targets.
#include <predcg/chains/pass_tables.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <limits>
#include <utility>

namespace predcg::detail {

/// Messages of several chains forward, and then backward with means and covariances of statistics.
///
/// A ring is cut open: all of its starts are carried, or one in each lane. Behind a site the paths of a start
/// reach those states alone that agree with it, where they overlap, at the ring's beginning and end.
///
/// Backward goes start by start, so that what is worked on stays in the processor's nearer caches. Where the
/// messages of all sites are too many for its caches, those of every length_-th are kept, and the others are
/// made again on the way back.
///
/// Covariances are sums over sites of those of martingale differences: with g(s) the mean of what is still
/// to come from state s on, the statistic less its mean is the sum over sites of f(window) + g(next) - g(s),
/// which are uncorrelated. Nothing cancels, and of two letters one product does for both.
class ChainPass {
    using V = Lanes;

public:
    /// `starts` is 1, or all of the shape's. Without `keep` there is no way back: forward() alone.
    [[gnu::cold]] ChainPass(const ChainShape& shape, Index starts, bool keep = true)
        : shape_(shape), starts_(starts), row_(shape.states + (starts > 8 ? 1 : 0)), block_(row_ * starts),
          has_all_windows_(keep && shape.sites * shape.codes() <= most_windows),
          windows_(shape.codes() * (has_all_windows_ ? shape.sites : 1)), final_(starts > 1 ? 1 : block_),
          right_(shape.states), next_(std::max(block_, 2 * shape.states)) {
        for (Index k = 1; k < shape.width; ++k) powers_[k] = powers_[k - 1] * shape.letters;
        find_reached();
        is_whole_ = keep && (shape.sites + 1) * block_ <= most_messages;
        length_ = is_whole_ || !keep ? shape.sites : length_for(shape.states);
        forward_.resize(is_whole_ ? (shape.sites + 1) * block_ : ((shape.sites - 1) / length_ + 1) * block_);
        if (!is_whole_) other_.resize(block_);
        if (keep && !is_whole_) again_.resize((length_ + 1) * shape.states);
    }

    /// Weights with which paths of the one start begin and end in state s, initial(s) and final(s); messages
    /// are scaled every `period` sites.
    template <class Initial, class Final>
    void set_ends(Initial&& initial, Final&& final, Index period) {
        set_period(period);
        for (Index s = 0; s < block_; ++s) {
            forward_[s] = initial(s);
            final_[s] = final(s);
        }
    }

    /// The ends of all starts of a ring, or of an open chain.
    void set_all_ends(Index period) {
        if (starts_ == 1)
            return set_ends([](Index) { return V::of(1.0); },
                            [](Index s) { return V::of(s == 0 ? 1.0 : 0.0); }, period);
        set_period(period);
        for (Index a = 0; a < starts_; ++a) forward_[a * row_ + a] = V::of(1.0);
    }

    /// log of the weight of all paths, but for common.log_shift(); -infinity where there is none.
    V forward(const PassWeights& weights) {
        V log_weight = V::of(0.0);
        V *from = forward_.data(), *to = next_.data();
        for (Index i = 0; i < shape_.sites; ++i) {
            V* const windows = windows_.data() + (has_all_windows_ ? i * shape_.codes() : 0);
            weigh(weights, i, windows);
            if (is_whole_)
                to = from + block_;
            else if ((i + 1) % length_ == 0 && i + 1 < shape_.sites)
                to = forward_.data() + (i + 1) / length_ * block_;
            else
                to = from == next_.data() ? other_.data() : next_.data();
            if (const Reached& at = reached(i + 1, 0); at.count == shape_.states && at.formers > 1)
                step_all_forward(windows, from, to);
            else
                for (Index a = 0; a < starts_; ++a)
                    step_forward(i, a, windows, from + a * row_, to + a * row_);
            if (is_scaled(i)) {
                V& inverse = scale_[i / period_];
                log_weight += scale(i + 1, to, inverse).log();
                if (has_all_windows_)
                    for (Index code = 0; code < shape_.codes(); ++code) windows[code] *= inverse;
            }
            from = to;
        }
        end_ = V::of(0.0);
        if (starts_ == 1)
            for (Index s = 0; s < block_; ++s) end_ += final_[s] * from[s];
        else
            for (Index a = 0; a < starts_; ++a) end_ += from[a * row_ + a];
        return log_weight + end_.log();
    }

    /// After forward(): the lane has no part in what follows, whatever its numbers are.
    void drop(Index lane) { end_[lane] = std::numeric_limits<double>::infinity(); }

    /// After forward(): adds `factor` times the probabilities of the windows to `pooled`, codes of all tables
    /// of the common statistics, and the sums of the own statistics times these to `own_mean`. The
    /// probabilities are kept for chances(), where there are own statistics or `keep` says so.
    void means(const PassWeights& weights, const V& factor, const PassStatistics& statistics, V* pooled,
               V* own_mean, bool keep = false) {
        const Index codes = shape_.codes(), own_codes = statistics.own_codes;
        set_places(own_codes, 1);
        keep = keep || statistics.own_size > 0;
        if (keep) own_chances_.assign(shape_.sites * own_codes, V::of(0.0));
        const Index n_states = shape_.states, chance_codes = keep ? own_codes : 0;
        const auto step = [&](Index i, Index first, Index behind) {  // of some starts at a site
            const V* const windows = scaled_windows(weights, i);
            const V* const left = messages_at(weights, i);
            V* const sum = pooled + statistics.common.table_of(i) * codes;
            V* const own = own_chances_.data() + i * chance_codes;
            if (behind - first == starts_ && reached(i, 0).count == n_states && reached(i, 0).letters > 1)
                add_all_chances(windows, left, right_at_, left_at_, sum, own, chance_codes);
            else
                for (Index a = first; a < behind; ++a) {
                    const Index at = (a - first) * row_;
                    add_chances(reached(i, a), windows, left + at, right_at_ + at, left_at_ + at, sum, own,
                                chance_codes);
                }
            std::swap(right_at_, left_at_);
        };
        const Index count = is_whole_ ? starts_ : 1;
        right_.resize(count * row_);
        for (Index first = 0; first < starts_; first += count) {
            for (Index a = count - 1; a >= 0; --a) begin_back(first + a, a, factor * end_.inverse_or_zero());
            for (Index i = shape_.sites - 1; i >= 0; --i) step(i, first, first + count);
        }
        if (statistics.own_size == 0) return;
        const V* chance = own_chances_.data();
        for (Index i = 0; i < shape_.sites; ++i) {
            const V* value = statistics.own->at(i);
            for (Index code = 0; code < own_codes; ++code, ++chance)
                for (Index k = 0; k < statistics.own_size; ++k) own_mean[k] += *chance * *value++;
        }
    }

    /// After means(): `factor` times the probabilities of the own statistics' windows, own_codes a site.
    const V* chances() const { return own_chances_.data(); }

    /// After forward(): mean()[k] and covariance()[k (k+1)/2 + l], l <= k, of the statistics; zero in lanes
    /// without a path.
    void moments(const PassWeights& weights, const PassStatistics& statistics) {
        const Index d = statistics.size(), n_states = shape_.states, common = statistics.common_size;
        const Index beginnings = starts_ > 1 ? starts_ : n_states;
        rest_.resize(2 * d * n_states);
        differences_.resize(d * terms());
        for (Scratch<V>* some : {&shares_, &weights_, &weighted_, &other_weighted_}) some->resize(terms());
        states_.resize(terms());
        nexts_.resize(terms());
        mean_.assign(d, V::of(0.0));
        covariance_.assign(d * (d + 1) / 2 + d + 2, V::of(0.0));  // rows are read two at a time
        begin_rest_.resize(d * beginnings);
        begin_weight_.resize(beginnings);
        centre_.resize((shape_.sites + 63) / 64 * d);
        set_places(statistics.own_codes, statistics.own_size);
        right_.resize(n_states);
        for (Index a = 0; a < starts_; ++a) {
            rest_at_ = rest_.data();
            for (Index k = 0; k < d; ++k)  // behind the last site
                for (Index s = 0; s < n_states; ++s)
                    if (starts_ == 1 || s == a) rest_at_[k * n_states + s] = V::of(0.0);
            next_rest_at_ = rest_at_ + d * n_states;
            begin_back(a, 0, end_.inverse_or_zero());
            for (Index i = shape_.sites - 1; i >= 0; --i) {
                const V* const windows = scaled_windows(weights, i);
                const V* const left = messages_at(weights, i);
                const double* const value = statistics.common.at(i);
                const V* const own = statistics.own_size > 0 ? statistics.own->at(i) : nullptr;
                const Reached& at = reached(i, a);
                for (Index first = 0; first < at.count; first += states_at_once()) {
                    const Index count = std::min(states_at_once(), at.count - first);
                    step_back(at, first, count, windows, left);
                    for (Index k = 0; k < common; ++k)
                        differ(at, k, count, [=](Index code) { return value[code * common + k]; });
                    const Index* const places = own_places_.data();
                    for (Index k = 0; k < statistics.own_size; ++k)
                        differ(at, common + k, count,
                               [=](Index code) -> const V& { return own[places[code] + k]; });
                    if (at.letters > 1) add_products(d, count * (shape_.letters == 2 ? 1 : shape_.letters));
                }
                std::swap(right_at_, left_at_);
                std::swap(rest_at_, next_rest_at_);
                if (i % 64 == 0) recentre(d, reached(i, a), a, i / 64);
            }
            keep_beginnings(d, a, beginnings);
        }
        add_starts(d, beginnings);
    }
    const V* mean() const { return mean_.data(); }
    const V* covariance() const { return covariance_.data(); }

private:
    static constexpr Index most_messages = 32768, most_windows = 16384;  // 2 MB and 1 MB
    /// Of so many states; it divides a stretch of tables (stretch_of).
    static Index length_for(Index states) {
        const Index most = std::clamp<Index>(most_messages / (16 * states), 16, 512);
        return static_cast<Index>(std::bit_floor(static_cast<std::size_t>(most)));
    }

    void set_period(Index period) {
        period_ = period;
        scale_.resize(shape_.sites / period);
    }
    bool is_scaled(Index site) const { return (site + 1) % period_ == 0 && site + 1 < shape_.sites; }

    /// What paths of a start may be at: states before a site's window, begin + k step for k < count, letters
    /// that follow, and letters that were first in the windows before.
    struct Reached {
        Index begin, step, count, letter, letters, former, formers;
        Index middle, follower;  // begin without its last letter, and without its first
    };
    /// Sites near the ring's beginning and end, and one for all between them.
    const Reached& reached(Index site, Index start) const {
        const Index place = std::max(std::min(site, shape_.width), site - skipped_);
        return reached_[place * starts_ + start];
    }
    [[gnu::cold]] void find_reached() {
        const Index kinds = std::min(shape_.sites, 2 * shape_.width) + 1;
        skipped_ = shape_.sites + 1 - kinds;
        reached_.resize(kinds * starts_);
        Index leading[64] = {};
        for (Index start = 0; start < starts_; ++start) {
            leading[0] = start;
            for (Index k = 1; k < shape_.width; ++k) leading[k] = leading[k - 1] / shape_.letters;
            for (Index place = 0; place < kinds; ++place)
                reached_[place * starts_ + start] =
                    find_reached(place <= shape_.width ? place : place + skipped_, leading);
        }
    }
    /// Of `width` - 1 letters of a state, the first ones are the start's where they stand before that, and
    /// the last ones where they stand behind the ring's end. leading[k]: the start without its last k
    /// letters.
    [[gnu::cold]] Reached find_reached(Index site, const Index* leading) const {
        const Index q = shape_.letters, length = shape_.width - 1;
        Reached at{0, 1, shape_.states, 0, q, 0, q, 0, 0};
        if (starts_ == 1) return at;
        // The start's letter with k others behind it.
        const auto last_but = [&](Index k) { return leading[k] - leading[k + 1] * q; };
        const Index first = std::max<Index>(0, length - site);
        const Index last = std::max<Index>(0, site + length - shape_.sites);
        at.begin =
            (leading[0] - leading[first] * powers_[first]) * powers_[length - first] + leading[length - last];
        at.step = powers_[last];
        at.count = powers_[length - first - last];
        if (const Index beyond = site + length - shape_.sites; beyond >= 0 && beyond < length) {
            at.letter = last_but(length - 1 - beyond);
            at.letters = 1;
        }
        if (site > 0 && site <= length) {
            at.former = last_but(length - site);
            at.formers = 1;
        }
        if (at.begin > 0) {
            at.middle = at.begin / q;
            at.follower = at.begin % powers_[length - 1];
        }
        return at;
    }
    /// Calls f(state, the first state that follows).
    template <class F>
    void for_each_state(const Reached& at, F&& f, Index first = 0, Index count = -1) const {
        const Index q = shape_.letters, stride = std::max<Index>(1, shape_.states / q), step = at.step;
        const Index letter = shape_.states > 1 ? at.letter : 0;
        Index s = at.begin + first * step, middle = first == 0 ? at.follower : s % stride;
        for (Index k = count < 0 ? at.count : count; k > 0; --k, s += step) {
            f(s, middle * q + letter);
            middle += step;
            if (middle >= stride) middle -= stride;  // a step is no longer than that, but for the only one
        }
    }
    /// The state that a window leads to: `next` with the first letter, and the k-th after it.
    Index behind(Index next, Index k) const { return shape_.states == 1 ? 0 : next + k; }

    /// Messages behind a site from those before it.
    void step_forward(Index site, Index start, const V* window, const V* from, V* to) const {
        const Index q = shape_.letters, n_states = shape_.states, stride = n_states / q;
        const Reached& at = reached(site + 1, start);
        const Index ends = at.step == 1 ? std::min(q, at.count) : 1;  // next = middle q + last
        const Index formers = at.formers, middle_step = at.step == 1 ? 1 : at.step / q;
        from += at.former * stride;
        window += at.former * n_states;
        Index middle = at.middle, next = at.begin;
        for (Index left = at.count; left > 0; left -= ends, middle += middle_step, next += at.step - 1) {
            const V* const before = from + middle;
            for (Index end = 0; end < ends; ++end, ++next) {
                V sum = before[0] * window[next];
                for (Index k = 1; k < formers; ++k) sum += before[k * stride] * window[k * n_states + next];
                to[next] = sum;
            }
        }
    }

    /// The same of all starts, where they reach all states by all windows.
    void step_all_forward(const V* window, const V* from, V* to) const {
        const Index q = shape_.letters, n_states = shape_.states, stride = n_states / q;
        const Index end = block_, step = row_;
        if (q == 2 && n_states > 1) {  // two states follow the same two
            for (Index middle = 0; middle < stride; ++middle, window += 2) {
                const V w00 = window[0], w01 = window[1], w10 = window[n_states], w11 = window[n_states + 1];
                for (Index a = 0; a < end; a += step) {
                    const V before = from[a + middle], other = from[a + stride + middle];
                    V* const next = to + a + 2 * middle;
                    next[0] = before * w00 + other * w10;
                    next[1] = before * w01 + other * w11;
                }
            }
            return;
        }
        const Index ends = std::min(q, n_states);
        for (Index next = 0, middle = 0; next < n_states; ++middle)
            for (Index last = 0; last < ends; ++last, ++next)
                for (Index a = 0; a < end; a += step) {
                    const V* const before = from + a + middle;
                    V sum = before[0] * window[next];
                    for (Index first = 1; first < q; ++first)
                        sum += before[first * stride] * window[first * n_states + next];
                    to[a + next] = sum;
                }
    }

    /// Begins the way back of a start, the k-th of those that go back together, with backward messages times
    /// `end`.
    void begin_back(Index start, Index k, const V& end) {
        start_ = start;
        right_at_ = right_.data();
        left_at_ = next_.data();
        V* const right = right_at_ + k * row_;
        if (starts_ > 1)
            right[start] = end;
        else
            for (Index s = 0; s < block_; ++s) right[s] = final_[s] * end;
    }

    /// The present start's messages before a site, last site first.
    const V* messages_at(const PassWeights& weights, Index site) {
        const Index n_states = shape_.states;
        if (is_whole_) return forward_.data() + site * block_ + start_ * row_;
        const Index begin = site / length_ * length_;
        if (site + 1 == shape_.sites || (site + 1) % length_ == 0) {
            std::copy_n(forward_.data() + begin / length_ * block_ + start_ * row_, n_states, again_.data());
            for (Index i = begin; i < site; ++i) {
                V* const from = again_.data() + (i - begin) * n_states;
                step_forward(i, start_, scaled_windows(weights, i), from, from + n_states);
            }
            scaled_windows(weights, site);
        }
        return again_.data() + (site - begin) * n_states;
    }

    /// Writes the weights of a site's windows.
    void weigh(const PassWeights& weights, Index site, V* windows) const {
        const double* common = weights.common.at(site);
        const Index codes = shape_.codes();
        if (!weights.own) {
            for (Index code = 0; code < codes; ++code) windows[code] = V::of(common[code]);
            return;
        }
        const V* const own = weights.own->at(site);
        const Index share = codes / weights.own_codes;
        for (Index code = 0; code < weights.own_codes; ++code)
            for (Index k = 0; k < share; ++k) *windows++ = *common++ * own[code];
    }
    /// After forward(): the same, with what messages were scaled by behind the site.
    const V* scaled_windows(const PassWeights& weights, Index site) {
        if (has_all_windows_) return windows_.data() + site * shape_.codes();
        weigh(weights, site, windows_.data());
        if (is_scaled(site))
            for (V& weight : windows_) weight *= scale_[site / period_];
        return windows_.data();
    }

    /// Divides messages before a site by their sum, keeps the inverse, returns the sum; lanes without a path
    /// are left.
    [[gnu::cold]] V scale(Index site, V* messages, V& inverse) const {
        const auto for_each = [&](auto&& f) {
            for (Index a = 0; a < starts_; ++a) {
                const Reached& at = reached(site, a);
                V* const from = messages + a * row_ + at.begin;
                for (Index k = 0; k < at.count; ++k) f(from[k * at.step]);
            }
        };
        V sum = V::of(0.0);
        for_each([&](V& message) { sum += message; });
        for (Index l = 0; l < lane_count; ++l)
            if (!(sum[l] > 0.0)) sum[l] = 1.0;
        inverse = sum.inverse();
        for_each([&](V& message) { message *= inverse; });
        return sum;
    }

    /// Backward messages before a site from those behind it; adds the probabilities of its windows to `sum`,
    /// and to `own`, where so many codes of which some go together.
    void add_chances(const Reached& at, const V* windows, const V* left, const V* right, V* to, V* sum,
                     V* own, Index own_codes) const {
        const Index q = shape_.letters, letter = at.letter, letters = at.letters;
        const Index second = behind(0, 1);
        const bool is_each = own_codes == shape_.codes(), is_shared = own_codes > 0 && !is_each;
        const Index* const places = own_places_.data();
        for_each_state(at, [=](Index s, Index next) {
            const V before = left[s];
            const V* const come = right + next;
            V all = V::of(0.0);
            for (Index k = 0, code = s * q + letter; k < letters; ++k, ++code) {
                const V way = windows[code] * come[k * second];
                all += way;
                sum[code] += before * way;
                if (is_each) own[code] += before * way;
            }
            to[s] = all;
            if (is_shared) own[places[s * q]] += before * all;
        });
    }

    /// The same of all starts, at a site where they reach all states.
    void add_all_chances(const V* windows, const V* left, const V* right, V* to, V* sum, V* own,
                         Index own_codes) const {
        const Index q = shape_.letters, n_states = shape_.states, end = block_, step = row_;
        const Index* const places = own_places_.data();
        const auto add = [&](Index code, const V& chance) {
            sum[code] += chance;
            if (own_codes > 0) own[places[code]] += chance;
        };
        if (q == 2 && n_states > 1) {
            for (Index s = 0, next = 0; s < n_states; ++s, ++left, ++to) {
                const V weight = windows[2 * s], other = windows[2 * s + 1];
                V chance = V::of(0.0), other_chance = V::of(0.0);
                for (Index a = 0; a < end; a += step) {
                    const V before = left[a], way = weight * right[a + next],
                            other_way = other * right[a + next + 1];
                    chance += before * way;
                    other_chance += before * other_way;
                    to[a] = way + other_way;
                }
                add(2 * s, chance);
                add(2 * s + 1, other_chance);
                next = next + 2 == n_states ? 0 : next + 2;
            }
            return;
        }
        for (Index s = 0, code = 0, next = 0; s < n_states; ++s, ++left, ++to)
            for (Index last = 0; last < q; ++last, ++code) {
                const V weight = windows[code];
                V chance = V::of(0.0);
                for (Index a = 0; a < end; a += step) {
                    const V way = weight * right[a + next];
                    chance += left[a] * way;
                    if (last == 0)
                        to[a] = way;
                    else
                        to[a] += way;
                }
                add(code, chance);
                if (++next == n_states) next = 0;
            }
    }

    /// Where own statistics of a window stand.
    [[gnu::cold]] void set_places(Index own_codes, Index own_size) {
        own_places_.resize(shape_.codes());
        for (Index code = 0; code < shape_.codes(); ++code)
            own_places_[code] = code / (shape_.codes() / own_codes) * own_size;
    }

    /// So many states are looked at together: their differences stay in the nearest cache.
    Index states_at_once() const {
        return shape_.letters == 2 ? 32 : std::max<Index>(1, 32 / shape_.letters);
    }
    /// Room for the differences of states that are looked at together.
    Index terms() const { return std::max<Index>(32, shape_.letters); }

    /// Backward messages before a site from those behind it, in `count` states from the first-th on; shares_
    /// of the letters that come next, and weights_ of the differences.
    void step_back(const Reached& at, Index first, Index count, const V* windows, const V* left) {
        const Index q = shape_.letters;
        const V* const right = right_at_;
        V *const to = left_at_, *share = shares_.data(), *weight = weights_.data();
        Index *state = states_.data(), *follower = nexts_.data();
        for_each_state(
            at,
            [&](Index s, Index next) {
                const V* const window = windows + s * q + at.letter;
                *state++ = s;
                *follower++ = next;
                if (at.letters == 1) {
                    to[s] = window[0] * right[next];
                } else if (q == 2) {
                    const V way = window[0] * right[next], other = window[1] * right[behind(next, 1)];
                    const V sum = way + other;
                    to[s] = sum;
                    const V of_second = other * sum.inverse();
                    *share++ = of_second;
                    *weight++ = left[s] * way * of_second;
                } else {
                    V sum = V::of(0.0);
                    for (Index last = 0; last < q; ++last) {
                        share[last] = window[last] * right[behind(next, last)];
                        sum += share[last];
                    }
                    to[s] = sum;
                    const V inverse = sum.inverse();
                    for (Index last = 0; last < q; ++last, ++share) {
                        *weight++ = left[s] * *share;
                        *share *= inverse;
                    }
                }
            },
            first, count);
    }

    /// Martingale differences of a component at a site in the states that step_back looked at, and the mean
    /// of what is to come before it, from that behind it; value(code) is the component at a window.
    template <class Value>
    void differ(const Reached& at, Index k, Index count, Value value) {
        const Index q = shape_.letters, second_place = behind(0, 1);
        const V* const rest = rest_at_ + k * shape_.states;
        V* const to = next_rest_at_ + k * shape_.states;
        V* difference = differences_.data() + k * terms();
        const V* share = shares_.data();
        const Index *const states = states_.data(), *const nexts = nexts_.data();
        if (at.letters == 1) {
            for (Index j = 0; j < count; ++j)
                to[states[j]] = value(states[j] * q + at.letter) + rest[nexts[j]];
        } else if (q == 2) {
            for (Index j = 0; j < count; ++j) {
                const Index s = states[j];
                const V* const come = rest + nexts[j];
                const V first = value(2 * s) + come[0];
                const V second = value(2 * s + 1) + come[second_place] - first;
                difference[j] = second;
                to[s] = first + share[j] * second;
            }
        } else {
            for (Index j = 0; j < count; ++j, share += q, difference += q) {
                const Index s = states[j];
                V mean = V::of(0.0);
                for (Index last = 0; last < q; ++last) {
                    difference[last] = value(s * q + last) + rest[behind(nexts[j], last)];
                    mean += share[last] * difference[last];
                }
                for (Index last = 0; last < q; ++last) difference[last] -= mean;
                to[s] = mean;
            }
        }
    }

    /// Adds the products of differences of so many terms, two components by two: sums that do not wait for
    /// each other, and half the loads.
    void add_products(Index d, Index count) {
        V* sum = covariance_.data();
        const auto row = [&](Index k) { return differences_.data() + k * terms(); };
        const V* const weight = weights_.data();
        const auto weigh_row = [&](const V* from, V* to) {
            for (Index j = 0; j < count; ++j) to[j] = weight[j] * from[j];
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
    /// It is the same for all starts.
    [[gnu::cold]] void recentre(Index d, const Reached& at, Index start, Index place) {
        for (Index k = 0; k < d; ++k) {
            V* const rest = rest_at_ + k * shape_.states + at.begin;
            V& centre = centre_[place * d + k];
            if (start == 0) {
                centre = rest[0];
                mean_[k] += centre;
            }
            const V constant = centre;
            for (Index j = 0; j < at.count; ++j) rest[j * at.step] -= constant;
        }
    }

    /// Of a start: probabilities of the states where paths begin, and what is to come from there.
    [[gnu::cold]] void keep_beginnings(Index d, Index start, Index beginnings) {
        for_each_state(reached(0, start), [&](Index s, Index) {
            begin_weight_[s] = right_at_[s] * forward_[start * row_ + s];
            for (Index k = 0; k < d; ++k) begin_rest_[k * beginnings + s] = rest_at_[k * shape_.states + s];
        });
    }

    /// Mean over the states where paths begin, and the covariance between them.
    [[gnu::cold]] void add_starts(Index d, Index beginnings) {
        for (Index k = 0; k < d; ++k) {
            V* const rest = begin_rest_.data() + k * beginnings;
            V mean = V::of(0.0);
            for (Index j = 0; j < beginnings; ++j) mean += begin_weight_[j] * rest[j];
            for (Index j = 0; j < beginnings; ++j) rest[j] -= mean;
            mean_[k] += mean;
        }
        V* sum = covariance_.data();
        for (Index k = 0; k < d; ++k)
            for (Index l = 0; l <= k; ++l, ++sum)
                for (Index j = 0; j < beginnings; ++j)
                    *sum += begin_weight_[j] *
                            (begin_rest_[k * beginnings + j] * begin_rest_[l * beginnings + j]);
    }

    ChainShape shape_;
    Index starts_, period_ = 1;
    Index row_;    // messages before a site of a start; not 2^k of them, which would be in each other's way
    Index block_;  // those of all starts, start after start
    Index powers_[64] = {1};  // of the number of letters
    bool is_whole_ = true;    // all messages are kept
    bool has_all_windows_;    // and the weights of all windows
    Index length_ = 1;        // sites from one kept block of messages to the next
    Index start_ = 0;         // of the present way back
    Index skipped_ = 0;       // sites that are as those before them
    Scratch<Reached> reached_;
    Scratch<V> windows_, final_;
    Scratch<V> forward_, again_;  // messages that are kept; those of a start between two of them
    Scratch<V> right_, next_, other_;
    Scratch<V> scale_;  // inverse sums that messages were divided by
    V end_;
    V *right_at_ = nullptr, *left_at_ = nullptr;  // backward messages behind a site and before it
    V *rest_at_ = nullptr, *next_rest_at_ = nullptr;
    Scratch<V> rest_, differences_, shares_, weights_, weighted_, other_weighted_;
    Scratch<Index> states_, nexts_, own_places_;
    Scratch<V> mean_, covariance_, centre_, begin_rest_, begin_weight_, own_chances_;
};

}  // namespace predcg::detail
