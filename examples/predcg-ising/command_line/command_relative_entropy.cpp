// relative-entropy: match moments of mapped data, and predict after reconstruction.
#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "command_line/commands.hpp"
#include "command_line/learning.hpp"
#include "command_line/options.hpp"
#include "files/output_file.hpp"
#include "io/json_parts.hpp"
#include "model/cost_model.hpp"
#include "model/ising_fit.hpp"
#include "model/ising_relative_entropy.hpp"
#include "model/monte_carlo_fit.hpp"
#include "program/cost_limits.hpp"
#include "program/long_work.hpp"
#include "terminal/messages.hpp"
#include "terminal/progress.hpp"

#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/version.hpp>

#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cli {

using namespace predcg;

namespace {

const Choices<MatchingMethod> matching_methods{{"relative-entropy", MatchingMethod::relative_entropy},
                                               {"inverse-monte-carlo", MatchingMethod::inverse_monte_carlo},
                                               {"iterative-boltzmann", MatchingMethod::iterative_boltzmann}};
const Choices<Ties> tie_rules{{"average", Ties::average}, {"draw", Ties::draw}};
const Choices<Reconstruction> reconstructions{{"uniform", Reconstruction::uniform},
                                              {"tie-weighted", Reconstruction::tie_weighted}};

struct MatchOptions {
    std::string data, out;
    FitModel model;
    FitMethod method;
    MatchingChoice choice;
    Index iterations = FitSettings{}.iterations;
    std::uint64_t seed = FitSettings{}.seed;
    LongWorkOptions long_work;
    CostOptions cost;
    const CLI::Option* given_iterations = nullptr;
    std::vector<CLI::Option*> for_sampling{};

    bool sampled() const { return method.engine == Engine::monte_carlo; }
    /// The limit of iterations.
    Index most_iterations() const {
        const bool slow = sampled() || choice.method == MatchingMethod::iterative_boltzmann;
        return slow && given_iterations->count() == 0 ? sampled_iterations : iterations;
    }
};

IsingRelativeEntropy match_with_progress(const MatchOptions& options, const Configurations& data,
                                         const LongWork& work) {
    FitSettings settings;
    settings.stop = work.stop();
    settings.checkpoint = work.place("fit");
    settings.iterations = options.most_iterations();
    settings.seed = options.seed;
    Progress progress("iterations", static_cast<std::size_t>(settings.iterations));
    settings.observer = [&](const TraceEntry& entry) {
        progress.update(static_cast<double>(entry.iteration), "fewer if it settles before");
    };
    if (options.sampled())
        return relative_entropy_by_sampling(options.model, options.method, data, settings, options.choice);
    return relative_entropy_of(options.model, data, settings, options.choice);
}

/// F(theta_c) - <ln p_f>, where it is known.
std::optional<double> objective_of(const AnyEstimate& fit) {
    if (!fit.log_likelihood) return std::nullopt;
    return -*fit.log_likelihood / fit.data_count;
}

/// Why standard errors are not known, where they are not.
std::vector<std::string> remarks_of(const IsingRelativeEntropy& result) {
    for (const double error : result.standard_errors)
        if (!std::isfinite(error))
            return {
                "no standard errors of theta_c: the data are too few, or so much alike, that their moments "
                "show no spread"};
    return {};
}

std::string json_of(const MatchOptions& options, const IsingRelativeEntropy& result,
                    const Configurations& data) {
    const AnyEstimate& fit = result.fit;
    const auto of_data = [&](const auto& observable) { return data_mean(data, observable); };
    Json json{{"status", to_string(fit.status)},
              {"iterations", fit.iterations},
              {"method", word_for(matching_methods, options.choice.method)},
              {"engine", word_for(engines, options.method.engine)},
              {"optimizer", word_for(optimizers, options.method.optimizer)},
              {"names", fit.coarse_names},
              {"theta_c", named(fit.coarse_names, fit.parameters.theta)},
              {"standard_errors", named(fit.coarse_names, result.standard_errors)},
              {"target_moments", named(fit.coarse_names, result.target_moments)},
              {"objective", known(objective_of(fit))},
              {"magnetization", result.magnetization},
              {"correlation", list_of(result.correlation)},
              {"data",
               {{"magnetization", of_data(ising::Magnetization{})[0]},
                {"correlation", list_of(of_data(correlation_of(options.model)))}}},
              {"ties", word_for(tie_rules, options.choice.ties)},
              {"reconstruction", word_for(reconstructions, options.choice.reconstruction)},
              {"directions", directions_of(fit, options.model.prior)},
              {"model", model_of(options.model)},
              {"samples", data.size()},
              {"seed", fit.seed},
              {"version", version_string}};
    if (const auto remarks = remarks_of(result); !remarks.empty()) json["remarks"] = remarks;
    if (options.choice.method != MatchingMethod::relative_entropy) json.erase("optimizer");
    if (fit.monte_carlo) {
        json["monte_carlo"] = monte_carlo_of(fit, options.method.kernel);
        json["monte_carlo"].erase("latent_samples");
    }
    return json.dump(1) + "\n";
}

void print_summary(const MatchOptions& options, const IsingRelativeEntropy& result,
                   const Configurations& data) {
    const AnyEstimate& fit = result.fit;
    print_status(fit, options.model, data.size());
    for (std::size_t k = 0; k < fit.coarse_names.size(); ++k) {
        const auto at = static_cast<Index>(k);
        const double error = result.standard_errors[at];
        print_line(fit.coarse_names[k], fixed(fit.parameters.theta[at], 6) +
                                            (std::isfinite(error) ? " +- " + fixed(error, 6) : "") +
                                            ", target moment " + fixed(result.target_moments[at], 6));
    }
    print_line("m", "data " + fixed(data_mean(data, ising::Magnetization{})[0], 6) + ", reconstructed " +
                        fixed(result.magnetization, 6));
    print_prior_dominated(fit, options.model.prior);
    print_line("written to", options.out);
}

void check_match(const MatchOptions& options) {
    if (!options.sampled()) {
        refuse_sampling(options.for_sampling, options.method.optimizer);
    } else if (options.choice.method != MatchingMethod::relative_entropy) {
        throw InputError("--method", in_quotes(word_for(matching_methods, options.choice.method)),
                         "relative-entropy with --engine monte-carlo");
    }
}

void run_match(MatchOptions options) {
    check_match(options);
    const Configurations data = data_for(options.model, options.data);
    const bool is_slow = options.choice.method == MatchingMethod::iterative_boltzmann;
    if (!is_affordable(cost_of_matching(options.model, options.method, std::ssize(data),
                                        options.most_iterations(), is_slow),
                       options.cost))
        return;
    const OutputFile out(options.out, {options.data});
    LongWork work(options.long_work, options.out, {options.data});
    const IsingRelativeEntropy result = match_with_progress(options, data, work);
    out.commit(json_of(options, result, data));
    print_summary(options, result, data);
    warn_not_identified(result.fit);
    for (const std::string& remark : remarks_of(result)) warn(remark);
    warn_limit(result.fit, options.most_iterations(),
               result.fit.monte_carlo ? "--iterations or --coarse-samples" : "--iterations");
    work.end();
}

void add_match_method(CLI::App& app, MatchOptions& options) {
    add_choice(app, "--method", options.choice.method, matching_methods,
               "Steps towards the same moments: Newton on the relative entropy; linear response; or each "
               "term's own histogram");
    add_choice(app, "--ties", options.choice.ties, tie_rules,
               "Blocks that sum to 0: averaged over both signs, or drawn once");
    add_choice(app, "--reconstruction", options.choice.reconstruction, reconstructions,
               "Fine blocks given X_r: all whose majority or tie it is, equally likely; or tied ones half as "
               "likely");
    add_choice(app, "--engine", options.method.engine, engines,
               "Moments by transfer matrix, or by averages over samples");
    add_choice(app, "--optimizer", options.method.optimizer, optimizers,
               "Newton; or gradient steps that shrink, with monte-carlo only");
    options.given_iterations = add_integer(app, "--iterations", options.iterations,
                                           "Limit of iterations: " + std::to_string(sampled_iterations) +
                                               " with monte-carlo or iterative-boltzmann, else",
                                           0);
    add_seed(app, options.seed, "Seed of ties that are drawn, and of the samples of monte-carlo");
    options.for_sampling = {
        add_integer(app, "--coarse-samples", options.method.coarse_samples,
                    "S_c: samples of p_c(X) in an iteration", 2),
        add_choice(app, "--sampler", options.method.kernel, kernels, "Chains of single-site moves")};
    for (CLI::Option* option : options.for_sampling) option->group("With --engine monte-carlo only");
}

}  // namespace

Command add_relative_entropy(CLI::App& app) {
    CLI::App* sub = app.add_subcommand("relative-entropy",
                                       "Learn a coarse chain by matching moments of the data's majorities");
    const auto options = std::make_shared<MatchOptions>();
    add_data(*sub, options->data);
    add_model(*sub, options->model);
    add_match_method(*sub, *options);
    add_lags(*sub, options->model.lags);
    add_long_work(*sub, options->long_work);
    add_cost_options(*sub, options->cost);
    add_out(
        *sub, options->out, "FILE.json",
        "{status, theta_c, standard_errors, target_moments, magnetization, correlation: [R_0, ...], ...}");
    sub->footer(
        "X_r is the sign of its block's sum. theta_c minimises F = < ln p_f(x) - ln p_c(X(x)) > over the "
        "data,\n"
        "less the log prior: at the minimum, flat, the means of sum_i X_i/2, sum_i X_i X_(i+k), ... are "
        "those of\n"
        "the data (target_moments). Standard errors hold for a wrong model, too. The weak prior is beta\n"
        "theta_k ~ N(0, 2^2). magnetization and correlation are exact predictions after reconstruction; "
        "data has\n"
        "those of the data; objective is F without < ln p_f >.\n\n"
        "Examples:\n"
        "  predcg-ising relative-entropy --data data.csv --field 0.3 --linear --out re.json\n"
        "  predcg-ising relative-entropy --data data.csv --method iterative-boltzmann --prior flat --out "
        "ibi.json");
    return {sub, [options] { run_match(*options); }};
}

}  // namespace cli
