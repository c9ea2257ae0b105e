// generate: exact samples of the fine model.
#include "command.hpp"
#include "data_io.hpp"
#include "options.hpp"
#include "output_file.hpp"

#include <predcg/ising/chain.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <cstdio>
#include <memory>

namespace cli {

namespace {

struct Options {
    FineModel fine;
    Index samples = 50;
    std::uint64_t seed = 1;
    std::string out;
};

void run(const Options& options) {
    const auto fine = predcg::ising::chain(options.fine.chain);
    const OutputFile out(options.out);
    const auto data =
        predcg::generate(fine, {.beta = options.fine.beta, .samples = options.samples, .seed = options.seed});
    out.commit(csv_of(data.configurations));
    std::printf("%zu samples of %td sites written to %s\n", data.size(), options.fine.chain.sites,
                options.out.c_str());
}

}  // namespace

Command add_generate(CLI::App& app) {
    CLI::App* sub = app.add_subcommand("generate", "Draw independent exact samples of the fine Ising chain");
    const auto options = std::make_shared<Options>();
    add_fine_model(*sub, options->fine);
    add_integer(*sub, "--samples", options->samples, "Number of configurations", 1);
    add_seed(*sub, options->seed, "Seed; sample k depends on seed and k only");
    add_out(*sub, options->out, "FILE.csv", "One configuration a line: -1 and 1, separated by commas");
    sub->footer("U(x) = - sum_k J_k sum_i x_i x_(i+k) - mu sum_i x_i,  p_f(x) ~ exp(-beta U(x)).\n\n"
                "Examples:\n"
                "  50 samples of 32 sites, nearest neighbours, field 0.3:\n"
                "    predcg-ising generate --field 0.3 --out data.csv\n"
                "  couplings up to 10 sites that fall off as 1/k:\n"
                "    predcg-ising generate --range 10 --strength 1.5 --samples 100 --seed 7 --out long.csv");
    return {sub, [options] { run(*options); }};
}

}  // namespace cli
