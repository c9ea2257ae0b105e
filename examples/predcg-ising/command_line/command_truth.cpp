// truth: exact expectations of the fine model.
#include "basics/numbers.hpp"
#include "command_line/commands.hpp"
#include "command_line/options.hpp"
#include "files/output_file.hpp"
#include "model/cost_model.hpp"
#include "program/cost_limits.hpp"
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
    std::string out;
};

void run_truth(const TruthOptions& options) {
    using namespace predcg;
    const auto fine = ising::chain(options.fine.chain);
    const double beta = options.fine.beta;
    if (!is_affordable(cost_of_truth(options.fine), options.cost)) return;
    const OutputFile out(options.out, {});
    nlohmann::ordered_json json;
    double m = 0.0;
    {
        Progress progress("observables", 3);
        progress.update(0.0, "log partition sum");
        json["log_partition"] = TransferMatrix{}.log_partition(Boltzmann(fine, beta));
        progress.update(1.0, "magnetisation");
        json["magnetization"] = m = truth(fine, beta, ising::Magnetization{}).value();
        progress.update(2.0, "correlation");
        const Vector R = truth(fine, beta, ising::Correlation{fine.boundary()}).mean;
        json["correlation"] = std::vector<double>(R.begin(), R.end());
    }
    json["version"] = version_string;
    out.commit(json.dump(1) + "\n");
    std::fprintf(told_to(), "truth: m = %s, written to %s\n", fixed(m, 6).c_str(), options.out.c_str());
}

}  // namespace

Command add_truth(CLI::App& app) {
    CLI::App* sub = app.add_subcommand("truth", "Compute exact expectations of the fine Ising chain");
    const auto options = std::make_shared<TruthOptions>();
    add_fine_model(*sub, options->fine);
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
