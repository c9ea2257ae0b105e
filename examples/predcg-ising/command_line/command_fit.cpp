// fit: learn a coarse chain and a map from data.
#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "command_line/commands.hpp"
#include "command_line/learning.hpp"
#include "command_line/options.hpp"
#include "files/draw_files.hpp"
#include "files/output_file.hpp"
#include "io/fit_json.hpp"
#include "model/cost_model.hpp"
#include "model/ising_posterior.hpp"
#include "model/monte_carlo_fit.hpp"
#include "program/cost_limits.hpp"
#include "program/long_work.hpp"
#include "terminal/messages.hpp"
#include "terminal/progress.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace cli {

using namespace predcg;

namespace {

enum class Wanted { none, full, laplace_joint, laplace_slides };
const Choices<Wanted> posteriors{{"none", Wanted::none},
                                 {"full", Wanted::full},
                                 {"laplace-joint", Wanted::laplace_joint},
                                 {"laplace-slides", Wanted::laplace_slides}};

struct FitOptions {
    std::string data, out, draws_file;
    FitModel model;
    FitMethod method;
    Index iterations = FitSettings{}.iterations;
    std::uint64_t seed = FitSettings{}.seed;
    Wanted posterior = Wanted::none;
    double credibility = 0.95;
    Index draws = 4000;
    bool trajectory = false;
    LongWorkOptions long_work;
    CostOptions cost;
    const CLI::Option* given_iterations = nullptr;
    std::vector<CLI::Option*> for_posterior{};
    std::vector<CLI::Option*> for_sampling{};  ///< what says nothing to the exact engine
};

/// The limit of iterations.
Index iterations_of(const FitOptions& options) {
    return options.method.engine == Engine::monte_carlo && options.given_iterations->count() == 0
               ? sampled_iterations
               : options.iterations;
}

IsingFit sample_with_progress(const FitOptions& options, const Configurations& data, const LongWork& work) {
    FitSettings settings;
    settings.stop = work.stop();
    settings.checkpoint = work.place("fit");
    settings.iterations = iterations_of(options);
    settings.seed = options.seed;
    Progress progress("iterations", static_cast<std::size_t>(settings.iterations));
    settings.observer = [&](const TraceEntry& entry) {
        progress.update(static_cast<double>(entry.iteration), "fewer if it settles before");
    };
    return fit_by_sampling(options.model, options.method, data, settings);
}

IsingFit fit_with_progress(const FitOptions& options, const Configurations& data, const LongWork& work) {
    if (options.method.engine == Engine::monte_carlo) return sample_with_progress(options, data, work);
    FitSettings settings;
    settings.stop = work.stop();
    settings.checkpoint = work.place("fit");
    settings.iterations = options.iterations;
    settings.seed = options.seed;
    Progress progress("starts", static_cast<std::size_t>(settings.starts));
    settings.observer = [&](const TraceEntry& entry) {
        // How long a start takes is a guess; it nears its end as the iterations go on.
        const auto iteration = static_cast<double>(entry.iteration);
        progress.update(static_cast<double>(entry.start) + iteration / (iteration + 8.0),
                        "iteration " + std::to_string(entry.iteration) + ", log posterior " +
                            fixed(*entry.log_posterior, 3));
    };
    return fit_samples(options.model, data, settings);
}

/// An estimate, with its sampling error where that is known.
std::string estimate(double value, std::optional<double> error) {
    return fixed(value, 6) + (error && std::isfinite(*error) ? " +- " + fixed(*error, 6) : "");
}

IsingPosterior draw_with_progress(const FitOptions& options, const Configurations& data, const IsingFit& fit,
                                  PosteriorMethod method, std::optional<double> weight, const LongWork& work,
                                  DrawFiles* files) {
    std::function<void(const DrawsOfChain&)> on_draws;
    if (files != nullptr) {
        std::vector<std::string> names = fit.coarse_names, units(names.size(), "energy");
        names.insert(names.end(), fit.map_names.begin(), fit.map_names.end());
        units.resize(names.size(), "1");
        files->set_columns(names, units);
        on_draws = [files](const DrawsOfChain& draws) { files->add(draws); };
    }
    SharedProgress progress("draws", static_cast<std::size_t>(options.draws));
    return posterior_of(options.model, data, fit,
                        {.method = method,
                         .draws = options.draws,
                         .seed = options.seed,
                         .stop = work.stop(),
                         .observer = [&](const ChainProgress&) { progress.count("posterior"); },
                         .on_draws = std::move(on_draws),
                         .checkpoint = work.place("posterior")},
                        weight);
}

PosteriorMethod method_of(Wanted wanted) {
    return wanted == Wanted::full            ? PosteriorMethod::full
           : wanted == Wanted::laplace_joint ? PosteriorMethod::laplace_joint
                                             : PosteriorMethod::laplace_slides;
}

/// Data sets that are drawn for predictive checks: 1000, and fewer of more than 10^4 data; 200, the least
/// with which something can be contradicted, of more than 5 10^4.
Index check_replicates(Index data) { return std::clamp<Index>(10'000'000 / data, 200, 1000); }

/// The posterior asked for, with its intervals and checks; none of a fit that was stopped, or where it was
/// stopped before it had draws.
std::optional<SavedPosterior> posterior_for(const FitOptions& options, const Configurations& data,
                                            const IsingFit& fit, std::optional<double> weight,
                                            const LongWork& work, DrawFiles* files) {
    if (options.posterior == Wanted::none || fit.status == Status::stopped) return {};
    std::optional<IsingPosterior> posterior;
    try {
        posterior.emplace(
            draw_with_progress(options, data, fit, method_of(options.posterior), weight, work, files));
        if (files != nullptr && !posterior->stopped) files->finish();
    } catch (const Stopped&) {
        return {};
    }
    SavedPosterior saved{std::move(*posterior), options.credibility, {}};
    Progress progress("parts", 3);
    if (saved.posterior.draw_count() == 0) return saved;
    const CredibleSettings credible{
        .credibility = options.credibility, .seed = options.seed, .stop = work.stop()};
    PosteriorFindings& findings = saved.findings;
    try {
        progress.update(1.0, "predictions");
        findings.magnetization = magnetization_interval(saved.posterior, credible);
        findings.correlation = correlation_interval(saved.posterior, correlation_of(options.model), credible);
        progress.update(2.0, "predictive checks");
        findings.checks = checks_of(saved.posterior, data, options.model.boundary,
                                    {.replicates = check_replicates(static_cast<Index>(data.size())),
                                     .seed = options.seed,
                                     .stop = work.stop()});
    } catch (const Stopped&) {
        saved.posterior.remarks.push_back("stopped before all intervals and checks were found");
    }
    return saved;
}

void print_posterior(const SavedPosterior& saved) {
    const auto& findings = saved.findings;
    print_line("posterior", std::string(to_string(saved.posterior.method)) + ", " +
                                std::to_string(saved.posterior.draw_count()) + " draws" +
                                (saved.posterior.reliable ? "" : ", NOT RELIABLE"));
    for (Index k = 0; k < saved.posterior.parameter_count(); ++k)
        print_line("  " + saved.posterior.names()[static_cast<std::size_t>(k)],
                   fixed(saved.posterior.mean[k], 6) + " +- " + fixed(saved.posterior.sd[k], 6));
    if (!findings.magnetization) return;
    const auto& m = *findings.magnetization;
    print_line("  m", fixed(100.0 * saved.credibility, 1) + " % interval " + fixed(m.lower[0], 6) + " to " +
                          fixed(m.upper[0], 6) + ", one configuration " + fixed(m.predictive_lower[0], 3) +
                          " to " + fixed(m.predictive_upper[0], 3));
    if (!findings.checks.empty()) print_line("checks", summary(findings.checks));
}

void print_estimates(const IsingFit& fit) {
    const auto& report = fit.monte_carlo;
    const auto error = [&](auto block, Index k) {
        return report ? std::optional((report->standard_errors.*block)[k]) : std::nullopt;
    };
    for (std::size_t k = 0; k < fit.coarse_names.size(); ++k) {
        const auto at = static_cast<Index>(k);
        print_line(fit.coarse_names[k], estimate(fit.parameters.theta[at], error(&Parameters::theta, at)));
    }
    if (!fit.map.has_theta_cf()) {
        for (std::size_t k = 0; k < fit.map_names.size(); ++k) {
            const auto at = static_cast<Index>(k);
            print_line(fit.map_names[k], estimate(fit.parameters.eta[at], error(&Parameters::eta, at)));
        }
        return;
    }
    const double theta_cf = fit.map.theta_cf(fit.parameters.eta);
    auto map_error = error(&Parameters::eta, 0);
    if (map_error) *map_error *= theta_cf * (1.0 - theta_cf);
    print_line("theta_cf", estimate(theta_cf, map_error));
}

void print_summary(const SavedFit& saved, const std::string& out) {
    const IsingFit& fit = saved.fit;
    print_status(fit, saved.model, static_cast<std::size_t>(saved.samples));
    print_estimates(fit);
    if (fit.monte_carlo)
        print_line("sampling", word_for(kernels, saved.method.kernel) + ", average of the last " +
                                   std::to_string(fit.monte_carlo->averaged) +
                                   " iterations; +- is the error of sampling alone");
    else
        print_line("log-likelihood", fixed(*fit.log_likelihood, 4));
    print_line("m", "data " + fixed(saved.comparison.magnetization_data, 6) + ", prediction " +
                        estimate(saved.comparison.magnetization_mean, saved.comparison.magnetization_error));
    print_prior_dominated(fit, saved.model.prior);
    if (saved.trajectory)
        print_line("trajectory", "worth " + fixed(saved.trajectory->effective, 1) + " independent samples");
    if (saved.posterior) print_posterior(*saved.posterior);
    print_line("written to", out);
}

void warn_about(const SavedFit& saved, Index iterations) {
    const IsingFit& fit = saved.fit;
    warn_not_identified(fit);
    if (saved.posterior) {
        for (const std::string& remark : saved.posterior->posterior.remarks) warn("posterior: " + remark);
        const PosteriorFindings& found = saved.posterior->findings;
        for (const auto& [name, interval] :
             {std::pair{"m", &found.magnetization}, {"correlation", &found.correlation}})
            if (*interval)
                for (const std::string& remark : (*interval)->remarks) warn(name + (": " + remark));
    }
    warn_limit(fit, iterations,
               fit.monte_carlo ? "--iterations or --latent-samples and --coarse-samples" : "--iterations");
}

/// Says now what does not go together.
void check_fit(const FitOptions& options) {
    map_of(options.model);
    check_slides(options.posterior == Wanted::laplace_slides, options.model);
    if (!(options.credibility > 0.0 && options.credibility < 1.0))
        throw InputError("--credibility", text_of(options.credibility), "a number between 0 and 1");
    if (options.trajectory && options.method.engine == Engine::monte_carlo)
        throw InputError("--trajectory", "given", "only with --engine exact");
    if (!options.draws_file.empty() && options.posterior != Wanted::full)
        throw InputError("--draws-file", in_quotes(options.draws_file), "only with --posterior full");
    if (options.posterior == Wanted::none)
        refuse_given(options.for_posterior, "only with --posterior full, laplace-joint or laplace-slides");
    else if (options.posterior != Wanted::laplace_slides && options.model.prior == PriorChoice::flat)
        throw InputError("--prior", "'flat'",
                         "weak with --posterior full or laplace-joint: where the map forgets X the "
                         "likelihood does not fall, "
                         "and a flat prior leaves the posterior without an integral");
    else if (options.method.engine == Engine::monte_carlo)
        throw InputError("--posterior", in_quotes(word_for(posteriors, options.posterior)),
                         "none with --engine monte-carlo; a posterior needs --engine exact");
    if (options.method.engine == Engine::exact)
        refuse_sampling(options.for_sampling, options.method.optimizer);
}

CostEstimate cost_of(const FitOptions& options, const Configurations& data) {
    PlannedFit plan{
        .samples = static_cast<Index>(data.size()), .trajectory = options.trajectory, .draws = options.draws};
    if (options.given_iterations->count() > 0) plan.iterations = options.iterations;
    if (options.posterior != Wanted::none) plan.posterior = method_of(options.posterior);
    return cost_of_fit(options.model, options.method, plan);
}

void run_fit(FitOptions options) {
    check_fit(options);
    const Configurations data = data_for(options.model, options.data);
    if (!is_affordable(cost_of(options, data), options.cost)) return;
    const OutputFile out(options.out, {options.data});
    LongWork work(options.long_work, options.out, {options.data});
    std::optional<DrawFiles> files;
    if (!options.draws_file.empty())
        files.emplace("--draws-file", options.draws_file, work.words(),
                      std::initializer_list<std::filesystem::path>{options.data, options.out, work.path()});
    IsingFit fit = fit_with_progress(options, data, work);
    std::optional<EffectiveData> worth;
    std::optional<double> weight;
    if (options.trajectory && fit.status != Status::stopped) {
        worth = effective_data_of(options.model, data, fit);
        weight = 1.0 / worth->time;
        fit = fit_weighted(options.model, data, *weight,
                           {.iterations = options.iterations,
                            .seed = options.seed,
                            .stop = work.stop(),
                            .checkpoint = work.place("weighted fit")});
    }
    const Comparison comparison = compare(fit, options.model, data);
    SavedFit saved{options.model, options.method, static_cast<Index>(data.size()), std::move(fit),
                   comparison};
    saved.trajectory = worth;
    saved.posterior = posterior_for(options, data, saved.fit, weight, work, files ? &*files : nullptr);
    out.commit(json_of(saved));
    print_summary(saved, options.out);
    warn_about(saved, iterations_of(options));
    work.end();
}

void add_posterior_options(CLI::App& app, FitOptions& options) {
    add_choice(app, "--posterior", options.posterior, posteriors,
               "Posterior of the parameters: Markov chains of the exact one; normal at the mode; or the "
               "source's, theta_cf alone");
    options.for_posterior = {
        add_number(app, "--credibility", options.credibility, "Of intervals, between 0 and 1"),
        add_integer(app, "--draws", options.draws, "Posterior draws kept, all chains together", 25,
                    1'000'000)};
    app.add_option("--draws-file", options.draws_file,
                   "Draws of --posterior full as they come: FILE_1.csv, FILE_2.csv, .., one for each chain")
        ->type_name("FILE.csv");
    app.add_flag("--trajectory", options.trajectory,
                 "The data are in the order of a trajectory: their autocorrelation is measured, and they "
                 "count as fewer");
}

void add_fit_method(CLI::App& app, FitOptions& options) {
    FitMethod& method = options.method;
    add_choice(app, "--engine", method.engine, engines,
               "Expectations by transfer matrix, or by averages over samples");
    add_choice(app, "--optimizer", method.optimizer, optimizers,
               "Newton on the observed information, EM steps where that fails; or gradient steps that "
               "shrink, with monte-carlo only");
    options.given_iterations = add_integer(app, "--iterations", options.iterations,
                                           "Limit of iterations: " + std::to_string(sampled_iterations) +
                                               " with monte-carlo, else, for each of several starts",
                                           0);
    add_seed(app, options.seed, "Seed of the starts, and of the samples of monte-carlo");
    options.for_sampling = {
        add_integer(app, "--latent-samples", method.latent_samples,
                    "S_q: samples of q(X|x) for each datum in an iteration", 2),
        add_integer(app, "--coarse-samples", method.coarse_samples, "S_c: samples of p_c(X) in an iteration",
                    2),
        add_choice(app, "--sampler", method.kernel, kernels, "Chains of single-site moves")};
    for (CLI::Option* option : options.for_sampling) option->group("With --engine monte-carlo only");
}

}  // namespace

Command add_fit(CLI::App& app) {
    CLI::App* sub = app.add_subcommand("fit", "Learn a coarse chain and a probabilistic map from data");
    const auto options = std::make_shared<FitOptions>();
    add_data(*sub, options->data);
    add_model(*sub, options->model);
    add_map(*sub, options->model);
    add_letters(*sub, options->model);
    add_fit_method(*sub, *options);
    add_posterior_options(*sub, *options);
    add_lags(*sub, options->model.lags);
    add_long_work(*sub, options->long_work);
    add_cost_options(*sub, options->cost);
    add_out(*sub, options->out, "FILE.json",
            "Estimate, predictions, and the model, for use by later commands");
    sub->footer(
        "U_c(X) = - 1/2 theta_lin sum_i X_i - sum_k theta_k sum_i X_i X_(i+k) - triplets - mu sum_i X_i;\n"
        "theta_cf: probability that a fine spin equals its coarse spin (--map bernoulli).\n"
        "Other maps look at neighbouring coarse spins, too, and keep correlations: logistic and\n"
        "autoregressive at X_(r-1), X_r, X_(r+1) (and at the fine spin before), link2 and link4 at coarse "
        "spins\n"
        "on the links between blocks; decimation keeps the first spin of each block as X_r.\n"
        "The weak prior is beta theta_k ~ N(0, 2^2), logit theta_cf ~ N(1, 2^2) and >= 0; of other maps, "
        "copy\n"
        "coefficients (own_s, c_0,0) ~ N(1, 2^2), all else N(0, 2^2).\n"
        "With --letters 3 X_i is -1, 0 or 1, and --map bernoulli has p(x = 1) = logistic(own X): 1/2 at "
        "X = 0;\n"
        "U_c may have - theta_square sum_i X_i^2 - sum_k theta_quad_k sum_i X_i^2 X_(i+k)^2.\n"
        "status is converged, limit, stopped, or, under a flat prior, not identified; `directions` lists "
        "what\n"
        "the data leave open, with coefficients in (beta theta_c, logit theta_cf).\n"
        "With monte-carlo, estimates are averages over the second half of the iterations; converged means "
        "that\n"
        "their sampling errors are below a tenth of the posterior's standard deviations. Predictions are "
        "those\n"
        "of the exact engine, whichever it was; log_likelihood is null, as samples do not tell it.\n\n"
        "Examples:\n"
        "  two fine sites to one, nearest-neighbour term only:\n"
        "    predcg-ising fit --data data.csv --field 0.3 --beta 0.3 --out fit.json\n"
        "  linear term, two pair terms and a triplet, maximum likelihood:\n"
        "    predcg-ising fit --data data.csv --linear --pair-range 2 --triplet 1,1 --prior flat \\\n"
        "        --out fit.json\n"
        "  with credible intervals, and what the data contradict:\n"
        "    predcg-ising fit --data data.csv --field 0.3 --linear --posterior full --out fit.json\n"
        "  with a map that loses nothing of a chain with couplings of neighbours:\n"
        "    predcg-ising fit --data data.csv --field 0.3 --linear --map link2 --out fit.json\n"
        "  with coarse letters -1, 0, 1, which pay where couplings are strong or long:\n"
        "    predcg-ising fit --data data.csv --field 0.3 --linear --letters 3 --square --out fit.json\n"
        "  by stochastic EM, as in the source:\n"
        "    predcg-ising fit --data data.csv --field 0.3 --engine monte-carlo --optimizer robbins-monro \\\n"
        "        --out fit.json");
    return {sub, [options] { run_fit(*options); }};
}

}  // namespace cli
