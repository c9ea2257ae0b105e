#pragma once
// Messages backward through a chain, from the ends of one start or of several side by side.
#include <predcg/chains/pass.hpp>
#include <predcg/core/parallel.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <optional>

namespace predcg::detail {

/// Starts side by side in a V: one in a double, one in every lane of Lanes.
template <class V>
inline constexpr Index starts_in = std::same_as<V, double> ? 1 : lane_count;
template <class V>
double* numbers_of(V* messages) {
    return reinterpret_cast<double*>(messages);
}

template <class V>
V zero_of() {
    if constexpr (std::same_as<V, double>)
        return 0.0;
    else
        return V::of(0.0);
}

/// The states b apart + r, b < blocks, first <= r <= last.
struct StateSet {
    Index blocks, apart, first, last;
};

/// Messages before a site from those behind it, of all states, which are more than one.
template <Index Letters, class V>
void step_back(const ChainShape& shape, const double* weight, const V* from, V* to) {
    const Index q = Letters > 0 ? Letters : shape.letters;
    const Index stride = shape.states / q;
    for (Index middle = 0; middle < stride; ++middle, from += q)
        for (Index first = 0; first < q; ++first) {
            const double* w = weight + (first * stride + middle) * q;
            V sum = w[0] * from[0];
            for (Index last = 1; last < q; ++last) sum += w[last] * from[last];
            to[first * stride + middle] = sum;
        }
}

/// The same of some states. Messages behind the site are 0 but for last letters that lead to one of
/// `behind`.
template <class V>
void step_back(const ChainShape& shape, const double* weight, const StateSet& set, const StateSet& behind,
               const V* from, V* to) {
    const Index q = shape.letters, states = shape.states;
    const Index first_next = set.first * q % states, first_place = first_next % behind.apart;
    const Index distance = states > 1 ? 1 : 0;  // of a chain without states there is one message
    for (Index block = 0, begin = 0; block < set.blocks; ++block) {
        Index s = block * set.apart + set.first, next = begin + first_next, place = first_place;
        for (Index r = set.first; r <= set.last; ++r, ++s) {
            V sum = zero_of<V>();
            for (Index last = 0; last < q; ++last)
                if (place + last * distance >= behind.first && place + last * distance <= behind.last)
                    sum += weight[s * q + last] * from[next + last * distance];
            to[s] = sum;
            next += q;
            if (next == states) next = 0;
            place += q;
            if (place == behind.apart) place = 0;
        }
        begin += set.apart * q;
        if (begin >= states) begin -= states;
    }
}

inline double log_of(double x) { return std::log(x); }
inline Lanes log_of(const Lanes& x) { return x.log(); }
inline double inverse_of(double x) { return 1.0 / (x + std::numeric_limits<double>::min()); }
inline Lanes inverse_of(const Lanes& x) { return x.inverse(); }

/// Divides the messages of a set by their sum, and returns its log.
template <class V>
V scale_messages(const StateSet& set, V* messages) {
    V sum = zero_of<V>();
    for (Index block = 0; block < set.blocks; ++block)
        for (Index r = set.first; r <= set.last; ++r) sum += messages[block * set.apart + r];
    const V inverse = inverse_of(sum);
    for (Index block = 0; block < set.blocks; ++block)
        for (Index r = set.first; r <= set.last; ++r) messages[block * set.apart + r] *= inverse;
    return log_of(sum);
}

/// The states from which on a ring's ways from starts least..largest go on, after so many sites: in a row, or
/// all.
inline StateSet states_behind(const ChainShape& shape, Index least, Index largest, Index sites) {
    const StateSet all{1, shape.states, 0, shape.states - 1};
    if (!shape.periodic || sites >= shape.width - 1) return all;
    Index ways = 1;
    for (Index k = 0; k < sites; ++k) ways *= shape.letters;
    const Index first = least * ways % shape.states, count = (largest - least + 1) * ways;
    return first + count <= shape.states ? StateSet{1, shape.states, first, first + count - 1} : all;
}

/// Messages backward from the ends of `count` starts, in as many lanes of V, until before the site `until`.
/// Those before site i < `kept` stay at messages + i states; behind them is room for two more. Returns the
/// log of what they were divided by.
///
/// Close to the end and, on a ring, close to the start few states lie on a way: messages of others are left
/// as they are.
template <class V>
V run_back(const ChainShape& shape, const WeightTables& weights, const Index* starts, Index count,
           Index until, Index kept, V* messages) {
    const auto at = [&](Index i) { return messages + (i < kept ? i : kept + i % 2) * shape.states; };
    const Index q = shape.letters, n = shape.sites;
    const Index least = *std::min_element(starts, starts + count);
    const Index largest = *std::max_element(starts, starts + count);
    StateSet set{1, shape.states, final_state(shape, least), final_state(shape, largest)};
    V* from = at(n);
    for (Index s = set.first; s <= set.last; ++s)
        for (Index lane = 0; lane < starts_in<V>; ++lane)
            numbers_of(from + s)[lane] =
                s == final_state(shape, starts[std::min(lane, count - 1)]) ? 1.0 : 0.0;
    V log_scale = zero_of<V>();
    const Index period = weights.is_balanced() ? 1 : scaling_period(shape, weights.spread());
    for (Index i = n - 1; i >= until; --i) {
        const StateSet behind = set;
        if (n - i < shape.width - 1)  // letters before what is left of the end
            set = {set.blocks * q, set.apart / q, set.first / q, set.last / q};
        else
            set = states_behind(shape, least, largest, i);
        V* const to = at(i);
        const double* weight = weights.at(i);
        const bool is_sparse =
            set.last - set.first + 1 < set.apart || behind.last - behind.first + 1 < behind.apart;
        if (starts_in<V> == 1 || is_sparse)
            step_back(shape, weight, set, behind, from, to);
        else if (q == 2)
            step_back<starts_in<V> == 1 ? 0 : 2>(shape, weight, from, to);
        else
            step_back<0>(shape, weight, from, to);
        if ((n - i) % period == 0) log_scale += scale_messages(set, to);
        from = to;
    }
    return log_scale;
}

/// Whether starts are carried side by side: where there are so many, and they have the same weights.
inline bool is_side_by_side(const ChainProblem& problem, Index least) {
    return problem.shape.starts() >= least && !problem.weights.may_need_balance();
}

/// The same of one start, or with `apart` = lane_count of up to so many, whose messages are so many numbers
/// apart, at a multiple of as many.
[[gnu::cold]] inline void run_back(const ChainShape& shape, const WeightTables& weights, const Index* starts,
                                   Index count, Index until, Index kept, Index apart, double* messages,
                                   double* log_scales) {
    if (apart == 1) {
        *log_scales = run_back(shape, weights, starts, count, until, kept, messages);
    } else {
        const Lanes logs =
            run_back(shape, weights, starts, count, until, kept, reinterpret_cast<Lanes*>(messages));
        for (Index lane = 0; lane < count; ++lane) log_scales[lane] = logs[lane];
    }
}

/// log of the weight of all ways from every start.
[[gnu::cold]] inline Vector start_log_weights(const ChainProblem& problem) {
    const ChainShape& shape = problem.shape;
    const Index states = shape.states, apart = is_side_by_side(problem, 2) ? lane_count : 1;
    Vector log_weights(shape.starts());
    const auto weigh = [&](const Index* starts, Index count, double* messages, double* to) {
        std::optional<WeightTables> storage;
        const WeightTables& weights = problem.weights.balanced(starts[0], storage);
        run_back(shape, weights, starts, count, 0, 0, apart, messages, to);
        for (Index lane = 0; lane < count; ++lane) {
            double sum = 0.0;
            if (shape.periodic)
                sum = messages[starts[lane] * apart + lane];
            else
                for (Index s = 0; s < states; ++s) sum += weights.initial_weight(s, 0) * messages[s];
            to[lane] += weights.log_shift() + std::log(sum);
        }
    };
    const double work = static_cast<double>(shape.codes()) * static_cast<double>(shape.sites);
    const Index chunk = std::max<Index>(1, static_cast<Index>(5e4 / work)) * apart;  // starts of an item
    parallel_for((shape.starts() + chunk - 1) / chunk, [&](Index item) {
        Scratch<double> messages(2 * states * apart);
        const Index end = std::min(shape.starts(), (item + 1) * chunk);
        for (Index first = item * chunk; first < end; first += apart) {
            Index starts[lane_count];
            const Index count = std::min(apart, end - first);
            for (Index k = 0; k < count; ++k) starts[k] = first + k;
            weigh(starts, count, messages.data(), log_weights.data() + first);
        }
    });
    return log_weights;
}

}  // namespace predcg::detail
