#pragma once
// What posteriors by Markov chains share: scales and starts of the chains, the draws, and what they are
// worth.
#include <predcg/core/linalg.hpp>
#include <predcg/core/processes.hpp>
#include <predcg/learning/identifiability.hpp>
#include <predcg/learning/prepared_data.hpp>
#include <predcg/posterior/posterior.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace predcg::detail {

/// Coordinates in which a posterior is about standard normal near a point: columns are eigenvectors of the
/// information over the square root of their eigenvalues, by their size and no less than the prior's.
[[gnu::cold]] inline Matrix whitening(const Matrix& information) {
    const linalg::SymmetricEigen eigen(information);
    Matrix scale = eigen.vectors;
    for (Index k = 0; k < scale.cols(); ++k) {
        const double root = std::sqrt(std::max(std::abs(eigen.values[k]), identified_from));
        for (Index i = 0; i < scale.rows(); ++i) scale(i, k) /= root;
    }
    return scale;
}

/// Diagnostics of every parameter, and what they say.
[[gnu::cold]] inline void diagnose_draws(PosteriorResult& result, const ChainSettings& settings) {
    const std::vector<std::string> names = result.names();
    for (Index k = 0; k < result.parameter_count(); ++k) {
        const statistics::Diagnostics d =
            statistics::diagnose(result.by_chain(linalg::row_of(result.draws, k)));
        const std::string& name = names[static_cast<std::size_t>(k)];
        const double enough = settings.smallest_ess * static_cast<double>(result.chains);
        if (!(d.r_hat < settings.largest_r_hat))
            result.remarks.push_back("R-hat of " + name + " is " + to_text(d.r_hat) +
                                     ": the chains do not agree; more warm-up or draws");
        if (!(std::min(d.ess_bulk, d.ess_tail) > enough))
            result.remarks.push_back("effective sample size of " + name + " is " +
                                     to_text(std::floor(std::min(d.ess_bulk, d.ess_tail))) + ", less than " +
                                     to_text(enough) + ": more draws");
        result.diagnostics.push_back(d);
    }
    result.reliable = result.remarks.empty();
}

/// The draws that there are of chains that were stopped, kept[chain] of each: as many chains, equally long,
/// as hold most. Throws Stopped for less than four of a chain.
[[gnu::cold]] inline void keep_what_there_is(PosteriorResult& result, const std::vector<Index>& kept,
                                             const char* function) {
    const Index length = result.draws.cols() / result.chains;
    Index most = 0, shortest = 0;
    for (const Index least : kept) {
        Index all = 0;
        for (const Index count : kept) all += count >= least ? least : 0;
        if (least < 4 || all < most || (all == most && least <= shortest)) continue;
        most = all;
        shortest = least;
    }
    if (most == 0) throw Stopped(function);
    Matrix draws(result.draws.rows(), most);
    Index at = 0;
    for (std::size_t chain = 0; chain < kept.size() && at < most; ++chain)
        if (kept[chain] >= shortest) {
            const double* const from = linalg::column(result.draws, static_cast<Index>(chain) * length);
            std::copy_n(from, shortest * draws.rows(), linalg::column(draws, at));
            at += shortest;
        }
    result.remarks.push_back("stopped after " + to_text(most) + " of " + to_text(result.draws.cols()) +
                             " draws, " + to_text(most / shortest) + " of " + to_text(result.chains) +
                             " chains");
    result.chains = most / shortest;
    result.draws = std::move(draws);
    result.stopped = true;
}

/// One chain of a posterior, as it is to be kept: its draws so far, and its part of the checkpoint. No
/// template, so that what all posteriors share is compiled once: a call a draw costs nothing beside its
/// moves.
class ChainRecord {
public:
    /// Draws are written to `draws`, columns of `size` numbers, `length` of them.
    ChainRecord(Index chain, Index length, Index size, double* draws, const ChainSettings& settings,
                std::mutex& one_call)
        : chain_(chain), length_(length), size_(size), draws_(draws), settings_(&settings),
          one_call_(&one_call), place_(settings.checkpoint.within("chain " + to_text(chain))) {}

    Index chain() const { return chain_; }
    Index length() const { return length_; }  ///< draws that are to be kept
    Index count() const { return count_; }    ///< draws that were kept

    /// Keeps a draw.
    void keep(const Parameters& at) {
        double* const draw = draws_ + count_++ * size_;
        std::copy(at.theta.begin(), at.theta.end(), draw);
        std::copy(at.eta.begin(), at.eta.end(), draw + at.theta.size());
        if (!settings_->observer && !settings_->on_draws) return;
        const std::scoped_lock lock(*one_call_);
        if (settings_->on_draws) tell(count_ - 1);
        if (settings_->observer) settings_->observer({chain_, count_, length_});
    }

    /// True if it is time to save.
    bool is_due() const { return place_.is_due(); }

    /// The draws and the chain's own values as they were when they were saved; false where they were not.
    template <class... T>
    bool restore(T&... values) {
        std::vector<double> draws;
        const bool there = place_.restore(draws, values...);
        if (there) take(draws);
        if (settings_->on_draws) {
            const std::scoped_lock lock(*one_call_);
            tell(0);
        }
        return there;
    }
    /// Saves them.
    template <class... T>
    void save(const T&... values) const {
        if (place_) place_.keep(std::vector<double>(draws_, draws_ + count_ * size_), values...);
    }

private:
    /// Draws that were saved.
    [[gnu::cold]] void take(const std::vector<double>& draws) {
        const std::size_t size = static_cast<std::size_t>(size_),
                          room = static_cast<std::size_t>(length_) * size;
        if (draws.size() > room || (size > 0 && draws.size() % size != 0))
            argument_error("Checkpoint", "draws of a chain", to_text(std::ssize(draws)),
                           "those of a posterior with the same settings");
        std::copy(draws.begin(), draws.end(), draws_);
        count_ = size > 0 ? static_cast<Index>(draws.size() / size) : length_;
    }
    /// Hands out the draws from `first` on.
    void tell(Index first) const {
        settings_->on_draws({chain_, first, size_,
                             std::span<const double>(draws_ + first * size_,
                                                     static_cast<std::size_t>((count_ - first) * size_))});
    }

    Index chain_, length_, size_, count_ = 0;
    double* draws_;
    const ChainSettings* settings_;
    std::mutex* one_call_;
    CheckpointPlace place_;
};

/// Runs one chain, until record.length() draws are kept or it is stopped, and returns the chain's mean
/// acceptance.
using RunChain = std::function<double(ChainRecord& record)>;

/// Runs all chains of a posterior and diagnoses their draws. Throws Stopped where it is stopped before there
/// are four draws, and, for data or chains in several processes, wherever it is.
[[gnu::cold]] inline PosteriorResult run_chains(PosteriorMethod method, const Estimate& fit,
                                                double data_count,
                                                const std::shared_ptr<const SpreadSums>& spread,
                                                const ChainSettings& given, const char* function,
                                                const RunChain& run) {
    ChainSettings settings = given;
    settings.checkpoint = shared_place(given.checkpoint, spread);
    // The chains of a fit that was stopped begin elsewhere than those of its end, which go on later.
    if (fit.status == Status::stopped) settings.checkpoint = {};
    const Index length = (settings.draws + settings.chains - 1) / settings.chains;
    PosteriorResult result;
    result.method = method;
    result.fit = Estimate(fit);  // moved into place: no code for a copy onto another
    result.fit.data_count = data_count;
    result.seed = settings.seed;
    result.chains = settings.chains;
    const Index size = fit.parameters.theta.size() + fit.parameters.eta.size();
    result.draws.resize(size, length * settings.chains);
    Vector acceptance = Vector::Zero(settings.chains);
    std::vector<Index> kept(static_cast<std::size_t>(settings.chains), 0);
    std::mutex one_call;
    const auto run_chain = [&](Index chain) {
        Index& count = kept[static_cast<std::size_t>(chain)];
        ChainRecord record(chain, length, size, linalg::column(result.draws, chain * length), settings,
                           one_call);
        acceptance[chain] = run(record);
        count = record.count();
        // Of spread data stops are agreed on between moves.
        if (count < length && (settings.processes || spread)) throw Stopped(function);
    };
    if (settings.processes) {
        require(!spread, function, "data", "spread over processes", "all in this process");
        const auto draws_of = [&](Index chain) {
            return std::span(linalg::column(result.draws, chain * length),
                             static_cast<std::size_t>(size * length));
        };
        const auto records = share_out(settings.processes, settings.chains, [&](Index chain) {
            run_chain(chain);
            Record record;
            record.put(acceptance[chain]);
            for (const double draw : draws_of(chain)) record.put(draw);
            return record;
        });
        for (Index chain = 0; chain < settings.chains; ++chain) {
            RecordReader read(records[static_cast<std::size_t>(chain)].words);
            acceptance[chain] = read.number();
            for (double& draw : draws_of(chain)) draw = read.number();
        }
    } else if (spread) {  // chains wait for the other processes
        for (Index chain = 0; chain < settings.chains; ++chain) run_chain(chain);
    } else {
        parallel_for(settings.chains, run_chain);
    }
    if (*std::min_element(kept.begin(), kept.end()) < length && !settings.processes)
        keep_what_there_is(result, kept, function);
    result.acceptance = linalg::sum(acceptance) / static_cast<double>(settings.chains);
    summarise(result);
    diagnose_draws(result, settings);
    return result;
}

template <class Form>
PosteriorResult run_chains(PosteriorMethod method, const Estimate& fit, const PreparedData<Form>& data,
                           const ChainSettings& settings, const char* function, const RunChain& run) {
    return run_chains(method, fit, data.count, data.spread, settings, function, run);
}

}  // namespace predcg::detail
