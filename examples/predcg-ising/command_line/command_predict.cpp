// predict and sample: what a saved fit says, on any number of sites.
#include "command_line/command.hpp"
#include "command_line/options.hpp"
#include "io/data_io.hpp"
#include "io/fit_json.hpp"
#include "io/numbers.hpp"
#include "io/output_file.hpp"
#include "model/errors.hpp"
#include "model/ising_posterior.hpp"

#include <predcg/models/ising/observables.hpp>
#include <predcg/version.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>

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
    Index sites = 0;  ///< 0: as in the data
    Index samples = 50;
    double credibility = 0.0;  ///< 0: as in the file
    std::uint64_t seed = 1;
};

SavedFit load(PredictOptions& options) {
    SavedFit saved = load_fit(options.fit);
    if (options.sites == 0) options.sites = saved.model.fine_sites;
    if (options.sites % saved.model.level != 0)
        throw InputError("--sites", std::to_string(options.sites),
                         "a multiple of the fit's level, " + std::to_string(saved.model.level));
    return saved;
}

/// The correlation takes all pairs of sites for every draw of the posterior, or, where the map's expectations
/// are averages, for every configuration: says now what would take hours or all memory.
void check_cost(const PredictOptions& options, const SavedFit& saved) {
    const bool pairs = options.observable == Observed::correlation;
    const bool averages = saved.comparison.magnetization_error.has_value();
    if (!pairs && !averages) return;
    constexpr double most = 1e10, most_sites = 16384.0;  // a minute or two; 2 GiB of second moments
    const double draws = saved.posterior ? static_cast<double>(saved.posterior->posterior.draw_count()) : 0.0;
    const double times = averages ? static_cast<double>(PredictSettings{}.draws) +
                                        draws * static_cast<double>(CredibleSettings{}.samples)
                                  : 1.0 + draws;
    const auto largest =
        static_cast<Index>(pairs ? std::min(std::sqrt(most / times), most_sites) : most / times);
    if (options.sites > largest)
        throw InputError("--sites", std::to_string(options.sites),
                         "at most " + std::to_string(largest) + " for the " +
                             word_for(observables, options.observable) + " with " + fixed(draws, 0) +
                             " posterior draws: it takes all " + (pairs ? "pairs of sites" : "sites") +
                             " for each" +
                             (averages ? " of " + fixed(times, 0) + " configurations" : std::string()) +
                             "; `sample` draws configurations of any size");
}

void run_predict(PredictOptions options) {
    if (!(options.credibility >= 0.0 && options.credibility < 1.0))
        throw InputError("--credibility", text_of(options.credibility), "a number between 0 and 1");
    const SavedFit saved = load(options);
    check_cost(options, saved);
    const OutputFile out(options.out, {options.fit});
    const bool m = options.observable == Observed::magnetization;
    const IsingFit fit = resized(saved.fit, saved.model, options.sites);
    const Prediction prediction = predicted(fit, saved.model.boundary, !m);
    const Vector& estimate = prediction.mean;
    Json json{{"observable", word_for(observables, options.observable)}, {"sites", options.sites}};
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
    if (saved.posterior) {
        const double credibility =
            options.credibility > 0.0 ? options.credibility : saved.posterior->credibility;
        const IsingPosterior posterior = resized(saved.posterior->posterior, saved.model, options.sites);
        const CredibleSettings settings{.credibility = credibility, .seed = options.seed};
        const CredibleInterval interval = m ? magnetization_interval(posterior, settings)
                                            : correlation_interval(posterior, saved.model.boundary, settings);
        json["credibility"] = credibility;
        add_interval(json, interval);
        if (m)
            interval_text = ", " + fixed(100.0 * credibility, 1) + " % interval " +
                            fixed(interval.lower[0], 6) + " to " + fixed(interval.upper[0], 6);
    }
    json["version"] = version_string;
    out.commit(json.dump(1) + "\n");
    std::fprintf(told_to(), "%s on %td sites%s, written to %s\n",
                 word_for(observables, options.observable).c_str(), options.sites,
                 (m ? ": " + fixed(estimate[0], 6) + interval_text : std::string()).c_str(),
                 options.out.c_str());
}

void run_sample(PredictOptions options) {
    const SavedFit saved = load(options);
    require_writable(options.samples, options.sites);
    const OutputFile out(options.out, {options.fit});
    const auto data =
        saved.posterior ? draw_configurations(resized(saved.posterior->posterior, saved.model, options.sites),
                                              options.samples, options.seed)
                        : draw_configurations(resized(saved.fit, saved.model, options.sites), options.samples,
                                              options.seed);
    out.commit(csv_of(data));
    std::fprintf(told_to(), "%zu samples of %td sites from %s, written to %s\n", data.size(), options.sites,
                 saved.posterior ? "p(x | data)" : "p(x | estimate)", options.out.c_str());
}

void add_common(CLI::App& app, PredictOptions& options) {
    app.add_option("--fit", options.fit, "What fit wrote")->type_name("FILE.json")->required();
    add_integer(app, "--sites", options.sites, "Fine sites; 0: as many as the data have", 0);
    add_seed(app, options.seed, "Seed");
}

}  // namespace

Command add_predict(CLI::App& app) {
    CLI::App* sub = app.add_subcommand("predict", "Predict an observable with a saved fit");
    const auto options = std::make_shared<PredictOptions>();
    add_common(*sub, *options);
    add_choice(*sub, "--observable", options->observable, observables, "What to predict");
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
                "    predcg-ising predict --fit fit.json --sites 10000 --out m.json");
    return {sub, [options] { run_predict(*options); }};
}

Command add_sample(CLI::App& app) {
    CLI::App* sub = app.add_subcommand("sample", "Draw configurations from a saved fit");
    const auto options = std::make_shared<PredictOptions>();
    add_common(*sub, *options);
    add_integer(*sub, "--samples", options->samples, "Number of configurations", 1);
    add_out(*sub, options->out, "FILE.csv", "One configuration a line: -1 and 1, separated by commas");
    sub->footer(
        "Each is x ~ p_cf(x|X), X ~ p_c(X), with parameters from the posterior where the fit has one, "
        "else at the\nestimate.\n\n"
        "Example:\n  predcg-ising sample --fit fit.json --samples 1000 --out x.csv");
    return {sub, [options] { run_sample(*options); }};
}

}  // namespace cli
