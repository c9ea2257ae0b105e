// generate: samples of the fine model, independent exact ones or those of a chain.
#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "command_line/commands.hpp"
#include "command_line/options.hpp"
#include "files/output_file.hpp"
#include "files/whole_file.hpp"
#include "io/data_io.hpp"
#include "model/cost_model.hpp"
#include "program/cost_limits.hpp"
#include "program/long_work.hpp"
#include "terminal/interrupt.hpp"
#include "terminal/messages.hpp"
#include "terminal/progress.hpp"

#include <predcg/core/random.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/kernels/single_site.hpp>
#include <predcg/kernels/trajectory.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/statistics/autocorrelation.hpp>
#include <predcg/structure/boltzmann.hpp>
#include <predcg/version.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cli {

using namespace predcg;

namespace {

enum class Sampler { exact, heat_bath, metropolis };
const Choices<Sampler> samplers{
    {"exact", Sampler::exact}, {"heat-bath", Sampler::heat_bath}, {"metropolis", Sampler::metropolis}};

struct GenerateOptions {
    FineModel fine;
    Sampler sampler = Sampler::exact;
    TrajectorySettings trajectory{};  ///< of the chain; the samples are those of every sampler
    std::uint64_t seed = 1;
    std::string out, report;
    LongWorkOptions long_work;
    CostOptions cost;
    std::vector<CLI::Option*> for_chains{};  ///< what says nothing to independent samples
};

/// The samples of predcg::generate, drawn in blocks to show how far it is, and to be stopped.
Configurations draw_exact(const GenerateOptions& options, const std::stop_token& stop) {
    auto sampler = TransferMatrix{}.sampler(Boltzmann(ising::chain(options.fine.chain), options.fine.beta));
    Configurations data;
    const Index samples = options.trajectory.samples;
    const Index block = std::clamp<Index>((Index{1} << 22) / options.fine.chain.sites, 64, 65536);
    data.reserve(static_cast<std::size_t>(samples));
    Progress progress("samples", static_cast<std::size_t>(samples));
    for (Index first = 0; first < samples && !stop.stop_requested(); first = std::ssize(data)) {
        const auto stream_of = [&](Index k) {
            return make_stream(options.seed, Purpose::generate, static_cast<std::uint64_t>(first + k));
        };
        for (auto& x : sampler.draw_many(std::min(block, samples - first), stream_of))
            data.push_back(std::move(x));
        progress.update(static_cast<double>(data.size()));
    }
    return data;
}

Configurations draw(const GenerateOptions& options, const std::stop_token& stop) {
    if (options.sampler == Sampler::exact) return draw_exact(options, stop);
    const Boltzmann target(ising::chain(options.fine.chain), options.fine.beta);
    Philox4x32 rng = make_stream(options.seed, Purpose::generate);
    TrajectorySettings settings = options.trajectory;
    settings.stop = stop;
    return options.sampler == Sampler::heat_bath ? trajectory(HeatBath{}, target, settings, rng)
                                                 : trajectory(Metropolis{}, target, settings, rng);
}

/// What the samples of a chain are worth.
struct Worth {
    std::optional<double> magnetization, energy;  ///< effective sample sizes; none: all equal, or too few
    Index changes = 0;                            ///< samples that differ from the one before
    std::vector<std::string> remarks{};

    /// The smaller of the two.
    std::optional<double> least() const {
        if (!magnetization || !energy) return magnetization ? magnetization : energy;
        return std::min(*magnetization, *energy);
    }
};

/// The probability of a configuration, where sums over all of them are quick.
template <class T>
std::optional<double> probability_of(const T& target, const Configuration& x) {
    try {
        return std::exp(target.log_density(x) - TransferMatrix{.cost_limit = 1e8}.log_partition(target));
    } catch (const CostError&) {
        return {};
    } catch (const NumericalError&) {
        return {};
    }
}

/// The exact magnetisation, where it is known quickly.
std::optional<double> exact_magnetization(const FineModel& model) {
    try {
        return truth(ising::chain(model.chain), model.beta, ising::Magnetization{},
                     TransferMatrix{.cost_limit = 1e8})
            .value();
    } catch (const CostError&) {
        return {};
    } catch (const NumericalError&) {
        return {};
    }
}

/// Effective sample sizes of m and energy; remarks where the chain did not move, moves slowly, or has not
/// been everywhere.
Worth worth_of(const GenerateOptions& options, const Configurations& data) {
    const Boltzmann target(ising::chain(options.fine.chain), options.fine.beta);
    const auto N = static_cast<Index>(data.size());
    Vector m(N), energy(N);
    Worth worth;
    for (Index k = 0; k < N; ++k) {
        const Configuration& x = data[static_cast<std::size_t>(k)];
        m[k] = ising::Magnetization{}(x);
        energy[k] = target.potential().energy(x);
        if (k > 0 && x != data[static_cast<std::size_t>(k - 1)]) ++worth.changes;
    }
    if (N > 1 && worth.changes == 0) {
        const auto p = probability_of(target, data.front());
        if (!p || *p < 0.9)
            worth.remarks.push_back("the chain did not move: all samples are one configuration" +
                                    (p ? ", whose probability is " + brief(*p) : std::string()) +
                                    "; use --sampler exact, or weaker couplings (--strength, --beta)");
        return worth;
    }
    if (N < 4) return worth;
    const auto size_of = [](const Vector& values) {
        const double size = statistics::effective_sample_size(values);
        return std::isfinite(size) ? std::optional(size) : std::nullopt;
    };
    worth.magnetization = size_of(m);
    worth.energy = size_of(energy);
    const auto least = worth.least();
    constexpr Index enough = 20;  // of fewer the size is hardly known
    if (least && N >= enough && 3.0 * *least < static_cast<double>(N)) {
        const double times = std::ceil(static_cast<double>(N) / *least);
        worth.remarks.push_back("the " + std::to_string(N) + " samples are worth " + fixed(*least, 1) +
                                " independent ones; use --sampler exact, or --thinning " +
                                fixed(times * static_cast<double>(options.trajectory.thinning), 0));
    }
    const auto exact = exact_magnetization(options.fine);
    const double average = statistics::mean(m);
    // Where all samples are equal in m, an error of what one more could change.
    const double error =
        worth.magnetization ? std::sqrt(statistics::variance(m) / *worth.magnetization) : 0.0;
    const double known_up_to = std::max(error, 2.0 / static_cast<double>(N));
    if (exact && std::abs(average - *exact) > 6.0 * known_up_to)
        worth.remarks.push_back("the chain has not been everywhere: m of its samples is " +
                                fixed(average, 3) + " +- " + fixed(error, 3) + ", and exactly " +
                                fixed(*exact, 3) + "; use --sampler exact");
    return worth;
}

/// What --report has of the samples.
std::string report_of(const GenerateOptions& options, std::size_t samples,
                      const std::optional<Worth>& worth) {
    nlohmann::ordered_json json{{"sampler", word_for(samplers, options.sampler)},
                                {"samples", samples},
                                {"seed", options.seed},
                                {"independent", !worth}};
    if (worth) {
        json.update({{"burn_in", options.trajectory.warm_up}, {"thinning", options.trajectory.thinning}});
        json["changes"] = worth->changes;
        const auto size = [](const std::optional<double>& value) {
            return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
        };
        json["effective_samples"] = {{"magnetization", size(worth->magnetization)},
                                     {"energy", size(worth->energy)}};
        if (!worth->least())
            json["effective_samples"]["reason"] =
                worth->changes == 0 ? "all samples are equal" : "too few samples, or all equal in both";
        json["remarks"] = worth->remarks;
    }
    json["version"] = version_string;
    return json.dump(1) + "\n";
}

void say_what_they_are(const GenerateOptions& options, const std::optional<Worth>& worth) {
    if (!worth) {
        print_line("samples", "exact and independent");
        return;
    }
    const auto least = worth->least();
    print_line("samples", "of one chain, " + std::to_string(options.trajectory.thinning) +
                              " sweeps apart; effective sample size " +
                              (least ? fixed(*least, 1) : std::string("not known")));
    for (const std::string& remark : worth->remarks) warn(remark);
}

void run_generate(const GenerateOptions& options) {
    if (options.sampler == Sampler::exact)
        refuse_given(options.for_chains,
                     "only with --sampler heat-bath or metropolis; add that, or leave this out");
    ising::chain(options.fine.chain);  // says now what is wrong with it
    require_writable(options.trajectory.samples, options.fine.chain.sites);
    const auto to = descriptor_named(options.report);
    if (is_same_file(options.report, options.out) || (to && to == descriptor_named(options.out)))
        throw InputError("--report", in_quotes(options.report), "another file");
    const auto& chain = options.trajectory;
    const double sweeps = options.sampler == Sampler::exact
                              ? 0.0
                              : static_cast<double>(chain.warm_up) +
                                    static_cast<double>(chain.thinning) * static_cast<double>(chain.samples);
    if (!is_affordable(cost_of_generate(options.fine, chain.samples, sweeps), options.cost)) return;
    const OutputFile out(options.out, {});
    std::optional<OutputFile> report;
    if (!options.report.empty())
        report.emplace(options.report, std::initializer_list<std::filesystem::path>{}, "--report");
    LongWork work(options.long_work, {}, {});
    const Configurations data = draw(options, work.stop());
    if (data.empty()) throw Interrupted("stopped before the first sample; nothing was written");
    std::optional<Worth> worth;
    if (options.sampler != Sampler::exact) worth = worth_of(options, data);
    out.commit(csv_of(data));
    if (report) report->commit(report_of(options, data.size(), worth));
    std::fprintf(told_to(), "%zu samples of %td sites written to %s\n", data.size(), options.fine.chain.sites,
                 options.out.c_str());
    say_what_they_are(options, worth);
    work.end();
}

}  // namespace

Command add_generate(CLI::App& app) {
    CLI::App* sub = app.add_subcommand("generate", "Draw samples of the fine Ising chain");
    const auto options = std::make_shared<GenerateOptions>();
    add_fine_model(*sub, options->fine);
    auto& trajectory = options->trajectory;
    add_integer(*sub, "--samples", trajectory.samples, "Number of configurations", 1);
    add_choice(*sub, "--sampler", options->sampler, samplers,
               "Independent exact samples, or one chain of single-site moves: its samples are correlated");
    options->for_chains = {
        add_integer(*sub, "--burn-in", trajectory.warm_up,
                    "Sweeps of all sites before the chain's first sample", 0),
        add_integer(*sub, "--thinning", trajectory.thinning, "Sweeps from sample to sample of the chain", 1)};
    for (CLI::Option* option : options->for_chains)
        option->group("With --sampler heat-bath or metropolis only");
    add_seed(*sub, options->seed, "Seed; exact sample k depends on seed and k only");
    add_max_time(*sub, options->long_work);
    add_cost_options(*sub, options->cost);
    add_out(*sub, options->out, "FILE.csv", "One configuration a line: -1 and 1, separated by commas");
    sub->add_option("--report", options->report,
                    "What the samples are: sampler, seed, effective sample sizes, remarks")
        ->type_name("FILE.json");
    sub->footer(
        "U(x) = - sum_k J_k sum_i x_i x_(i+k) - mu sum_i x_i,  p_f(x) ~ exp(-beta U(x)).\n"
        "fit and the studies take samples as independent. Those of a chain are so only where "
        "--thinning is\n"
        "well above the chain's autocorrelation time, which grows fast with beta J_0. Their effective\n"
        "sample size, of m and energy, is measured and said.\n\n"
        "Examples:\n"
        "  50 samples of 32 sites, nearest neighbours, field 0.3:\n"
        "    predcg-ising generate --field 0.3 --out data.csv\n"
        "  couplings up to 10 sites that fall off as 1/k:\n"
        "    predcg-ising generate --range 10 --strength 1.5 --samples 100 --seed 7 --out long.csv\n"
        "  200 samples of a Metropolis chain, 50 sweeps apart:\n"
        "    predcg-ising generate --sampler metropolis --thinning 50 --samples 200 --out chain.csv");
    return {sub, [options] { run_generate(*options); }};
}

}  // namespace cli
