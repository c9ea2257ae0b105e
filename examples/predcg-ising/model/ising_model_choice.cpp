#include "model/ising_model_choice.hpp"

#include "model/ising_grainer.hpp"

#include <predcg/selection.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace cli {

using namespace predcg;

namespace {

/// "[abc]": linear term or not, pair range, number of triplets.
std::string code_of(const FitModel& model) {
    return "[" + std::to_string(model.linear ? 1 : 0) + std::to_string(model.pair_range) +
           std::to_string(model.triplets.size()) + "]";
}

void require_weak(const FitModel& model, const char* function) {
    if (!model.has_theta_cf())
        throw ArgumentError(function, "map", word_for(maps, model.map), "bernoulli, of two letters");
    if (model.prior != PriorChoice::weak)
        throw ArgumentError(function, "prior", "flat", "weak: evidence needs a proper prior");
}

}  // namespace

ModelScore score_of(const FitModel& model, const Configurations& data, Index draws, std::uint64_t seed,
                    const std::stop_token& stop, const CheckpointPlace& place) {
    require_weak(model, "score_of");
    const auto grainer = grainer_of(model, weak_prior());
    // From the models' own start alone, for time: up to [121], eight starts led to no higher maximum.
    const auto score =
        score_model(code_of(model), grainer, data, model.beta,
                    {.fit = {.starts = 1, .seed = seed, .stop = stop, .checkpoint = place.within("fit")},
                     .laplace = {.draws = 1000, .seed = seed},
                     .posterior = {.draws = draws,
                                   .warm_up = std::min<Index>(300, draws / 4),
                                   .seed = seed,
                                   .stop = stop,
                                   .checkpoint = place},
                     .evidence = {.seed = seed}});
    return {.name = score.name,
            .parameters = score.parameters,
            .log_likelihood = score.log_likelihood,
            .bic = score.bic,
            .laplace_evidence = score.laplace.log_evidence,
            .laplace_pareto_k = score.laplace.pareto_k,
            .evidence = score.exact.log_evidence.value_or(std::numeric_limits<double>::quiet_NaN()),
            .evidence_error = score.exact.standard_error,
            .elpd_loo = score.leave_one_out.elpd,
            .elpd_loo_error = score.leave_one_out.standard_error,
            .loo_worst_k = score.leave_one_out.worst_k,
            .loo_bad = score.leave_one_out.bad,
            .reliable = score.reliable()};
}

SelectedTerms selected_terms(const FitModel& full, const Configurations& data, std::uint64_t seed,
                             const std::stop_token& stop) {
    require_weak(full, "selected_terms");
    const auto selection = select_terms(grainer_of(full, weak_prior()), data, full.beta,
                                        {.fit = {.starts = 1, .seed = seed, .stop = stop}});
    return {selection.kept_names(), selection.reliable};
}

}  // namespace cli
