#pragma once
// Moments from samples of many chains of one target that move side by side.
#include <predcg/concepts/site_classes.hpp>
#include <predcg/core/space.hpp>
#include <predcg/engines/batch.hpp>
#include <predcg/engines/monte_carlo_settings.hpp>
#include <predcg/kernels/graph_surroundings.hpp>
#include <predcg/kernels/replica_counts.hpp>
#include <predcg/kernels/replicas.hpp>
#include <predcg/statistics/autocorrelation.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

/// The library's own streams: a generator from the identity of a stream. A user's generator takes part
/// through a type like this, e.g. one that returns std::mt19937_64 seeded from the key.
struct PhiloxStreams {
    Philox4x32 operator()(const StreamKey& key) const { return make_stream(key); }
};

namespace detail {

/// All parts are sums over windows of a chain.
template <class B>
concept ChainBatch = ChainTarget<typename B::Common> &&
                     ChainFactor<typename B::Factor, letter_t<space_t<typename B::Common>>> &&
                     ChainStatistic<typename B::Statistic, letter_t<space_t<typename B::Common>>> &&
                     ChainStatistic<typename B::Own, letter_t<space_t<typename B::Common>>>;

/// The common target knows its neighbours; factors have windows, which have to be single sites.
template <class B>
concept GraphBatch = LocalTarget<typename B::Common> && HasNeighbours<typename B::Common> &&
                     ChainFactor<typename B::Factor, letter_t<space_t<typename B::Common>>>;

/// Kernels, streams and batches whose chains may move side by side.
template <class Kernel, class Streams, class B>
concept SideBySide = std::same_as<Streams, PhiloxStreams> && requires(const Kernel kernel) {
    { kernel.side_by_side() } -> std::same_as<ReplicaMoves>;
} && (ChainBatch<B> || GraphBatch<B>);

/// Moments with 1/samples into those of samples, with standard errors from the draws: sd sqrt(tau / samples).
inline void finish_moments(Moments& m, const std::vector<Matrix>& draws, double samples) {
    m.covariance *= samples / (samples - 1.0);
    m.log_partition.reset();
    m.standard_error.setConstant(std::numeric_limits<double>::quiet_NaN());
    for (std::size_t k = 0; k < draws.size(); ++k) {
        const auto at = static_cast<Index>(k);
        const double tau = statistics::monotone_autocorrelation_time(draws[k]);
        m.standard_error[at] = std::sqrt(m.covariance(at, at) * tau / samples);
    }
}

/// What chains of a batch have in common, and sums of their statistics over windows, which are counted.
template <class B>
class ChainParts {
    using Space = std::remove_cvref_t<decltype(std::declval<const typename B::Common&>().space())>;
    static constexpr auto function = "MonteCarlo::expect";

public:
    using Surroundings = ChainSurroundings;

    ChainParts(const B& batch, const ReplicaMoves&)
        : batch_(batch), space_(batch.common().space()), shape_(shape_of(batch)),
          common_(shape_, batch.common(), function),
          around_(shape_, common_, is_translation_invariant(batch.common())),
          shape_of_statistic_(chain_shape(space_, batch.statistic().window(), function)),
          statistic_(shape_of_statistic_, space_, batch.statistic()), group_(shape_.sites),
          shape_of_own_(chain_shape(space_, own_window(batch), function)), own_group_(shape_.sites),
          counts_(shape_of_statistic_, batch.common_size()), own_counts_(shape_of_own_, batch.own_size()) {
        for (Index t = 0; t < statistic_.count(); ++t) counts_.learn(statistic_.of_table(t), false);
        for (Index i = 0; i < shape_.sites; ++i) group_[i] = statistic_.table_of(i);
    }

    /// Few letters and neighbours, few kinds of windows to count.
    static bool pays(const ReplicaMoves& moves, const B& batch) {
        const auto& space = batch.common().space();
        const double letters = static_cast<double>(std::ranges::size(space.values()));
        const auto sites = static_cast<double>(space.size());
        const auto windows = [&](Index width) { return power(letters, width); };
        constexpr double most_windows = 64.0;   // of a site: their codes are bytes
        constexpr double most_counts = 4096.0;  // windows of all groups
        const auto can_count = [&](Index width, double groups) {
            return windows(width) <= most_windows && windows(width) * groups <= most_counts;
        };
        for (const Index k : batch.which()) {
            const auto own = batch.own(k);
            const Index width = Window(own.window()).width;
            double groups = sites;
            if constexpr (ClassifiedSites<typename B::Own>)
                groups = static_cast<double>(own.class_count() * width);
            if (batch.own_size() > 0 && !can_count(width, groups)) return false;
        }
        const bool same = is_translation_invariant(batch.statistic());
        return windows(Window(batch.common().window()).width) <= most_counts &&
               can_count(Window(batch.statistic().window()).width, same ? 1.0 : sites) &&
               ReplicaTables<Space, typename B::Factor, Surroundings>::pay(
                   moves, shape_of(batch), is_translation_invariant(batch.common()));
    }

    /// Whether the common weights lie within the range of a double.
    bool usable(const ReplicaMoves&) const { return common_.spread() < 600.0; }
    const Surroundings& around() const { return around_; }

    /// What the target's own statistic is at the windows of its sites: groups of sites where it is the same.
    void find(Index k) {
        if (batch_.own_size() == 0) return;
        const auto own = batch_.own(k);
        if constexpr (ClassifiedSites<typename B::Own>) {
            const Index width = shape_of_own_.width;
            number_sites(
                own, width, [&](Index site) { return width - shape_of_own_.window_length(site); },
                group_of_class_, own_group_, [&](Index site) { return learn(own, site); });
        } else {
            own_counts_.forget();
            for (Index site = 0; site < shape_.sites; ++site) own_group_[site] = learn(own, site);
        }
    }

    /// Adds the statistics of the replicas, after find(k); components of packs of lanes.
    void add(const Replicas& replicas, Scratch<Lanes>& values) {
        const Index packs = replicas.blocks * (Bytes::lanes / 8);
        counts_.add(replicas, group_.data(), values.data());
        own_counts_.add(replicas, own_group_.data(), values.data() + batch_.common_size() * packs);
    }
    /// The same where is_whole(): sets components of all lanes.
    bool is_whole() const { return counts_.is_whole() && own_counts_.is_whole(); }
    void sum_whole(const Replicas& replicas, std::int16_t* values) const {
        const Index lanes = replicas.blocks * Bytes::lanes;
        counts_.sum_whole(replicas, group_.data(), values);
        own_counts_.sum_whole(replicas, own_group_.data(), values + batch_.common_size() * lanes);
    }

private:
    static ChainShape shape_of(const B& batch) {
        return chain_shape(batch.common().space(), batch.common().window(), function);
    }
    static Window own_window(const B& batch) {
        Window window;
        for (const Index k : batch.which()) window = common_window(window, batch.own(k).window());
        return window;
    }

    /// The number of a group that has the windows of a site.
    [[gnu::cold]] Index learn(const typename B::Own& own, Index site) {
        const Index size = batch_.own_size(), width = Window(own.window()).width;
        own_row_.assign(shape_of_own_.codes() * size, 0.0);
        windows_of(shape_of_own_, space_, site, letters_, [&](Index code, auto window) {
            const auto value = own.local(site, narrow(window, width));
            for (Index c = 0; c < size; ++c) own_row_[code * size + c] = value[c];
        });
        return own_counts_.learn(own_row_.data(), ClassifiedSites<typename B::Own>);
    }

    const B& batch_;
    Space space_;
    ChainShape shape_;
    WeightTables common_;
    ChainSurroundings around_;
    ChainShape shape_of_statistic_;
    StatisticTables statistic_;
    Scratch<Index> group_;  // of the sites, for the common statistic
    ChainShape shape_of_own_;
    Scratch<Index> own_group_;       // for the target's own
    Scratch<Index> group_of_class_;  // for every class of sites and cut at an end; -1: none yet
    Scratch<double> own_row_;
    ReplicaCounts counts_, own_counts_;
    WindowLetters<letter_t<Space>> letters_;
};

/// The same on graphs; statistics are asked about one configuration after the other.
template <class B>
class GraphParts {
    using Space = std::remove_cvref_t<decltype(std::declval<const typename B::Common&>().space())>;

public:
    using Surroundings = GraphSurroundings<typename B::Common>;

    GraphParts(const B& batch, const ReplicaMoves& moves)
        : batch_(batch), space_(batch.common().space()), around_(batch.common(), must_count(moves, batch)),
          X_(blank_configuration(space_)) {}

    static bool pays(const ReplicaMoves& moves, const B& batch) {
        const auto letters = static_cast<Index>(std::ranges::size(batch.common().space().values()));
        const NeighbourList list = batch.common().neighbours();
        const double there = std::min(Tables::places(moves, letters, list.most(), false),
                                      Tables::places(moves, letters, list.most(), true));
        return letters >= 2 && letters <= Tables::most_letters && list.most() <= Tables::most_neighbours &&
               there <= double{Tables::most_places} &&
               power(static_cast<double>(letters), list.most()) <= Surroundings::most_rows;
    }
    /// Whether places to look at fit a byte.
    bool usable(const ReplicaMoves& moves) const {
        return around_.usable() && Tables::places(moves, around_.letters(), around_.neighbours(),
                                                  around_.counts()) <= double{Tables::most_places};
    }
    const Surroundings& around() const { return around_; }

    void find(Index k) { own_.emplace(batch_.own(k)); }
    void add(const Replicas& replicas, Scratch<Lanes>& values) {
        const Index packs = replicas.blocks * (Bytes::lanes / 8), common = batch_.common_size();
        const auto& letters = space_.values();
        for (Index lane = 0; lane < replicas.count; ++lane) {
            const Index block = lane / Bytes::lanes, at = lane % Bytes::lanes;
            for (Index i = 0; i < around_.sites(); ++i)
                X_[static_cast<std::size_t>(i)] = std::ranges::begin(letters)[replicas.site(i)[block][at]];
            const auto put = [&](const auto& value, Index first, Index size) {
                for (Index c = 0; c < size; ++c) values[(first + c) * packs + lane / 8][lane % 8] = value[c];
            };
            put(batch_.statistic()(X_), 0, common);
            if (batch_.own_size() > 0) put((*own_)(X_), common, batch_.own_size());
        }
    }

private:
    using Tables = ReplicaTables<Space, typename B::Factor, Surroundings>;

    /// There are too many neighbourhoods, unless those with the same letters are one.
    static bool must_count(const ReplicaMoves& moves, const B& batch) {
        const auto letters = static_cast<Index>(std::ranges::size(batch.common().space().values()));
        const NeighbourList list = batch.common().neighbours();
        return Tables::places(moves, letters, list.most(), false) > double{Tables::most_places};
    }

    const B& batch_;
    Space space_;
    Surroundings around_;
    configuration_t<Space> X_;
    std::optional<typename B::Own> own_;
};

/// Parts whose values are sums of whole numbers, in some runs: is_whole() says whether in this one.
template <class Parts>
concept CountsWhole = requires(const Parts parts) { parts.is_whole(); };

/// Chains of a batch's targets, one target after another. Tables that targets share are made once.
template <class B>
class ReplicaRun {
    using Space = std::remove_cvref_t<decltype(std::declval<const typename B::Common&>().space())>;
    static auto parts_of() {
        if constexpr (ChainBatch<B>)
            return std::type_identity<ChainParts<B>>{};
        else
            return std::type_identity<GraphParts<B>>{};
    }
    using Parts = typename decltype(parts_of())::type;

public:
    ReplicaRun(const ReplicaMoves& moves, const B& batch, const MonteCarloSettings& settings)
        : batch_(batch), settings_(settings), moves_(moves), space_(batch.common().space()),
          parts_(batch, moves) {
        if (usable()) tables_.emplace(moves, space_, parts_.around());
    }

    /// Factors of single sites, and what the parts ask for.
    static bool pays(const ReplicaMoves& moves, const B& batch) {
        for (const Index k : batch.which())
            if (Window(batch.factor(k).window()).width > 1) return false;
        return Parts::pays(moves, batch);
    }
    /// Known once tables were made.
    bool usable() const { return parts_.usable(moves_); }

    /// Moments that hold until the next call.
    const Moments& operator()(Index k, Replicas& replicas, Philox4x32& rng) {
        tables_->set(batch_.factor(k));
        const bool is_new =
            std::ssize(replicas.letters) != replicas.blocks * space_.size() || replicas.empty();
        if (is_new) begin(replicas, rng);
        for (Index m = is_new ? settings_.warm_up : settings_.refresh; m > 0; --m)
            tables_->sweep(replicas, rng);
        const Index rows = (settings_.samples + replicas.count - 1) / replicas.count;
        const Index d = batch_.common_size() + batch_.own_size();
        const Index packs = replicas.blocks * (Bytes::lanes / 8);
        parts_.find(k);
        if (settings_.standard_errors) draws_.resize(static_cast<std::size_t>(d));
        for (Matrix& draws : draws_) draws.resize(rows, replicas.count);
        sum_.begin(d, replicas.count);
        bool is_whole = false;
        if constexpr (CountsWhole<Parts>) is_whole = parts_.is_whole();
        const auto keep = [&](Index s, auto&& value) {
            for (std::size_t c = 0; c < draws_.size(); ++c)
                for (Index lane = 0; lane < replicas.count; ++lane)
                    draws_[c](s, lane) = value(static_cast<Index>(c), lane);
        };
        for (Index s = 0; s < rows; ++s) {
            for (Index m = 0; m < settings_.thinning; ++m) tables_->sweep(replicas, rng);
            if (is_whole) {
                if constexpr (CountsWhole<Parts>) {
                    whole_values_.resize(8 * d * packs);
                    parts_.sum_whole(replicas, whole_values_.data());
                    keep(s, [&](Index c, Index lane) { return whole_values_[8 * c * packs + lane]; });
                    sum_.add_whole(whole_values_.data());
                }
            } else {
                values_.assign(d * packs, Lanes::of(0.0));
                parts_.add(replicas, values_);
                keep(s, [&](Index c, Index lane) { return values_[c * packs + lane / 8][lane % 8]; });
                sum_.add(values_);
            }
        }
        sum_.moments(moments_);
        finish_moments(moments_, draws_, static_cast<double>(rows * replicas.count));
        return moments_;
    }

private:
    /// Configurations of the space in all lanes.
    void begin(Replicas& replicas, Philox4x32& rng) const {
        replicas.count = settings_.chains;
        replicas.blocks = (settings_.chains + Bytes::lanes - 1) / Bytes::lanes;
        replicas.letters.assign(static_cast<std::size_t>(replicas.blocks * space_.size()), Bytes::of(0));
        if constexpr (has_uniform_start<Space>) {
            const auto letters = static_cast<std::uint32_t>(std::ranges::size(space_.values()));
            const Index lanes = replicas.blocks * Bytes::lanes;
            Scratch<std::uint32_t> words(lanes);
            for (Index i = 0; i < space_.size(); ++i) {
                rng.generate(words.data(), static_cast<std::size_t>(lanes));
                auto* const site = reinterpret_cast<signed char*>(replicas.site(i));
                for (Index lane = 0; lane < lanes; ++lane)
                    site[lane] = static_cast<signed char>((words[lane] >> 16) * letters >> 16);
            }
            return;
        }
        std::vector<Index> places;
        for (Index chain = 0; chain < replicas.blocks * Bytes::lanes; ++chain) {
            if (chain < replicas.count) places_of(space_, space_.random(rng), places);  // others as the last
            for (Index i = 0; i < space_.size(); ++i)
                replicas.site(i)[chain / Bytes::lanes][chain % Bytes::lanes] =
                    static_cast<signed char>(places[static_cast<std::size_t>(i)]);
        }
    }

    const B& batch_;
    const MonteCarloSettings& settings_;
    ReplicaMoves moves_;
    Space space_;
    Parts parts_;
    std::optional<ReplicaTables<Space, typename B::Factor, typename Parts::Surroundings>> tables_;
    Scratch<Lanes> values_;
    Scratch<std::int16_t> whole_values_;
    std::vector<Matrix> draws_;  // a matrix for each component: samples x chains
    ReplicaMoments sum_;
    Moments moments_;
};

}  // namespace detail

}  // namespace predcg
