#pragma once
// Exact draws of a chain: the start first, then letter after letter, given those before it and the end.
#include <predcg/chains/recursions.hpp>
#include <predcg/core/parallel.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace predcg::detail {

/// The place of a letter in the alphabet.
using Place = std::uint32_t;

/// Where samples' messages are: that of state s before site i is at[(i states + s) apart + lane].
struct Onward {
    const double* at;
    Index apart;
};

/// Samples that are drawn side by side: one waits less for the other than for itself.
inline constexpr std::size_t draws_at_once = 4;
using Indices = std::array<Index, draws_at_once>;

/// Draws letters of samples side by side: the letter width-1 places behind site i, for i = 0..n-width, given
/// the width-1 letters before it, is the last k with weight for which the weights of the letters before k are
/// at most u times the weight of all. Further letters of a ring are those it began with. A sample's numbers u
/// begin every `uniforms`, its letters every n.
template <Index Letters>
void draw_letters(const ChainShape& shape, const WeightTables& weights, const Onward& onward,
                  const Indices& lanes, Indices state, const double* u, Index uniforms, Place* letters) {
    const Index q = Letters > 0 ? Letters : shape.letters, n = shape.sites, states = shape.states;
    const Index apart = onward.apart, letters_apart = states > 1 ? apart : 0;
    const double* message = onward.at;
    for (Index i = 0; i <= n - shape.width; ++i, ++u, ++letters) {
        message += states * apart;
        const double* const weight = weights.at(i);
        for (std::size_t j = 0; j < draws_at_once; ++j) {
            const Index row = static_cast<Index>(j) * n;
            Index next = 0;  // state * q % states
            if constexpr (Letters == 2)
                next = state[j] * 2 & (states - 1);
            else if (states > 1)
                next = state[j] * q - static_cast<Index>(letters[row]) * states;
            const double* const w = weight + state[j] * q;
            const double* const m = message + next * apart + lanes[j];
            double sum = 0.0;
            for (Index k = 0; k < q; ++k) sum += w[k] * m[k * letters_apart];
            const double limit = u[static_cast<Index>(j) * uniforms] * sum;
            Index letter = 0;
            double before = w[0] * m[0];
            for (Index k = 1; k < q; ++k) {
                const double here = w[k] * m[k * letters_apart];
                const bool is_later = (here > 0.0) & (before <= limit);
                letter = is_later ? k : letter;
                before += here;
            }
            letters[row + shape.width - 1] = static_cast<Place>(letter);
            state[j] = states > 1 ? next + letter : 0;
        }
    }
}

/// Draws of one problem. Numbers uniform on [0, 1) decide: of the start, on an open chain of the state before
/// site 0, and one a site.
class ChainDraw {
public:
    /// Messages of as many starts are kept as fit into `memory` bytes, at least of one.
    ChainDraw(ChainProblem problem, double memory)
        : problem_(std::move(problem)), memory_(memory), cumulative_(start_probabilities(problem_)),
          kept_(static_cast<std::size_t>(cumulative_.size())) {
        double sum = 0.0;
        for (double& p : cumulative_) p = sum += p;
    }

    const ChainShape& shape() const { return problem_.shape; }

    /// Uniform numbers that a draw takes.
    Index uniforms() const { return problem_.shape.sites + (problem_.shape.periodic ? 1 : 2); }

    /// The places of the letters of sites 0..n-1, from uniform numbers; behind them is room for those of
    /// draws_at_once - 1 more draws.
    void operator()(const double* u, Place* letters) {
        const Index start = start_of(*u);
        const Kept& kept = messages_of(start);
        draw(kept.weights ? *kept.weights : problem_.weights, {kept.messages.data(), 1}, {},
             {start, start, start, start}, u, 0, letters);
    }

    /// Draws 0..count-1, the same as one by one, on all threads, those with the same start after each other:
    /// first(k) is the first uniform number of draw k, all(k, u) writes all of them, and take(k, letters)
    /// gets the letters.
    template <class First, class All, class Take>
    [[gnu::cold]] void draw_many(Index count, First&& first, All&& all, Take&& take) const {
        std::vector<Index> start(static_cast<std::size_t>(count));
        constexpr Index chunk = 1024;
        parallel_for((count + chunk - 1) / chunk, [&](Index c) {
            for (Index k = c * chunk; k < std::min(count, (c + 1) * chunk); ++k)
                start[static_cast<std::size_t>(k)] = start_of(first(k));
        });
        const std::vector<Index> order = sorted(start);
        const bool is_wide =
            is_side_by_side(problem_, lane_count) && static_cast<double>(8 * lane_count * room()) <= memory_;
        const Index apart = is_wide ? lane_count : 1;
        const std::vector<Index> ends = ends_of_packs(start, order, apart);
        parallel_for(std::ssize(ends), [&](Index p) {
            const auto* const end = &ends[static_cast<std::size_t>(p)];
            draw_pack(start.data(), order.data() + (p == 0 ? 0 : end[-1]), order.data() + *end, apart, all,
                      take);
        });
    }

private:
    struct Kept {
        std::vector<double> messages;
        std::optional<WeightTables> weights;  // where they had to be balanced
    };

    Index start_of(double u) const {
        const double* const begin = cumulative_.data();
        const double* const end = begin + cumulative_.size();
        const double* at = std::upper_bound(begin, end, u * end[-1]);
        if (at == end) at = std::lower_bound(begin, end, end[-1]);  // by rounding: the last that has weight
        return at - begin;
    }

    /// Numbers of a start's messages: those that are kept, and of two more sites.
    Index room() const { return (shape().sites - shape().width + 4) * shape().states; }

    void make_messages(const WeightTables& weights, const Index* starts, Index count, Index apart,
                       double* messages) const {
        double log_scales[lane_count];
        run_back(shape(), weights, starts, count, shape().periodic ? 1 : 0, shape().sites - shape().width + 2,
                 apart, messages, log_scales);
    }

    /// Draws in the order of their starts, and then their own.
    [[gnu::cold]] std::vector<Index> sorted(const std::vector<Index>& start) const {
        std::vector<Index> place(static_cast<std::size_t>(cumulative_.size() + 1)), order(start.size());
        for (const Index a : start) ++place[static_cast<std::size_t>(a + 1)];
        for (std::size_t a = 1; a < place.size(); ++a) place[a] += place[a - 1];
        for (std::size_t k = 0; k < start.size(); ++k)
            order[static_cast<std::size_t>(place[static_cast<std::size_t>(start[k])]++)] =
                static_cast<Index>(k);
        return order;
    }

    /// Packs of draws in a row, of up to so many starts; none has more draws than pay for messages made
    /// again.
    [[gnu::cold]] std::vector<Index> ends_of_packs(const std::vector<Index>& start,
                                                   const std::vector<Index>& order, Index most_starts) const {
        const Index most = std::max<Index>(65536 / shape().sites + 1, shape().codes());
        std::vector<Index> ends;
        Index begin = 0, starts = 0, last = -1;
        for (Index k = 0; k < std::ssize(order); ++k) {
            const Index a = start[static_cast<std::size_t>(order[static_cast<std::size_t>(k)])];
            if (a != last) ++starts;
            if (starts > most_starts || k - begin == most) {
                ends.push_back(k);
                begin = k;
                starts = 1;
            }
            last = a;
        }
        ends.push_back(std::ssize(order));
        return ends;
    }

    template <class All, class Take>
    [[gnu::cold]] void draw_pack(const Index* start, const Index* draw_begin, const Index* draw_end,
                                 Index apart, All& all, Take& take) const {
        constexpr auto at_once = static_cast<Index>(draws_at_once);
        const Index n = shape().sites, m = uniforms();
        Index pack_starts[lane_count], pack_count = 0;
        for (const Index* k = draw_begin; k < draw_end; ++k)
            if (pack_count == 0 || pack_starts[pack_count - 1] != start[*k])
                pack_starts[pack_count++] = start[*k];
        Scratch<double> messages(apart * room()), u(at_once * m, 0.0);
        Scratch<Place> letters(at_once * n);
        std::optional<WeightTables> storage;
        const WeightTables& weights = problem_.weights.balanced(pack_starts[0], storage);
        make_messages(weights, pack_starts, pack_count, apart, messages.data());
        Indices starts, lanes;
        Index lane = 0;
        for (const Index* k = draw_begin; k < draw_end; k += at_once) {
            const Index count = std::min<Index>(at_once, draw_end - k);
            for (Index j = 0; j < at_once; ++j) {  // in the place of those that are missing another
                const Index a = start[k[std::min(j, count - 1)]];
                if (j < count) all(k[j], u.data() + j * m);
                while (pack_starts[lane] != a) ++lane;
                starts[static_cast<std::size_t>(j)] = a;
                lanes[static_cast<std::size_t>(j)] = lane;
            }
            draw(weights, {messages.data(), apart}, lanes, starts, u.data(), m, letters.data());
            for (Index j = 0; j < count; ++j) take(k[j], letters.data() + j * n);
        }
    }

    void draw(const WeightTables& weights, const Onward& onward, const Indices& lanes, Indices states,
              const double* u, Index m, Place* letters) const {
        ++u;
        for (std::size_t j = 0; j < draws_at_once; ++j) {
            const Index row = static_cast<Index>(j);
            if (!shape().periodic) states[j] = initial_state(weights, onward, u[row * m]);
            for (Index k = shape().width - 2, code = states[j]; k >= 0; --k, code /= shape().letters)
                letters[row * shape().sites + k] = static_cast<Place>(code % shape().letters);
        }
        if (!shape().periodic) ++u;
        if (shape().letters == 2)
            draw_letters<2>(shape(), weights, onward, lanes, states, u, m, letters);
        else
            draw_letters<0>(shape(), weights, onward, lanes, states, u, m, letters);
    }

    /// The state before the first window of an open chain.
    Index initial_state(const WeightTables& weights, const Onward& onward, double u) const {
        const auto weight = [&](Index s) {
            return weights.initial_weight(s, 0) * onward.at[s * onward.apart];
        };
        double sum = 0.0, before = 0.0;
        for (Index s = 0; s < shape().states; ++s) sum += weight(s);
        Index state = 0;
        for (Index s = 0; s < shape().states && before <= u * sum; ++s) {
            if (weight(s) > 0.0) state = s;
            before += weight(s);
        }
        return state;
    }

    /// Messages of a start, made when it is first drawn.
    [[gnu::cold]] const Kept& messages_of(Index start) {
        if (const Kept& kept = kept_[static_cast<std::size_t>(start)]; !kept.messages.empty()) return kept;
        const double tables =
            problem_.weights.may_need_balance() ? static_cast<double>(shape().codes() * shape().sites) : 0.0;
        const double bytes = 8.0 * (static_cast<double>(room()) + tables);
        if (bytes_ + bytes > memory_) {
            std::vector<Kept>(kept_.size()).swap(kept_);
            bytes_ = 0.0;
        }
        bytes_ += bytes;
        Kept& made = kept_[static_cast<std::size_t>(start)];
        const WeightTables& weights = problem_.weights.balanced(start, made.weights);
        made.messages.resize(static_cast<std::size_t>(room()));
        make_messages(weights, &start, 1, 1, made.messages.data());
        return made;
    }

    ChainProblem problem_;
    double memory_, bytes_ = 0.0;
    Vector cumulative_;  // probabilities of the starts up to each
    std::vector<Kept> kept_;
};

}  // namespace predcg::detail
