#pragma once
// One row of a table that ranks models, and the terms that the evidence favours.
#include "model/configurations.hpp"
#include "model/models.hpp"

#include <predcg/core/checkpoint_place.hpp>

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cli {

struct ModelScore {
    std::string name;              ///< "[abc]", or the text of the model
    predcg::Index parameters = 0;  ///< of theta_c and the map together
    double log_likelihood = 0.0;   ///< at the mode
    double bic = 0.0;
    std::optional<double> laplace_evidence;  ///< log p(data | model); absent where it is not Gaussian
    double laplace_pareto_k = 0.0;
    double evidence = 0.0, evidence_error = 0.0;  ///< by bridge sampling
    double elpd_loo = 0.0, elpd_loo_error = 0.0;  ///< leave-one-out predictive density
    double loo_worst_k = 0.0;                     ///< largest Pareto k of a datum
    predcg::Index loo_bad = 0;                    ///< data whose k exceeds 0.7
    bool reliable = true;                         ///< evidence and elpd_loo

    /// To be saved.
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.name, self.parameters, self.log_likelihood, self.bic, self.laplace_evidence,
              self.laplace_pareto_k, self.evidence, self.evidence_error, self.elpd_loo, self.elpd_loo_error,
              self.loo_worst_k, self.loo_bad, self.reliable);
    }
};

/// Fit, full posterior of `draws` draws, evidences and leave-one-out of one model under its prior, which must
/// be the weak one.
ModelScore score_of(const FitModel& model, const Configurations& data, predcg::Index draws,
                    std::uint64_t seed, const std::stop_token& stop = {},
                    const predcg::CheckpointPlace& place = {});

struct SelectedTerms {
    std::vector<std::string> names{};
    bool reliable = true;  ///< every Laplace evidence that was needed exists

    /// To be saved.
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.names, self.reliable);
    }
};

/// The terms of `full` that stay: each only if the Laplace evidence favours it.
SelectedTerms selected_terms(const FitModel& full, const Configurations& data, std::uint64_t seed,
                             const std::stop_token& stop = {});

}  // namespace cli
