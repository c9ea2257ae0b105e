#pragma once
// A batch of chains that have most of their tables in common, by lanes.
#include <predcg/chains/lanes.hpp>

#include <span>
#include <utility>
#include <vector>

namespace predcg::detail {

/// make(k) for every k in `which`.
template <class Make>
auto made_of(Make&& make, std::span<const Index> which) {
    std::vector<std::remove_cvref_t<decltype(make(Index{}))>> all;
    all.reserve(which.size());
    for (const Index k : which) all.push_back(make(k));
    return all;
}

/// The window that holds those of all.
template <class Parts>
Window window_of_all(const Parts& parts) {
    Window window;
    for (const auto& part : parts) window = common_window(window, part.window());
    return window;
}

/// Targets k = common target times factors[k], whose tables have shape `lane_shape`.
template <class Space, class Factor, class Numbers = Lanes>
class ChainBatch {
public:
    using Lanes = Numbers;  // a template in them for the reason ChainLanes is

    /// `common`: the tables of the common target. Everything is referred to.
    ChainBatch(const Space& space, const ChainProblem& common, const ChainShape& lane_shape,
               const std::vector<Factor>& factors)
        : space_(space), lane_shape_(lane_shape), factors_(factors),
          chains_(common.shape, common.weights, lane_shape) {}

    /// Calls block(chains, first, lanes, weights, log_z) for targets first .. first+lanes-1, after the
    /// forward recursion, and alone(k) for targets that cannot be done with others: their weight in the block
    /// is zero. Returns the sum of weight(k) log Z_k of the others.
    template <class Weight, class Block, class Alone>
    double run(Weight&& weight, Block&& block, Alone&& alone) {
        double sum = 0.0;
        const auto count = static_cast<Index>(factors_.size());
        for (Index first = 0; first < count; first += lane_count) {
            const Index lanes = std::min(lane_count, count - first);
            fill(first, lanes);
            chains_.start(lanes);
            const Lanes log_z = chains_.forward();
            Lanes weights = Lanes::Zero();
            for (Index lane = 0; lane < lanes; ++lane)
                if (chains_.is_alone(lane) || !std::isfinite(log_z[lane])) {
                    alone(first + lane);
                } else {
                    weights[lane] = weight(first + lane);
                    sum += weights[lane] * log_z[lane];
                }
            block(chains_, first, lanes, weights, log_z);
        }
        return sum;
    }

private:
    void fill(Index first, Index lanes) {
        const Factor* factors = factors_.data() + first;
        tabulate(lane_shape_, space_, false, [&](Index, Index code, auto window, Index site) {
            for (Index lane = 0; lane < lanes; ++lane) {
                const Index width = Window(factors[lane].window()).width;
                chains_.log_weight(site, code, lane) =
                    factors[lane].local_log_density(site, narrow(window, width));
            }
        });
    }

    const Space& space_;
    ChainShape lane_shape_;
    const std::vector<Factor>& factors_;
    ChainLanes<Lanes> chains_;
};

/// Sums over a batch of weighted probabilities of windows, times what a statistic is there: one that is
/// common to all targets, and one for each target.
template <class Space, class Own, class Numbers = Lanes>
class BatchMeans {
public:
    using Lanes = Numbers;

    BatchMeans(const Space& space, const ChainShape& shape, const ChainShape& own_shape,
               const std::vector<Own>& own, Index own_size)
        : space_(space), shape_(shape), own_shape_(own_shape), own_(own),
          pooled_(static_cast<std::size_t>(shape.sites * shape.codes()), Lanes::Zero().eval()),
          narrow_(static_cast<std::size_t>(shape.sites * own_shape.codes())),
          own_sum_(static_cast<std::size_t>(own_size), Lanes::Zero().eval()) {}

    /// Adds a block.
    void add(ChainLanes<Lanes>& chains, Index first, Index lanes, const Lanes& weights) {
        for (Lanes& probability : narrow_) probability.setZero();
        const Index codes = shape_.codes(), own_codes = own_shape_.codes(), share = codes / own_codes;
        chains.backward(weights, [&](Index site, const Lanes* marginals) {
            Lanes* pooled = pooled_.data() + site * codes;
            Lanes* narrow = narrow_.data() + site * own_codes;
            for (Index code = 0; code < own_codes; ++code)
                for (Index k = 0; k < share; ++k) {
                    *pooled++ += *marginals;
                    narrow[code] += *marginals++;
                }
        });
        const Own* own = own_.data() + first;
        tabulate(own_shape_, space_, false, [&](Index, Index code, auto window, Index site) {
            const Lanes& probability = narrow_[static_cast<std::size_t>(site * own_codes + code)];
            for (Index lane = 0; lane < lanes; ++lane) {
                if (probability[lane] == 0.0) continue;
                const Index width = Window(own[lane].window()).width;
                const auto value = own[lane].local(site, narrow(window, width));
                for (Index k = 0; k < value.size(); ++k)
                    own_sum_[static_cast<std::size_t>(k)][lane] += probability[lane] * value[k];
            }
        });
    }

    /// Adds the sums of means, of the common statistic and of the targets' own.
    void add_to(Vector& mean, const StatisticTables& statistic, Index size) const {
        for (Index k = size; k < mean.size(); ++k)
            mean[k] += own_sum_[static_cast<std::size_t>(k - size)].sum();
        for (Index site = 0; site < shape_.sites; ++site)
            for (Index code = 0; code < shape_.codes(); ++code) {
                const double probability =
                    pooled_[static_cast<std::size_t>(site * shape_.codes() + code)].sum();
                if (probability == 0.0) continue;
                const double* value = statistic.at(site) + code * size;
                for (Index k = 0; k < size; ++k) mean[k] += probability * value[k];
            }
    }

private:
    const Space& space_;
    ChainShape shape_, own_shape_;
    const std::vector<Own>& own_;
    std::vector<Lanes> pooled_;   // over codes and sites, sums over blocks
    std::vector<Lanes> narrow_;   // the present block, codes of the own statistics' windows
    std::vector<Lanes> own_sum_;  // of the own statistics
};

}  // namespace predcg::detail
