// generate: samples of the fine model, independent exact ones or those of a chain.
#include "command_line/commands.hpp"
#include "command_line/options.hpp"
#include "files/output_file.hpp"
#include "io/data_io.hpp"
#include "model/cost_model.hpp"
#include "program/cost_limits.hpp"
#include "program/long_work.hpp"
#include "terminal/interrupt.hpp"
#include "terminal/progress.hpp"

#include <predcg/core/random.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/kernels/single_site.hpp>
#include <predcg/kernels/trajectory.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/structure/boltzmann.hpp>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <utility>

namespace cli {

using namespace predcg;

namespace {

enum class Sampler { exact, heat_bath, metropolis };

struct GenerateOptions {
    FineModel fine;
    Sampler sampler = Sampler::exact;
    TrajectorySettings trajectory{};  ///< of the chain; the samples are those of every sampler
    std::uint64_t seed = 1;
    std::string out;
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

void run_generate(const GenerateOptions& options) {
    if (options.sampler == Sampler::exact)
        refuse_given(options.for_chains,
                     "only with --sampler heat-bath or metropolis; add that, or leave this out");
    ising::chain(options.fine.chain);  // says now what is wrong with it
    require_writable(options.trajectory.samples, options.fine.chain.sites);
    const auto& chain = options.trajectory;
    const double sweeps = options.sampler == Sampler::exact
                              ? 0.0
                              : static_cast<double>(chain.warm_up) +
                                    static_cast<double>(chain.thinning) * static_cast<double>(chain.samples);
    if (!is_affordable(cost_of_generate(options.fine, chain.samples, sweeps), options.cost)) return;
    const OutputFile out(options.out, {});
    LongWork work(options.long_work, {}, {});
    const Configurations data = draw(options, work.stop());
    if (data.empty()) throw Interrupted("stopped before the first sample; nothing was written");
    out.commit(csv_of(data));
    std::fprintf(told_to(), "%zu samples of %td sites written to %s\n", data.size(), options.fine.chain.sites,
                 options.out.c_str());
    work.end();
}

}  // namespace

Command add_generate(CLI::App& app) {
    CLI::App* sub = app.add_subcommand("generate", "Draw samples of the fine Ising chain");
    const auto options = std::make_shared<GenerateOptions>();
    add_fine_model(*sub, options->fine);
    auto& trajectory = options->trajectory;
    add_integer(*sub, "--samples", trajectory.samples, "Number of configurations", 1);
    const Choices<Sampler> samplers{
        {"exact", Sampler::exact}, {"heat-bath", Sampler::heat_bath}, {"metropolis", Sampler::metropolis}};
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
    sub->footer("U(x) = - sum_k J_k sum_i x_i x_(i+k) - mu sum_i x_i,  p_f(x) ~ exp(-beta U(x)).\n"
                "fit and the studies take samples as independent. Those of a chain are so only where "
                "--thinning is\n"
                "well above the chain's autocorrelation time, which grows fast with beta J_0.\n\n"
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
