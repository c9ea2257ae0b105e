// generate: exact samples of the fine model.
#include "command.hpp"
#include "data_io.hpp"
#include "options.hpp"
#include "output_file.hpp"
#include "progress.hpp"

#include <predcg/algebra/boltzmann.hpp>
#include <predcg/core/random.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/ising/chain.hpp>

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

/// The samples of predcg::generate, drawn one by one to show how far it is.
Configurations draw(const Options& options) {
    using namespace predcg;
    auto sampler = TransferMatrix{}.sampler(Boltzmann(ising::chain(options.fine.chain), options.fine.beta));
    Configurations data;
    data.reserve(static_cast<std::size_t>(options.samples));
    Progress progress("samples", static_cast<std::size_t>(options.samples));
    for (Index k = 0; k < options.samples; ++k) {
        Philox4x32 rng = make_stream(options.seed, Purpose::generate, static_cast<std::uint32_t>(k));
        data.push_back(sampler.draw(rng));
        progress.update(static_cast<double>(k + 1));
    }
    return data;
}

void run(const Options& options) {
    predcg::ising::chain(options.fine.chain);  // says now what is wrong with it
    const OutputFile out(options.out);
    const Configurations data = draw(options);
    out.commit(csv_of(data));
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
