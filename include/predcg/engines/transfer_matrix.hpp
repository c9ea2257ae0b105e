#pragma once
#include <predcg/chains/draws.hpp>
#include <predcg/chains/recursions.hpp>
#include <predcg/concepts/expectation_engine.hpp>
#include <predcg/core/cost.hpp>
#include <predcg/core/linalg.hpp>
#include <predcg/core/random.hpp>
#include <predcg/engines/batch.hpp>
#include <predcg/engines/lane_sums.hpp>
#include <predcg/engines/parameter_lanes.hpp>

#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace predcg {

namespace detail {
/// A batch whose parts are all chains.
template <class B>
concept ChainBatchOf = ChainTarget<typename B::Common> &&
                       ChainFactor<typename B::Factor, letter_t<space_t<typename B::Common>>> &&
                       ChainStatistic<typename B::Statistic, letter_t<space_t<typename B::Common>>> &&
                       ChainStatistic<typename B::Own, letter_t<space_t<typename B::Common>>>;
}  // namespace detail

/// Exact engine for chains: any finite alphabet (q letters), any additive window statistic,
/// site-dependent window weights, periodic and open.
///
/// With windows of W letters there are S = q^(W-1) states. Cost of one call: n S q operations on an open
/// chain and S times that on a ring, times 2 + d(d+3)/2 for mean and covariance of d statistics. A call
/// whose estimate exceeds `cost_limit` operations, or whose tables exceed `memory_limit` bytes, is
/// refused by CostError before any work.
/// Baxter, "Exactly Solved Models in Statistical Mechanics" (1982), ch. 2; Rabiner, Proc. IEEE 77 (1989).
struct TransferMatrix {
    double cost_limit = 1e10;   ///< elementary operations (about a nanosecond each)
    double memory_limit = 2e9;  ///< bytes of tables

    template <class T>
    using State = NoState;

    /// What expect of so many statistics takes, or, of log_partitions, log_partition alone: the numbers that
    /// are held against the limits. `window` is that of the statistics, and of factors of the target that are
    /// not part of it yet. In a batch of many targets one takes a fraction of it, as they share tables.
    /// Throws CostError for more than 10^9 window states.
    template <ChainTarget T>
    Cost cost(const T& target, Window window, Index statistics, Want want = Want::covariances) const {
        const auto shape = detail::chain_shape(target.space(), common_window(target.window(), window),
                                               "TransferMatrix::cost");
        const auto d = static_cast<double>(statistics);
        return want == Want::log_partitions ? cost_of(shape, 1.0, 0.0)
                                            : cost_of(shape, want == Want::means ? 3.0 : work_of(d), d + 4.0);
    }
    /// The same of site_moments(target, order, lags).
    template <ChainTarget T>
    Cost cost_of_site_moments(const T& target, int order, Index lags = -1) const {
        const MomentRun run = moment_run(target, order, lags);
        return cost_of(
            detail::chain_shape(target.space(), run.window, "TransferMatrix::cost_of_site_moments"), run.work,
            run.numbers, run.bytes);
    }
    /// And of numbers x whose moments given X are `given`.
    template <ChainTarget T, ChainConditionalMoments<letter_t<space_t<T>>> G>
    Cost cost_of_site_moments(const T& target, const G& given, int order) const {
        const MomentRun run = moment_run(target, given, order, most_sites(target, given));
        return cost_of(
            detail::chain_shape(target.space(), run.window, "TransferMatrix::cost_of_site_moments"), run.work,
            run.numbers, run.bytes);
    }

    /// log of the sum over all configurations of the target's density.
    template <ChainTarget T>
    double log_partition(const T& target) const {
        return detail::log_partition(
            tabulate(target, target.window(), 1.0, 0.0, "TransferMatrix::log_partition"));
    }

    /// Mean and covariance of a statistic, and log_partition.
    template <ChainTarget T, ChainStatistic<letter_t<space_t<T>>> S>
    Moments expect(const T& target, const S& statistic, NoState&, const StreamKey&) const {
        return expect(target, statistic);
    }

    template <ChainTarget T, ChainStatistic<letter_t<space_t<T>>> S>
    Moments expect(const T& target, const S& statistic) const {
        return moments<false>(target, statistic);
    }

    /// Data of a chunk (engines/batch.hpp): whole lanes.
    template <class B>
        requires detail::ChainBatchOf<B>
    Index chunk(const B& batch) const {
        const auto shape =
            detail::chain_shape(batch.common().space(),
                                common_window(batch.common().window(), Window(batch.statistic().window())),
                                "TransferMatrix::expect_batch");
        return chunk_of(3.0 * static_cast<double>(shape.codes()) * static_cast<double>(shape.sites) *
                            static_cast<double>(shape.starts()),
                        detail::lane_count);
    }

    /// Batches (engines/batch.hpp) by lanes, several data at once: the common tables are made once, those of
    /// factors and own statistics once for each class of sites (ClassifiedSites). Targets whose weights need
    /// balancing, and all where windows are wide, are done one by one. Means take one pass without second
    /// moments, those of one target alone (SingleBatch), too.
    template <class B, Want want, class States>
        requires detail::ChainBatchOf<B>
    [[gnu::cold]] BatchMoments expect_batch(const B& batch, Wanted<want>, States& states,
                                            const StreamKey& key) const {
        constexpr auto function = "TransferMatrix::expect_batch";
        if constexpr (!std::same_as<typename B::Factor, NeutralFactor>) {  // else one target alone
            const auto& target = batch.common();
            const Window factor_window =
                detail::window_of_all(batch, [&](Index k) { return batch.factor(k); });
            constexpr bool counts = want == Want::means && CellStatistic<typename B::Own>;
            Window own_window, window = common_window(target.window(), factor_window);
            double d = 0.0;
            if constexpr (want != Want::log_partitions) {
                own_window = detail::window_of_all(batch, [&](Index k) { return batch.own(k); });
                window = common_window(window, common_window(batch.statistic().window(), own_window));
                d = static_cast<double>(batch.common_size() + (counts ? 0 : batch.own_size()));
            }
            detail::LaneParts parts{ClassifiedSites<typename B::Factor>, ClassifiedSites<typename B::Own>, 0};
            if constexpr (counts) parts.most_cells = Index(batch.own(batch.which().front()).most_cells());
            const auto shape = detail::chain_shape(target.space(), window, function);
            const auto factor_shape = detail::chain_shape(target.space(), factor_window, function);
            const auto own_shape = detail::chain_shape(target.space(), own_window, function);
            if (detail::lanes_pay(shape, std::ssize(batch.which())) &&
                detail::lane_bytes(shape, factor_shape, own_shape, d, parts) <= memory_limit) {
                const auto problem =
                    tabulate(target, window, want == Want::covariances ? work_of(d) : 3.0, d, function);
                const auto alone = [&](Index k) {
                    if constexpr (counts)
                        return counted(batch.target(k), batch.statistic(), batch.own(k));
                    else if constexpr (want == Want::log_partitions)
                        return Moments{{}, {}, {}, log_partition(batch.target(k))};
                    else
                        return moments<want == Want::means>(batch.target(k), batch.joint(k));
                };
                detail::LaneSums<B, want> sums(batch, problem, factor_shape, own_shape);
                if (counts ? detail::SmallRingPass::keeps_chances(shape, own_shape)
                           : shape.is_smallest_ring())
                    return sums.run(detail::SmallRingPass(shape), alone);
                return sums.run(detail::ChainPass(shape, shape.starts(), want != Want::log_partitions),
                                alone);
            }
        }
        if constexpr (want == Want::means) {
            BatchMoments sums = BatchMoments::zero(batch.common_size() + batch.own_size(), want);
            for (const Index k : batch.which()) {
                if constexpr (CellStatistic<typename B::Own>)
                    sums.add(counted(batch.target(k), batch.statistic(), batch.own(k)), batch.weight(k));
                else
                    sums.add(moments<true>(batch.target(k), batch.joint(k)), batch.weight(k));
            }
            return sums;
        } else {
            return detail::expect_one_by_one<want>(*this, batch, states, key);
        }
    }

    /// sum_k weights[k] log Z(commons[j] factor(j, k)) - count log Z(commons[j]) for every j: the
    /// log-likelihood of the same data at several parameters, side by side. NaN where it is to be computed
    /// alone: where tables would be large, chains are open, common targets differ from site to site or
    /// weights need balancing. Factors of a k have the same class of a site for all j.
    template <ChainTarget T, class FactorOf>
        requires ClassifiedSites<std::invoke_result_t<const FactorOf&, Index, Index>>
    [[gnu::cold]] Vector log_ratios(std::span<const T> commons, const FactorOf& factor,
                                    std::span<const double> weights, double count) const {
        using Factor = std::remove_cvref_t<std::invoke_result_t<const FactorOf&, Index, Index>>;
        constexpr auto function = "TransferMatrix::log_ratios";
        Vector ratios = Vector::Constant(std::ssize(commons), detail::undefined);
        if (weights.empty() || commons.empty()) return ratios;
        const auto& space = commons.front().space();
        Window factor_window;
        Index classes = 0;
        for (Index k = 0; k < std::ssize(weights); ++k) {
            const auto one = factor(0, k);
            factor_window = common_window(factor_window, one.window());
            classes = std::max(classes, static_cast<Index>(one.class_count()));
        }
        const auto shape =
            detail::chain_shape(space, common_window(commons.front().window(), factor_window), function);
        const auto factor_shape = detail::chain_shape(space, factor_window, function);
        using Pack = detail::ParameterLanes<T, Factor>;
        if (!Pack::pays(shape, classes) ||
            static_cast<double>(shape.sites * shape.codes() * shape.starts()) > cost_limit)
            return ratios;
        for (Index first = 0; first < ratios.size(); first += detail::lane_count) {
            const Index lanes = std::min(detail::lane_count, ratios.size() - first);
            Pack pack(shape, factor_shape, classes, space,
                      commons.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(lanes)));
            const detail::Lanes log_z = pack.log_partitions();
            for (Index k = 0; k < std::ssize(weights); ++k)
                pack.add([&](Index lane) { return factor(first + lane, k); },
                         weights[static_cast<std::size_t>(k)]);
            const detail::Lanes sums = pack.sums();
            for (Index lane = 0; lane < lanes; ++lane)
                ratios[first + lane] = sums[lane] - count * log_z[lane];
        }
        return ratios;
    }

    /// P(w_i = w) for every site i: vector over window codes (base-q number of the letters' places in
    /// values(), first letter most significant); windows cut by an open end are shorter.
    template <ChainTarget T>
    std::vector<Vector> window_marginals(const T& target) const {
        return detail::window_marginals(
            tabulate(target, target.window(), 4.0, 1.0, "TransferMatrix::window_marginals"));
    }

    /// P(X_i = a, X_j = b), q x q, letters in the order of values().
    template <ChainTarget T>
    Matrix two_point(const T& target, Index i, Index j) const {
        const Index n = target.space().size();
        for (Index site : {i, j}) require_range(site, 0, n - 1, "TransferMatrix::two_point", "site");
        using Space = space_t<T>;
        const SiteIndicators<Space> indicators{target.space(), i, j};
        const Moments m = expect(target, indicators);
        const Index q = indicators.size() / 2;
        const Matrix both = linalg::second_moments(m.covariance, m.mean);
        Matrix corner(q, q);
        for (Index b = 0; b < q; ++b)
            for (Index a = 0; a < q; ++a) corner(a, b) = both(a, q + b);
        return corner;
    }

    /// E[X_i] and, for order 2, E[X_i X_j] at all lags, for letters that are numbers: n x n numbers, unless
    /// all sites of a ring are alike. Of an open chain n (lags + 1) numbers suffice for pairs at most `lags`
    /// apart (-1: all).
    template <ChainTarget T>
        requires NumericSpace<space_t<T>>
    SiteMoments site_moments(const T& target, int order, Index lags = -1) const {
        const MomentRun run = moment_run(target, order, lags);
        const auto problem = tabulate_moments(target, run);
        Matrix value(2, problem.shape.codes());
        const auto& space = target.space();  // may be a value
        const auto& letters = space.values();
        for (Index code = 0; code < value.cols(); ++code) {
            const Index last = code / problem.shape.states;
            value(0, code) = static_cast<double>(std::ranges::begin(letters)[last]);
            value(1, code) = value(0, code) * value(0, code);
        }
        std::vector<SiteRange> groups(static_cast<std::size_t>(problem.shape.sites));
        for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = {static_cast<Index>(i), 1};
        return detail::SiteMomentRun(problem, {problem.shape, value}, groups, run.ring, run.window.width > 1,
                                     order, lags)();
    }

    /// The same of numbers x whose moments given X are `given`, E[x_i] and, for order 2, E[x_i x_j] (all, or
    /// the first rows where all windows of a ring are alike). With k of them at a window, k to k^2 times the
    /// cost.
    template <ChainTarget T, ChainConditionalMoments<letter_t<space_t<T>>> G>
    [[gnu::cold]] SiteMoments site_moments(const T& target, const G& given, int order) const {
        std::vector<SiteRange> groups(static_cast<std::size_t>(target.space().size()));
        for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = given.sites_of(static_cast<Index>(i));
        const Index most = most_sites(target, given);
        const MomentRun run = moment_run(target, given, order, most);
        const auto problem = tabulate_moments(target, run);
        const detail::StatisticTables values(problem.shape, target.space(),
                                             PackedMoments<G>{given, groups, most});
        const bool wider = Window(given.window()).width < run.window.width;
        return detail::SiteMomentRun(problem, values, groups, run.ring, wider, order)();
    }

    /// Independent exact draws, letter after letter. Making it costs one log_partition; a draw n q
    /// operations, and n S q more for the first that begins with the same width-1 letters.
    template <ChainTarget T>
    class ConfigurationSampler {
    public:
        /// Makes the tables. Throws CostError where they are too large.
        [[gnu::cold]] ConfigurationSampler(const TransferMatrix& engine, const T& target)
            : draw_(engine.tabulate(target, target.window(), 2.0, 0.0, "TransferMatrix::sampler"),
                    engine.memory_limit),
              space_(target.space()), blank_(blank_configuration(space_)), uniforms_(draw_.uniforms()),
              letters_(static_cast<Index>(detail::draws_at_once) * draw_.shape().sites) {}

        template <RandomBits R>
        configuration_t<space_t<T>> draw(R& rng) {
            uniforms(rng, uniforms_.data(), uniforms_.size());
            draw_(uniforms_.data(), letters_.data());
            auto X = blank_;
            write(letters_.data(), X);
            return X;
        }

        /// Draws 0..count-1, on all threads: the k-th is draw() with the stream stream_of(k). Where windows
        /// are wide it costs less than one after the other: draws that begin alike are made together.
        template <class StreamOf>
        [[gnu::cold]] std::vector<configuration_t<space_t<T>>> draw_many(Index count,
                                                                         StreamOf&& stream_of) const {
            // Streams at a time: few for the cache, many for draws that begin alike.
            const Index most = std::clamp<Index>(64 * draw_.shape().starts(), 8192, 65536);
            using Configuration = configuration_t<space_t<T>>;
            std::vector<Configuration> drawn;
            if constexpr (std::default_initializable<Configuration>)
                drawn.resize(static_cast<std::size_t>(count));
            else
                drawn.assign(static_cast<std::size_t>(count), blank_);
            std::vector<std::remove_cvref_t<decltype(stream_of(count))>> streams(
                static_cast<std::size_t>(std::min(count, most)));
            for (Index first = 0; first < count; first += most)
                draw_.draw_many(
                    std::min(count - first, most),
                    [&](Index k) {
                        auto rng = streams[static_cast<std::size_t>(k)] = stream_of(first + k);
                        return uniform(rng);
                    },
                    [&](Index k, double* u) {
                        uniforms(streams[static_cast<std::size_t>(k)], u, draw_.uniforms());
                    },
                    [&](Index k, const detail::Place* letters) {
                        auto& X = drawn[static_cast<std::size_t>(first + k)];
                        X = blank_;
                        write(letters, X);
                    });
            return drawn;
        }

    private:
        void write(const detail::Place* places, configuration_t<space_t<T>>& X) const {
            const auto& letters = space_.values();
            const auto n = static_cast<std::size_t>(draw_.shape().sites);
            for (std::size_t i = 0; i < n; ++i) X[i] = std::ranges::begin(letters)[places[i]];
        }

        detail::ChainDraw draw_;
        space_t<T> space_;
        configuration_t<space_t<T>> blank_;
        Vector uniforms_;
        detail::Scratch<detail::Place> letters_;
    };

    template <ChainTarget T>
    ConfigurationSampler<T> sampler(const T& target) const {
        return {*this, target};
    }

private:
    /// Of means alone the covariance is missing.
    template <bool means_only, class T, class S>
    Moments moments(const T& target, const S& statistic) const {
        const Index d = statistic.size();
        const auto problem = tabulate(target, common_window(target.window(), statistic.window()),
                                      means_only ? 3.0 : work_of(static_cast<double>(d)),
                                      static_cast<double>(d) + 4.0, "TransferMatrix::expect");
        const detail::StatisticTables statistics(problem.shape, target.space(), statistic);
        if constexpr (means_only)
            return detail::chain_means(problem, statistics, d);
        else
            return detail::chain_moments(problem, statistics, d);
    }

    /// Conditional moments as a statistic: k means and k x k second moments of what belongs to a window.
    template <class G>
    struct PackedMoments {
        const G& given;
        const std::vector<SiteRange>& groups;
        Index k;

        Index size() const { return k + k * k; }
        Window window() const { return given.window(); }
        bool translation_invariant() const { return is_translation_invariant(given); }
        template <class Letter>
        Vector local(Index site, std::span<const Letter> w) const {
            Vector packed = Vector::Zero(size());
            const Index count = groups[static_cast<std::size_t>(site)].count;
            if (count == 0) return packed;
            const SiteMoments moments = given.local(site, w);
            for (Index a = 0; a < count; ++a) {
                packed[a] = moments.mean[a];
                for (Index b = 0; b < count; ++b) packed[k + a * k + b] = moments.second(a, b);
            }
            return packed;
        }
    };

    /// Means of a statistic and of one that counts cells, without covariances: from the probabilities of
    /// windows.
    template <class T, class S, CellStatistic Own>
    [[gnu::cold]] Moments counted(const T& target, const S& statistic, const Own& own) const {
        const Window own_window = own.window(), statistic_window = statistic.window();
        const Index first = statistic.size();
        const auto problem =
            tabulate(target, common_window(target.window(), common_window(statistic_window, own_window)), 4.0,
                     1.0, "TransferMatrix::expect_batch");
        const auto marginals = detail::window_marginals(problem);
        Moments m{Vector::Zero(first + own.size()), Matrix(), Vector::Zero(first + own.size()),
                  detail::log_partition(problem)};
        detail::WindowLetters<letter_t<space_t<T>>> letters;
        for (Index site = 0; site < problem.shape.sites; ++site)
            detail::windows_of(problem.shape, target.space(), site, letters, [&](Index code, auto window) {
                const double probability =
                    marginals[static_cast<std::size_t>(site)][code / problem.shape.code_step(site)];
                if (probability == 0.0) return;
                const auto value = statistic.local(site, detail::narrow(window, statistic_window));
                for (Index k = 0; k < first; ++k) m.mean[k] += probability * value[k];
                own.for_each_cell(site, detail::narrow(window, own_window),
                                  [&](Index cell) { m.mean[first + cell] += probability; });
            });
        return m;
    }

    template <class Space>
    struct SiteIndicators {
        Space space;
        Index i, j;

        Index size() const { return 2 * static_cast<Index>(std::ranges::size(space.values())); }
        Window window() const { return {}; }
        template <class Letter>
        Vector local(Index site, std::span<const Letter> w) const {
            Vector indicator = Vector::Zero(size());
            Index k = 0;
            for (const auto& letter : space.values()) {
                if (w[0] == letter && site == i) indicator[k] = 1.0;
                if (w[0] == letter && site == j) indicator[size() / 2 + k] = 1.0;
                ++k;
            }
            return indicator;
        }
    };

    /// How moments of sites are found, and what that takes: work and numbers as for tabulate, and bytes of
    /// second moments.
    struct MomentRun {
        Window window;
        bool ring;
        double work, numbers, bytes;
    };
    /// Of n numbers, k of them at a window, whose tables are alike at all sites or not; of pairs with `band`
    /// sites, if that is not -1.
    static MomentRun moment_run(Window window, bool ring, Index sites, Index n, Index k, int order,
                                bool alike = true, Index band = -1) {
        const auto all = static_cast<double>(n), each = static_cast<double>(k);
        const double origins = ring ? 1.0 : static_cast<double>(band < 0 ? sites : band);
        const double packed = alike ? 0.0 : each * (1.0 + each);
        if (order < 2) return {window, ring, 3.0 + each, packed, 0.0};
        const double rows = ring ? each : band < 0 ? all : static_cast<double>(band);
        return {window, ring, 3.0 + each * (1.0 + origins), packed + each - 1.0, 8.0 * all * rows};
    }
    template <class T>
    static MomentRun moment_run(const T& target, int order, Index lags) {
        const Window window = target.window();
        const Index n = target.space().size();
        const bool band = lags >= 0 && lags < n && window.boundary == Boundary::open;
        return moment_run(window, detail::is_ring(window, is_translation_invariant(target)), n, n, 1, order,
                          true, band ? lags + 1 : Index{-1});
    }
    template <class T, class G>
    static MomentRun moment_run(const T& target, const G& given, int order, Index most) {
        const Window window = common_window(target.window(), given.window());
        const bool alike = is_translation_invariant(given);
        return moment_run(window, detail::is_ring(window, is_translation_invariant(target) && alike),
                          target.space().size(), given.size(), most, order, alike);
    }
    /// The most numbers that belong to a window.
    template <class T, class G>
    static Index most_sites(const T& target, const G& given) {
        Index most = 0;
        for (Index i = 0; i < target.space().size(); ++i) most = std::max(most, given.sites_of(i).count);
        return most;
    }
    template <class T>
    detail::ChainProblem tabulate_moments(const T& target, const MomentRun& run) const {
        constexpr auto function = "TransferMatrix::site_moments";
        detail::require_memory(run.bytes, memory_limit, function);
        return tabulate(target, run.window, run.work, run.numbers, function);
    }

    static double work_of(double statistics) { return 2.0 + statistics * (statistics + 3.0) / 2.0; }
    /// `work` operations for every window and start, `numbers` more doubles for every window, and bytes
    /// beside.
    static Cost cost_of(const detail::ChainShape& shape, double work, double numbers, double bytes = 0.0) {
        const double windows = static_cast<double>(shape.codes()) * static_cast<double>(shape.sites);
        return {windows * static_cast<double>(shape.starts()) * work,
                8.0 * windows * (2.0 + numbers) + bytes};
    }

    /// Shape and weights, after the cost was found to be within the limits: `work` operations for every
    /// window and start, `numbers` more doubles for every window.
    template <ChainTarget T>
    [[gnu::cold]] detail::ChainProblem tabulate(const T& target, Window window, double work, double numbers,
                                                const char* function) const {
        const auto shape = detail::chain_shape(target.space(), window, function);
        const Cost cost = cost_of(shape, work, numbers);
        if (!(cost.operations <= cost_limit))
            throw CostError(function, cost.operations, cost_limit, "operations",
                            "shorten the interactions, open the ring, or raise TransferMatrix::cost_limit");
        if (!(cost.bytes <= memory_limit))
            throw CostError(function, cost.bytes, memory_limit, "bytes",
                            "shorten the interactions or raise TransferMatrix::memory_limit");
        return {shape, detail::WeightTables(shape, target, function)};
    }
};

}  // namespace predcg
