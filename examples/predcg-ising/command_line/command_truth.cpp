// truth: exact expectations of the fine model.
#include "basics/numbers.hpp"
#include "command_line/commands.hpp"
#include "command_line/options.hpp"
#include "files/output_file.hpp"
#include "model/cost_model.hpp"
#include "program/cost_limits.hpp"
#include "program/long_work.hpp"
#include "terminal/interrupt.hpp"
#include "terminal/progress.hpp"

#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/version.hpp>

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>

namespace cli {

namespace {

struct TruthOptions {
    FineModel fine;
    CostOptions cost;
    LongWorkOptions long_work;
    std::string out;
};

void run_truth(const TruthOptions& options) {
    using namespace predcg;
    const auto fine = ising::chain(options.fine.chain);
    const double beta = options.fine.beta;
    if (!is_affordable(cost_of_truth(options.fine), options.cost)) return;
    const OutputFile out(options.out, {});
    LongWork work(options.long_work, {}, {});
    nlohmann::ordered_json json;
    double m = 0.0;
    {
        Progress progress("observables", 3);
        const auto goes_on = [&](double done, const char* what) {
            progress.update(done, what);
            return !work.stop().stop_requested();
        };
        if (goes_on(0.0, "log partition sum"))
            json["log_partition"] = TransferMatrix{}.log_partition(Boltzmann(fine, beta));
        if (!goes_on(1.0, "magnetisation"))
            throw Interrupted("stopped before the magnetisation was found; nothing was written");
        json["magnetization"] = m = truth(fine, beta, ising::Magnetization{}).value();
        if (goes_on(2.0, "correlation")) {
            const Vector R = truth(fine, beta, ising::Correlation{fine.boundary()}).mean;
            json["correlation"] = std::vector<double>(R.begin(), R.end());
        } else {
            json["remarks"] = {"stopped before the correlation was found"};
        }
    }
    json["version"] = version_string;
    out.commit(json.dump(1) + "\n");
    std::fprintf(told_to(), "truth: m = %s, written to %s\n", fixed(m, 6).c_str(), options.out.c_str());
    work.end();
}

}  // namespace

Command add_truth(CLI::App& app) {
    CLI::App* sub = app.add_subcommand("truth", "Compute exact expectations of the fine Ising chain");
    const auto options = std::make_shared<TruthOptions>();
    add_fine_model(*sub, options->fine);
    add_max_time(*sub, options->long_work);
    add_cost_options(*sub, options->cost);
    add_out(*sub, options->out, "FILE.json",
            "{log_partition, magnetization, correlation: [R_0, ..., R_(n/2)]}");
    sub->footer(
        "m = 1/n sum_i <x_i>,  R_l = 1/n sum_i <x_i x_(i+l)>, all by the transfer matrix. The cost grows as\n"
        "4^range on a ring and 2^range on an open chain; what would take too long is refused at once.\n\n"
        "Examples:\n"
        "  predcg-ising truth --field 0.3 --out truth.json\n"
        "  predcg-ising truth --sites 1000 --boundary open --beta 0.5 --out open.json");
    return {sub, [options] { run_truth(*options); }};
}

}  // namespace cli
