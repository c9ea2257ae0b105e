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

/// Where ways from a start go: messages before the sites 0..n-width+1, each `apart` numbers from the next.
struct Onward {
    const double* message;
    Index apart;
};

/// Draws letters of `Count` samples side by side: the letter width-1 places behind site i, for i =
/// 0..n-width, given the width-1 letters before it, is k where the weights of the letters before k are at
/// most u times the weight of all. Further letters of a ring are those it began with.
template <Index Letters, Index Count>
void draw_letters(const ChainShape& shape, const WeightTables& weights, const Onward* onward,
                  const Index* first_state, const double* const* u, Place* const* letters) {
    const Index q = Letters > 0 ? Letters : shape.letters, width = shape.width, states = shape.states;
    const Index distance = states > 1 ? 1 : 0;
    std::array<Index, Count> state;
    for (std::size_t j = 0; j < Count; ++j) state[j] = first_state[j];
    for (Index i = 0; i <= shape.sites - width; ++i) {
        const double* const weight = weights.at(i);
        for (std::size_t j = 0; j < Count; ++j) {
            const double* const w = weight + state[j] * q;
            const Index next = width == 1 ? 0 : state[j] * q - static_cast<Index>(letters[j][i]) * states;
            const Index apart = onward[j].apart;
            const double* const message = onward[j].message + ((i + 1) * states + next) * apart;
            double sum = 0.0;
            for (Index k = 0; k < q; ++k) sum += w[k] * message[k * distance * apart];
            const double limit = u[j][i] * sum;
            Index letter = 0;
            double before = 0.0;
            for (Index k = 0; k < q; ++k) {
                const double here = w[k] * message[k * distance * apart];
                letter = here > 0.0 && before <= limit ? k : letter;
                before += here;
            }
            letters[j][i + width - 1] = static_cast<Place>(letter);
            state[j] = next + letter * distance;
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

    /// The places of the letters of sites 0..n-1, from uniform numbers.
    void operator()(const double* u, Place* letters) {
        const Index start = start_of(*u++);
        const Kept& kept = messages_of(start);
        const Onward onward{kept.messages.data(), 1};
        draw<1>(kept.weights ? *kept.weights : problem_.weights, &start, &onward, &u, &letters);
    }

    /// Draws 0..count-1, the same as one by one, on all threads, those with the same start after each other:
    /// first(k) is the first uniform number of draw k, rest(k, u, m) writes the m others to u, take(k,
    /// letters) gets the letters.
    template <class First, class Rest, class Take>
    void draw_many(Index count, First&& first, Rest&& rest, Take&& take) const {
        const std::vector<Draw> draws = sorted_draws(count, first);
        const bool is_wide = is_side_by_side(problem_) && sizeof(Lanes) * room() <= memory_;
        const std::vector<Pack> packs = packs_of(draws, is_wide ? lane_count : 1);
        parallel_for(std::ssize(packs), [&](Index p) {
            const Pack& pack = packs[static_cast<std::size_t>(p)];
            if (is_wide)
                draw_pack<Lanes>(draws.data(), pack, rest, take);
            else
                draw_pack<double>(draws.data(), pack, rest, take);
        });
    }

private:
    struct Draw {
        Index start, k;
    };
    /// Draws begin..end-1 of the sorted ones, of few starts.
    struct Pack {
        Index begin, end;
        std::array<Index, lane_count> starts;
        Index start_count;
    };
    struct Kept {
        std::vector<double> messages;
        std::optional<WeightTables> weights;  // where they had to be balanced
    };
    static constexpr Index at_once = 4;  // draws

    Index start_of(double u) const {
        const double* const begin = cumulative_.data();
        const double* const end = begin + cumulative_.size();
        const double* at = std::upper_bound(begin, end, u * end[-1]);
        if (at == end) at = std::lower_bound(begin, end, end[-1]);  // by rounding: the last that has weight
        return at - begin;
    }

    /// Messages of a start that are kept, and two more.
    std::size_t room() const {
        return static_cast<std::size_t>((shape().sites - shape().width + 4) * shape().states);
    }

    template <class V>
    void make_messages(const WeightTables& weights, const Index* starts, Index count, V* messages) const {
        const Index kept = shape().sites - shape().width + 2;
        run_back<V>(shape(), weights, starts, count, shape().periodic ? 1 : 0,
                    [&](Index i) { return messages + (i < kept ? i : kept + i % 2) * shape().states; });
    }

    /// The draws, by starts and then k.
    template <class First>
    std::vector<Draw> sorted_draws(Index count, First& first) const {
        std::vector<Draw> draws(static_cast<std::size_t>(count)), sorted(draws.size());
        constexpr Index chunk = 1024;
        parallel_for((count + chunk - 1) / chunk, [&](Index c) {
            for (Index k = c * chunk; k < std::min(count, (c + 1) * chunk); ++k)
                draws[static_cast<std::size_t>(k)] = {start_of(first(k)), k};
        });
        std::vector<Index> place(static_cast<std::size_t>(cumulative_.size() + 1), 0);
        for (const Draw& draw : draws) ++place[static_cast<std::size_t>(draw.start + 1)];
        for (std::size_t a = 1; a < place.size(); ++a) place[a] += place[a - 1];
        for (const Draw& draw : draws)
            sorted[static_cast<std::size_t>(place[static_cast<std::size_t>(draw.start)]++)] = draw;
        return sorted;
    }

    /// Packs of up to so many starts, of which none has more draws than pay for its messages made again.
    std::vector<Pack> packs_of(const std::vector<Draw>& draws, Index most_starts) const {
        const Index most = std::max<Index>(65536 / shape().sites + 1, shape().codes());
        std::vector<Pack> packs;
        for (Index k = 0; k < std::ssize(draws); ++k) {
            const Index start = draws[static_cast<std::size_t>(k)].start;
            const bool is_new = packs.empty() || packs.back().end - packs.back().begin == most;
            const bool is_other =
                !is_new &&
                packs.back().starts[static_cast<std::size_t>(packs.back().start_count - 1)] != start;
            if (is_new || (is_other && packs.back().start_count == most_starts))
                packs.push_back({k, k + 1, {start}, 1});
            else if (is_other)
                packs.back().starts[static_cast<std::size_t>(packs.back().start_count++)] = start;
            packs.back().end = k + 1;
        }
        return packs;
    }

    template <class V, class Rest, class Take>
    void draw_pack(const Draw* draws, const Pack& pack, Rest& rest, Take& take) const {
        Scratch<V> messages(static_cast<Index>(room()));
        std::optional<WeightTables> storage;
        const WeightTables& weights = problem_.weights.balanced(pack.starts[0], storage);
        make_messages<V>(weights, pack.starts.data(), pack.start_count, messages.data());
        const Index n = shape().sites, m = uniforms() - 1;
        Scratch<double> u(at_once * m);
        Scratch<Place> letters(at_once * n);
        Index starts[at_once], lane = 0;
        Onward onward[at_once];
        const double* u_at[at_once];
        Place* letters_at[at_once];
        for (Index first = pack.begin; first < pack.end; first += at_once) {
            const Index count = std::min(at_once, pack.end - first);
            for (Index j = 0; j < at_once; ++j) {  // in the place of those that are missing the last again
                const Draw& draw = draws[first + std::min(j, count - 1)];
                if (j < count) rest(draw.k, u.data() + j * m, m);
                while (pack.starts[static_cast<std::size_t>(lane)] != draw.start) ++lane;
                starts[j] = draw.start;
                onward[j] = {numbers_of(messages.data()) + lane, starts_in<V>};
                u_at[j] = u.data() + std::min(j, count - 1) * m;
                letters_at[j] = letters.data() + j * n;
            }
            draw<at_once>(weights, starts, onward, u_at, letters_at);
            for (Index j = 0; j < count; ++j) take(draws[first + j].k, letters_at[j]);
        }
    }

    template <Index Count>
    void draw(const WeightTables& weights, const Index* starts, const Onward* onward, const double* const* u,
              Place* const* letters) const {
        Index state[Count];
        const double* rest[Count];
        for (Index j = 0; j < Count; ++j) {
            rest[j] = u[j];
            state[j] = starts[j];
            if (!shape().periodic) state[j] = initial_state(weights, starts[j], onward[j], *rest[j]++);
            for (Index k = shape().width - 2, code = state[j]; k >= 0; --k, code /= shape().letters)
                letters[j][k] = static_cast<Place>(code % shape().letters);
        }
        if (shape().letters == 2)
            draw_letters<2, Count>(shape(), weights, onward, state, rest, letters);
        else
            draw_letters<0, Count>(shape(), weights, onward, state, rest, letters);
    }

    /// The state before the first window of an open chain.
    Index initial_state(const WeightTables& weights, Index start, const Onward& onward, double u) const {
        const auto weight = [&](Index s) {
            return weights.initial_weight(s, start) * onward.message[s * onward.apart];
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
    const Kept& messages_of(Index start) {
        Kept& kept = kept_[static_cast<std::size_t>(start)];
        if (!kept.messages.empty()) return kept;
        Kept made;
        const WeightTables& weights = problem_.weights.balanced(start, made.weights);
        made.messages.resize(room());
        make_messages<double>(weights, &start, 1, made.messages.data());
        const double tables = made.weights ? static_cast<double>(shape().codes() * shape().sites) : 0.0;
        const double bytes = 8.0 * (static_cast<double>(room()) + tables);
        if (bytes_ + bytes > memory_) {
            for (Kept& other : kept_) other = Kept{};
            bytes_ = 0.0;
        }
        bytes_ += bytes;
        return kept = std::move(made);
    }

    ChainProblem problem_;
    double memory_, bytes_ = 0.0;
    Vector cumulative_;  // probabilities of the starts up to each
    std::vector<Kept> kept_;
};

}  // namespace predcg::detail
