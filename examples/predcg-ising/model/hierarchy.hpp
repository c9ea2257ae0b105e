#pragma once
// Hierarchies of the command line: levels of one kind of map, learnt one after the other or at once.
#include "model/any_estimate.hpp"
#include "model/chosen_map.hpp"
#include "model/configurations.hpp"
#include "model/models.hpp"

#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/hierarchy/renormalise.hpp>
#include <predcg/hierarchy/stacked_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/posterior/posterior.hpp>
#include <predcg/predict/credible_interval.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

namespace cli {

enum class HierarchyMode { anchored, distilled, joint };
inline const Choices<HierarchyMode> hierarchy_modes{{"anchored", HierarchyMode::anchored},
                                                    {"distilled", HierarchyMode::distilled},
                                                    {"joint", HierarchyMode::joint}};

/// What is to be learnt: at every level the terms, field and map of `of`, whose own level says nothing.
struct HierarchyModel {
    FitModel of{};
    std::vector<Index> levels{};  ///< block lengths, the finest first
    HierarchyMode mode = HierarchyMode::anchored;

    std::size_t count() const { return levels.size(); }
    /// Sites of X_k, k = 0 being the data, above so many fine sites.
    Index sites(std::size_t k, Index fine_sites) const;
    Index sites(std::size_t k) const { return sites(k, of.fine_sites); }
    /// Fine sites below one of X_k.
    Index block(std::size_t k) const;
    /// With copied spins the greedy fit is the joint one.
    bool learns_jointly() const {
        return mode == HierarchyMode::joint && of.map != MapChoice::decimation && count() > 1;
    }
};

/// Throws InputError where the levels do not divide the sites, ArgumentError for terms that do not fit a
/// level.
void check_hierarchy(const HierarchyModel& model);

/// p_c of a level, k = 1 being the first above the data, of so many sites.
predcg::ising::CoarseChain<> level_chain(const HierarchyModel& model, Index sites);

/// How it is learnt.
struct HierarchyChoice {
    Index samples = 16;  ///< configurations that a next level gets for each datum; 0: all, by probability
    Index iterations = 200;
    bool full = false;   ///< posteriors by Markov chains, else normal
    Index draws = 1000;  ///< of posteriors
    double credibility = 0.95;
    std::uint64_t seed = 1;
    std::stop_token stop{};
    std::function<void(const std::string&)> progress{};  ///< is told what is done; by one thread at a time
    predcg::CheckpointPlace checkpoint{};

    /// What fits take, and the part of the checkpoint that is theirs.
    predcg::FitSettings fit_settings(double beta, const std::string& part) const {
        predcg::FitSettings settings{.beta = beta, .iterations = iterations, .seed = seed};
        settings.stop = stop;
        settings.checkpoint = checkpoint.within(part);
        if (progress)
            settings.observer = [tell = progress, part](const predcg::TraceEntry& entry) {
                tell(part + ", start " + std::to_string(entry.start + 1) + ", iteration " +
                     std::to_string(entry.iteration));
            };
        return settings;
    }
};

/// A map between two levels, which draws; of any kind.
class LevelMap {
public:
    using Kind = std::variant<WindowMap, DecimationMap>;
    using fine_type = Configuration;
    using coarse_type = Configuration;

    LevelMap(Kind kind) : kind_(std::move(kind)) {}

    const Kind& kind() const { return kind_; }
    Index parameter_count() const {
        return std::visit([](const auto& map) { return Index(map.parameter_count()); }, kind_);
    }
    std::vector<std::string> parameter_names() const {
        return std::visit([](const auto& map) { return map.parameter_names(); }, kind_);
    }
    template <predcg::RandomBits R>
    Configuration sample(const Configuration& X, const predcg::Vector& eta, R& rng) const {
        return std::visit([&](const auto& map) { return map.sample(X, eta, rng); }, kind_);
    }

private:
    Kind kind_;
};

/// The map from level k + 1 to level k, k = 0 .. count - 1. Bernoulli's is one coefficient, own = logit
/// theta_cf, of the family of logistic maps.
LevelMap level_map(const HierarchyModel& model, std::size_t k);

/// What was found of a level.
struct HierarchyPart {
    AnyEstimate fit;  ///< of its own data; where all levels are learnt at once, of the map and the top p_c
    bool has_theta = true;  ///< else p_c of this level is no part of the model
    std::optional<predcg::PosteriorResult>
        posterior{};  ///< absent of distilled levels, if the first's has no draws
};

/// What was found.
struct LearntHierarchy {
    std::vector<HierarchyPart> levels;
    predcg::Status status = predcg::Status::converged;   ///< of the first level that did not converge
    std::optional<double> log_likelihood{};              ///< of all levels together, where it is known
    std::vector<predcg::FlowLevel> flow;                 ///< of levels whose p_c was learnt, with a posterior
    predcg::Estimate whole;                              ///< theta_c of the top, all maps' parameters
    std::optional<predcg::PosteriorResult> posterior{};  ///< of them; absent where a level's has no draws
    std::vector<std::string> remarks{};
};

/// Throws InputError where levels are to be learnt at once and that takes too long, and Stopped where a stop
/// was requested before the last level was fitted. Posteriors that a stop came before are absent.
LearntHierarchy learn_hierarchy(const HierarchyModel& model, const Configurations& data,
                                const HierarchyChoice& choice);

/// Each in a file of its own.
LearntHierarchy learn_window_hierarchy(const HierarchyModel& model, const Configurations& data,
                                       const HierarchyChoice& choice);
LearntHierarchy learn_decimation_hierarchy(const HierarchyModel& model, const Configurations& data,
                                           const HierarchyChoice& choice);

using HierarchyMap = predcg::StackOfMaps<LevelMap>;
using HierarchyOfSpins = predcg::Fit<predcg::ising::CoarseChain<>, HierarchyMap, predcg::TransferMatrix>;
using HierarchyPosterior =
    predcg::Posterior<predcg::ising::CoarseChain<>, HierarchyMap, predcg::TransferMatrix>;

/// The hierarchy that ends k levels above the data, on so many sites there.
HierarchyOfSpins hierarchy_at(const HierarchyModel& model, const predcg::Estimate& whole, std::size_t k,
                              Index sites);
HierarchyPosterior hierarchy_at(const HierarchyModel& model, const predcg::PosteriorResult& whole,
                                std::size_t k, Index sites);

/// E[m], or E[R_l] for l = 0..n/2, or 0..lags, by draws through the levels.
predcg::Prediction predicted(const HierarchyOfSpins& fit, predcg::Boundary boundary, bool correlation,
                             const predcg::PredictSettings& settings = {}, Index lags = -1);
predcg::CredibleInterval interval(const HierarchyPosterior& posterior, predcg::Boundary boundary,
                                  bool correlation, const predcg::CredibleSettings& settings,
                                  Index lags = -1);
Configurations draw_configurations(const HierarchyOfSpins& fit, Index samples, std::uint64_t seed,
                                   const std::stop_token& stop = {});
Configurations draw_configurations(const HierarchyPosterior& posterior, Index samples, std::uint64_t seed,
                                   const std::stop_token& stop = {});

}  // namespace cli
