// predict and sample: what a saved fit says, on any number of sites.
#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "command_line/commands.hpp"
#include "command_line/options.hpp"
#include "files/output_file.hpp"
#include "io/data_io.hpp"
#include "io/fit_json.hpp"
#include "io/hierarchy_json.hpp"
#include "model/cost_model.hpp"
#include "model/ising_posterior.hpp"
#include "program/cost_limits.hpp"
#include "program/long_work.hpp"
#include "terminal/interrupt.hpp"

#include <predcg/models/ising/observables.hpp>
#include <predcg/version.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

namespace cli {

using namespace predcg;
using Json = nlohmann::ordered_json;

namespace {

enum class Observed { magnetization, correlation };
const Choices<Observed> observables{{"magnetization", Observed::magnetization},
                                    {"correlation", Observed::correlation}};

struct PredictOptions {
    std::string fit, out;
    Observed observable = Observed::magnetization;
    Index level = 0;  ///< above the data
    Index sites = 0;  ///< 0: as in the data
    Index samples = 50;
    Index lags = 0;  ///< of the correlation; 0: as many as a fit has
    LongWorkOptions long_work;
    CostOptions cost;
    double credibility = 0.0;  ///< 0: as in the file
    std::uint64_t seed = 1;
};

/// What is asked of a source.
struct Asked {
    Index sites = 0;
    bool correlation = false;
    Index lags = -1;
    std::stop_token stop{};
};

/// What is drawn.
struct Sampling {
    Index samples = 0;
    std::uint64_t seed = 1;
    std::stop_token stop{};
};

/// What predictions need of a file, whichever command wrote it.
struct Source {
    Index sites = 0;     ///< as in the data
    Index multiple = 1;  ///< of which other numbers of sites have to be multiples
    Boundary boundary = Boundary::periodic;
    double credibility = 0.0;
    std::function<Prediction(const Asked&)> predicted{};
    std::function<CredibleInterval(const Asked&, const CredibleSettings&)> interval{};
    std::function<Configurations(Index sites, const Sampling&)> configurations{};
    std::function<CostEstimate(const Asked&)> cost{};
    std::function<CostEstimate(Index sites, Index samples)> cost_of_samples{};
};

Source source_of(const SavedFit& saved) {
    Source source{
        .sites = saved.model.fine_sites, .multiple = saved.model.level, .boundary = saved.model.boundary};
    source.predicted = [saved](const Asked& asked) {
        return predicted(resized(saved.fit, saved.model, asked.sites), saved.model.boundary,
                         asked.correlation, asked.lags);
    };
    const Index draws = saved.posterior ? saved.posterior->posterior.draw_count() : 0;
    source.cost = [saved, draws](const Asked& asked) {
        return cost_of_prediction(saved.model, asked.correlation, asked.sites, asked.lags, draws);
    };
    source.cost_of_samples = [saved, draws](Index sites, Index samples) {
        return cost_of_samples(saved.model, sites, samples, draws);
    };
    source.configurations = [saved](Index sites, const Sampling& how) {
        return draw_configurations(resized(saved.fit, saved.model, sites), how.samples, how.seed, how.stop);
    };
    if (!saved.posterior) return source;
    source.credibility = saved.posterior->credibility;
    source.interval = [saved](const Asked& asked, const CredibleSettings& settings) {
        const IsingPosterior posterior = resized(saved.posterior->posterior, saved.model, asked.sites);
        return asked.correlation
                   ? correlation_interval(posterior, ising::Correlation(saved.model.boundary, asked.lags),
                                          settings)
                   : magnetization_interval(posterior, settings);
    };
    source.configurations = [saved](Index sites, const Sampling& how) {
        return draw_configurations(resized(saved.posterior->posterior, saved.model, sites), how.samples,
                                   how.seed, how.stop);
    };
    return source;
}

/// Of X_k, k levels above the data.
Source source_of(const SavedHierarchy& saved, std::size_t k) {
    const HierarchyModel& model = saved.model;
    Source source{.sites = model.sites(k),
                  .multiple = model.block(model.count()) / model.block(k),
                  .boundary = model.of.boundary};
    source.predicted = [saved, k](const Asked& asked) {
        return predicted(hierarchy_at(saved.model, saved.found.whole, k, asked.sites),
                         saved.model.of.boundary, asked.correlation, {.stop = asked.stop}, asked.lags);
    };
    const Index draws = saved.found.posterior ? saved.found.posterior->draw_count() : 0;
    source.cost = [saved, k, draws](const Asked& asked) {
        return cost_of_prediction(saved.model, k, asked.correlation, asked.sites, asked.lags, draws);
    };
    source.cost_of_samples = [saved, draws](Index sites, Index samples) {
        return cost_of_samples(saved.model.of, sites, samples, draws);
    };
    source.configurations = [saved, k](Index sites, const Sampling& how) {
        return draw_configurations(hierarchy_at(saved.model, saved.found.whole, k, sites), how.samples,
                                   how.seed, how.stop);
    };
    if (!saved.found.posterior) return source;
    source.credibility = saved.credibility;
    source.interval = [saved, k](const Asked& asked, const CredibleSettings& settings) {
        return interval(hierarchy_at(saved.model, *saved.found.posterior, k, asked.sites),
                        saved.model.of.boundary, asked.correlation, settings, asked.lags);
    };
    source.configurations = [saved, k](Index sites, const Sampling& how) {
        return draw_configurations(hierarchy_at(saved.model, *saved.found.posterior, k, sites), how.samples,
                                   how.seed, how.stop);
    };
    return source;
}

Source load(PredictOptions& options) {
    Source source;
    if (const auto hierarchy = load_hierarchy(options.fit)) {
        const auto top = static_cast<Index>(hierarchy->model.count());
        if (options.level > top)
            throw InputError("--level", std::to_string(options.level),
                             "0, the data's, to " + std::to_string(top) + ", the levels of the hierarchy");
        source = source_of(*hierarchy, static_cast<std::size_t>(options.level));
    } else {
        source = source_of(load_fit(options.fit));
        if (options.level != 0)
            throw InputError("--level", std::to_string(options.level),
                             "0, unless the file is of a hierarchy");
    }
    if (options.sites == 0) options.sites = source.sites;
    if (options.sites % source.multiple != 0)
        throw InputError("--sites", std::to_string(options.sites),
                         "a multiple of " + std::to_string(source.multiple) +
                             ", the sites below one of the coarsest");
    return source;
}

void run_predict(PredictOptions options) {
    if (!(options.credibility >= 0.0 && options.credibility < 1.0))
        throw InputError("--credibility", text_of(options.credibility), "a number between 0 and 1");
    const Source source = load(options);
    const bool m = options.observable == Observed::magnetization;
    Asked asked{options.sites, !m, options.lags};
    if (asked.lags == 0) asked.lags = options.sites / 2 > most_lags ? most_lags : -1;
    if (!is_affordable(source.cost(asked), options.cost)) return;
    const OutputFile out(options.out, {options.fit});
    LongWork work(options.long_work, {}, {});
    asked.stop = work.stop();
    const Prediction prediction = [&] {
        try {
            return source.predicted(asked);
        } catch (const Stopped&) {
            throw Interrupted("stopped before the prediction was found; nothing was written");
        }
    }();
    const Vector& estimate = prediction.mean;
    Json json{{"observable", word_for(observables, options.observable)}, {"sites", options.sites}};
    if (options.level > 0) json["level"] = options.level;
    if (!m) {
        json["lag"] = Json::array();
        for (Index l = 0; l < estimate.size(); ++l) json["lag"].push_back(l);
    }
    const auto value = [m](const Vector& of) {
        return m ? Json(of[0]) : Json(std::vector<double>(of.begin(), of.end()));
    };
    json["mean"] = value(estimate);
    if (!prediction.exact) json["standard_error"] = value(prediction.standard_error);
    std::string interval_text;
    if (source.interval) {
        const double credibility = options.credibility > 0.0 ? options.credibility : source.credibility;
        try {
            const CredibleInterval interval = source.interval(
                asked, {.credibility = credibility, .seed = options.seed, .stop = work.stop()});
            json["credibility"] = credibility;
            add_interval(json, interval);
            if (m)
                interval_text = ", " + fixed(100.0 * credibility, 1) + " % interval " +
                                fixed(interval.lower[0], 6) + " to " + fixed(interval.upper[0], 6);
        } catch (const Stopped&) {
            json["remarks"] = {"stopped before the interval was found"};
        }
    }
    json["version"] = version_string;
    out.commit(json.dump(1) + "\n");
    std::fprintf(told_to(), "%s on %td sites%s, written to %s\n",
                 word_for(observables, options.observable).c_str(), options.sites,
                 (m ? ": " + fixed(estimate[0], 6) + interval_text : std::string()).c_str(),
                 options.out.c_str());
    work.end();
}

void run_sample(PredictOptions options) {
    const Source source = load(options);
    require_writable(options.samples, options.sites);
    if (!is_affordable(source.cost_of_samples(options.sites, options.samples), options.cost)) return;
    const OutputFile out(options.out, {options.fit});
    LongWork work(options.long_work, {}, {});
    const auto data = source.configurations(options.sites, {options.samples, options.seed, work.stop()});
    if (data.empty()) throw Interrupted("stopped before the first sample; nothing was written");
    out.commit(csv_of(data));
    std::fprintf(told_to(), "%zu samples of %td sites from %s, written to %s\n", data.size(), options.sites,
                 source.interval ? "p(x | data)" : "p(x | estimate)", options.out.c_str());
    work.end();
}

void add_common(CLI::App& app, PredictOptions& options) {
    app.add_option("--fit", options.fit, "What fit or hierarchy wrote")->type_name("FILE.json")->required();
    add_integer(app, "--level", options.level,
                "Levels of a hierarchy that lie below what is wanted; 0: the data's own", 0);
    add_integer(app, "--sites", options.sites, "Sites, of that level; 0: as many as above the data", 0);
    add_seed(app, options.seed, "Seed");
    add_cost_options(app, options.cost);
}

}  // namespace

Command add_predict(CLI::App& app) {
    CLI::App* sub = app.add_subcommand("predict", "Predict an observable with a saved fit");
    const auto options = std::make_shared<PredictOptions>();
    add_common(*sub, *options);
    add_choice(*sub, "--observable", options->observable, observables, "What to predict");
    add_lags(*sub, options->lags);
    add_max_time(*sub, options->long_work);
    add_number(*sub, "--credibility", options->credibility,
               "Of the interval, between 0 and 1; 0: as in the file");
    add_out(*sub, options->out, "FILE.json",
            "mean at the estimate, and intervals where the fit has a posterior");
    sub->footer("Where the map's expectations are averages over draws, standard_error is that of mean.\n"
                "lower and upper bound the expectation, predictive_lower and predictive_upper one single "
                "configuration.\n\n"
                "Examples:\n"
                "  predcg-ising fit --data data.csv --linear --posterior full --out fit.json\n"
                "  predcg-ising predict --fit fit.json --observable correlation --out R.json\n"
                "  the same model on a longer chain:\n"
                "    predcg-ising predict --fit fit.json --sites 10000 --out m.json\n"
                "  the second level of a hierarchy:\n"
                "    predcg-ising predict --fit h.json --level 2 --observable correlation --out R.json");
    return {sub, [options] { run_predict(*options); }};
}

Command add_sample(CLI::App& app) {
    CLI::App* sub = app.add_subcommand("sample", "Draw configurations from a saved fit");
    const auto options = std::make_shared<PredictOptions>();
    add_common(*sub, *options);
    add_integer(*sub, "--samples", options->samples, "Number of configurations", 1);
    add_max_time(*sub, options->long_work);
    add_out(*sub, options->out, "FILE.csv", "One configuration a line: -1 and 1, separated by commas");
    sub->footer(
        "Each is x ~ p_cf(x|X), X ~ p_c(X), with parameters from the posterior where the fit has one, "
        "else at the\nestimate.\n\n"
        "Example:\n  predcg-ising sample --fit fit.json --samples 1000 --out x.csv");
    return {sub, [options] { run_sample(*options); }};
}

}  // namespace cli
