#pragma once
// Moments from samples of many chains of one target that move side by side.
#include <predcg/chains/class_rows.hpp>
#include <predcg/engines/batch.hpp>
#include <predcg/kernels/replica_counts.hpp>
#include <predcg/kernels/replicas.hpp>
#include <predcg/statistics/autocorrelation.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

/// Settings of the engine MonteCarlo.
struct MonteCarloSettings {
    Index samples = 50;   ///< for each target and call, over all its chains
    Index chains = 1;     ///< for each target; they persist from call to call; from 16 on side by side
    Index warm_up = 100;  ///< moves of a new chain before its first sample; kernels tune themselves here
    Index refresh = 5;    ///< moves of an old chain before the first sample under a changed target
    Index thinning = 1;   ///< moves from sample to sample
    bool standard_errors = true;  ///< from autocorrelation times; else NaN, and cheaper
};

/// The library's own streams: a generator from the identity of a stream. A user's generator takes part
/// through a type like this, e.g. one that returns std::mt19937_64 seeded from the key.
struct PhiloxStreams {
    Philox4x32 operator()(const StreamKey& key) const { return make_stream(key); }
};

namespace detail {

/// With fewer chains lanes stay empty.
inline constexpr Index fewest_replicas = 16;

/// Kernels, streams and batches whose chains may move side by side.
template <class Kernel, class Streams, class B>
concept SideBySide = std::same_as<Streams, PhiloxStreams> &&
                     requires(const Kernel kernel) {
                         { kernel.side_by_side() } -> std::same_as<ReplicaMoves>;
                     } && ChainTarget<typename B::Common> &&
                     ChainFactor<typename B::Factor, letter_t<space_t<typename B::Common>>> &&
                     ChainStatistic<typename B::Statistic, letter_t<space_t<typename B::Common>>> &&
                     ChainStatistic<typename B::Own, letter_t<space_t<typename B::Common>>>;

/// Moments with 1/samples into those of samples, with standard errors from the draws: sd sqrt(tau / samples).
inline void finish_moments(Moments& m, const std::vector<Matrix>& draws, double samples) {
    m.covariance *= samples / (samples - 1.0);
    m.log_partition.reset();
    m.standard_error.setConstant(std::numeric_limits<double>::quiet_NaN());
    for (std::size_t k = 0; k < draws.size(); ++k) {
        const auto at = static_cast<Index>(k);
        const double tau = monotone_autocorrelation_time(draws[k]);
        m.standard_error[at] = std::sqrt(m.covariance(at, at) * tau / samples);
    }
}

/// Chains of a batch's targets, one target after another. Tables that targets share are made once.
template <class B>
class ReplicaRun {
    using Space = std::remove_cvref_t<decltype(std::declval<const typename B::Common&>().space())>;
    static constexpr auto function = "MonteCarlo::expect";

public:
    ReplicaRun(const ReplicaMoves& moves, const B& batch, const MonteCarloSettings& settings)
        : batch_(batch), settings_(settings), space_(batch.common().space()), shape_(shape_of(batch)),
          common_(shape_, batch.common(), function),
          tables_(moves, space_, shape_, common_, is_translation_invariant(batch.common())),
          shape_of_statistic_(chain_shape(space_, batch.statistic().window(), function)),
          statistic_(shape_of_statistic_, space_, batch.statistic()),
          shape_of_own_(chain_shape(space_, own_window(batch), function)),
          own_rows_(shape_of_own_.codes() * batch.own_size()), own_group_(shape_.sites),
          counts_(shape_of_statistic_, batch.common_size()), own_counts_(shape_of_own_, batch.own_size()) {}

    /// Factors of single sites, few letters and neighbours, few kinds of windows to count.
    static bool pays(const ReplicaMoves& moves, const B& batch) {
        const auto& space = batch.common().space();
        const double letters = static_cast<double>(std::ranges::size(space.values()));
        const auto sites = static_cast<double>(space.size());
        const auto windows = [&](Index width) { return std::pow(letters, static_cast<double>(width)); };
        constexpr double most_windows = 64.0;   // of a site: their codes are bytes
        constexpr double most_counts = 4096.0;  // windows of all groups
        const auto can_count = [&](Index width, double groups) {
            return windows(width) <= most_windows && windows(width) * groups <= most_counts;
        };
        for (const Index k : batch.which()) {
            if (Window(batch.factor(k).window()).width > 1) return false;
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
               ReplicaTables<Space, typename B::Factor>::pay(moves, shape_of(batch),
                                                             is_translation_invariant(batch.common()));
    }
    /// Whether the common weights lie within the range of a double.
    bool in_range() const { return common_.spread() < 600.0; }

    /// Moments that hold until the next call.
    const Moments& operator()(Index k, Replicas& replicas, Philox4x32& rng) {
        tables_.set(batch_.factor(k));
        const bool is_new =
            std::ssize(replicas.letters) != replicas.blocks * shape_.sites || replicas.empty();
        if (is_new) begin(replicas, rng);
        for (Index m = is_new ? settings_.warm_up : settings_.refresh; m > 0; --m)
            tables_.sweep(replicas, rng);
        const Index rows = (settings_.samples + replicas.count - 1) / replicas.count;
        const Index common = batch_.common_size(), d = common + batch_.own_size();
        const Index packs = replicas.blocks * (Bytes::lanes / 8);
        find_own(k);
        if (settings_.standard_errors) draws_.resize(static_cast<std::size_t>(d));
        for (Matrix& draws : draws_) draws.resize(rows, replicas.count);
        sum_.begin(d, replicas.count);
        for (Index s = 0; s < rows; ++s) {
            for (Index m = 0; m < settings_.thinning; ++m) tables_.sweep(replicas, rng);
            values_.assign(d * packs, Lanes::of(0.0));
            counts_.add(
                replicas, statistic_.count(), [&](Index i) { return statistic_.table_of(i); },
                [&](Index table) { return statistic_.of_table(table); }, values_, 0);
            own_counts_.add(
                replicas, own_groups_, [&](Index i) { return own_group_[i]; },
                [&](Index group) { return own_rows_.row(row_of_group_[static_cast<std::size_t>(group)]); },
                values_, common);
            sum_.add(values_);
            for (std::size_t c = 0; c < draws_.size(); ++c)
                for (Index lane = 0; lane < replicas.count; ++lane)
                    draws_[c](s, lane) = values_[static_cast<Index>(c) * packs + lane / 8][lane % 8];
        }
        sum_.moments(moments_);
        finish_moments(moments_, draws_, static_cast<double>(rows * replicas.count));
        return moments_;
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

    /// Configurations of the space in all lanes.
    void begin(Replicas& replicas, Philox4x32& rng) const {
        replicas.count = settings_.chains;
        replicas.blocks = (settings_.chains + Bytes::lanes - 1) / Bytes::lanes;
        replicas.letters.assign(static_cast<std::size_t>(replicas.blocks * shape_.sites), Bytes::of(0));
        std::vector<Index> places;
        for (Index chain = 0; chain < replicas.blocks * Bytes::lanes; ++chain) {
            if (chain < replicas.count) places_of(space_, space_.random(rng), places);  // others as the last
            for (Index i = 0; i < shape_.sites; ++i)
                replicas.site(i)[chain / Bytes::lanes][chain % Bytes::lanes] =
                    static_cast<signed char>(places[static_cast<std::size_t>(i)]);
        }
    }

    /// What the target's own statistic is at the windows of its sites: groups of sites where it is the same,
    /// in an order that does not depend on what was met before, so that sums do not.
    void find_own(Index k) {
        if (batch_.own_size() == 0) return;
        const auto own = batch_.own(k);
        own_groups_ = 0;
        bool is_known = ClassifiedSites<typename B::Own>;
        for (Index site = 0; site < shape_.sites; ++site) {
            Index group = site;
            if constexpr (ClassifiedSites<typename B::Own>)
                group = own.site_class(site) * shape_of_own_.width + shape_of_own_.width -
                        shape_of_own_.window_length(site);
            own_group_[site] = group;
            own_groups_ = std::max(own_groups_, group + 1);
            is_known = is_known && group >= 0 && group < std::ssize(row_of_group_) &&
                       row_of_group_[static_cast<std::size_t>(group)] >= 0;
        }
        if (!is_known) tabulate_own(own);
    }
    [[gnu::cold]] void tabulate_own(const typename B::Own& own) {
        own_rows_.template begin<typename B::Own>();
        const Index size = batch_.own_size(), width = Window(own.window()).width;
        if (std::ssize(row_of_group_) < own_groups_)
            row_of_group_.resize(static_cast<std::size_t>(own_groups_), -1);
        own_rows_.visit(
            own, shape_of_own_,
            [&](Index site, double* row) {
                windows_of(shape_of_own_, space_, site, letters_, [&](Index code, auto window) {
                    const auto value = own.local(site, narrow(window, width));
                    for (Index c = 0; c < size; ++c) row[code * size + c] = value[c];
                });
            },
            [&](Index site, Index row, const double*) {
                row_of_group_[static_cast<std::size_t>(own_group_[site])] = row;
            });
    }

    const B& batch_;
    const MonteCarloSettings& settings_;
    Space space_;
    ChainShape shape_;
    WeightTables common_;
    ReplicaTables<Space, typename B::Factor> tables_;
    ChainShape shape_of_statistic_;
    StatisticTables statistic_;
    ChainShape shape_of_own_;
    ClassRows own_rows_;
    Scratch<Index> own_group_;         // of the sites
    std::vector<Index> row_of_group_;  // -1: none yet
    Index own_groups_ = 0;
    ReplicaCounts counts_, own_counts_;
    Scratch<Lanes> values_;
    std::vector<Matrix> draws_;  // a matrix for each component: samples x chains
    ReplicaMoments sum_;
    Moments moments_;
    std::vector<letter_t<Space>> letters_;
};

}  // namespace detail

}  // namespace predcg
