#include "command_line/learning.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "files/output_file.hpp"
#include "io/data_io.hpp"
#include "model/ising_fit.hpp"
#include "terminal/messages.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

namespace cli {

using namespace predcg;

void add_data(CLI::App& app, std::string& value) {
    app.add_option("--data", value,
                   "One configuration a line: -1 and 1, separated by commas; or an array of NumPy's, .npy")
        ->type_name("FILE.csv")
        ->required();
}

void add_model(CLI::App& app, FitModel& model) {
    add_coarse_terms(app, model);
    add_number(app, "--field", model.field, "Known field mu on every coarse site, energy");
    add_number(app, "--beta", model.beta, "Inverse temperature of the data, 1/energy", Sign::positive);
    add_boundary(app, model.boundary, "Coarse ring, or chain with two ends");
    add_prior(app, model.prior);
}

void refuse_sampling(const std::vector<CLI::Option*>& for_sampling, Optimizer optimizer) {
    const std::string only_when_sampled = "only with --engine monte-carlo; add that, or leave this out";
    refuse_given(for_sampling, only_when_sampled);
    if (optimizer == Optimizer::robbins_monro)
        throw InputError("--optimizer", in_quotes(word_for(optimizers, optimizer)), only_when_sampled);
}

namespace {

/// On a ring three sites have one term, whichever two of their gaps name it.
void require_different_triplets(const std::vector<predcg::ising::Triplet>& triplets, predcg::Index sites) {
    std::vector<std::array<predcg::Index, 3>> known;
    for (const predcg::ising::Triplet& t : triplets) {
        auto apart = predcg::ising::detail::gaps(std::min(t.m, t.n), std::max(t.m, t.n), sites);
        std::sort(apart.begin(), apart.end());
        if (std::find(known.begin(), known.end(), apart) != known.end())
            throw InputError("--triplet", std::to_string(t.m) + "," + std::to_string(t.n),
                             "each triplet once; on a ring of s sites m,n is also n,s-m-n and m,s-m-n");
        known.push_back(apart);
    }
}

}  // namespace

Configurations data_for(FitModel& model, const std::string& data_file) {
    Configurations data = read_configurations(data_file);
    model.fine_sites = static_cast<Index>(data.front().size());
    // Throws where level or terms do not fit the sites.
    model.triplets = coarse_chain_of(model).triplets();
    if (model.boundary == predcg::Boundary::periodic)
        require_different_triplets(model.triplets, model.fine_sites / model.level);
    return data;
}

void print_status(const AnyEstimate& fit, const FitModel& model, std::size_t samples) {
    print_line("status", std::string(to_string(fit.status)) + " after " + std::to_string(fit.iterations) +
                             " iterations");
    print_line("data", std::to_string(samples) + " samples of " + std::to_string(model.fine_sites) +
                           " sites, level " + std::to_string(model.level));
}

void print_prior_dominated(const AnyEstimate& fit, PriorChoice prior) {
    if (prior != PriorChoice::weak) return;
    for (const Direction& d : fit.directions)
        print_line("prior-dominated", d.text + " (information " + fixed(d.information, 3) + ")");
}

void warn_not_identified(const AnyEstimate& fit) {
    if (fit.status != Status::not_identified) return;
    warn("the data do not identify all parameters; their values are arbitrary along");
    for (const Direction& d : fit.directions)
        std::fprintf(stderr, "    %s (information %s, below %s)\n", d.text.c_str(),
                     fixed(d.information, 6).c_str(), text_of(identified_from).c_str());
    std::fputs("    More data, fewer terms, or --prior weak will settle them.\n", stderr);
}

void warn_limit(const AnyEstimate& fit, Index iterations, const char* advice) {
    if (fit.status == Status::limit && fit.iterations >= iterations)
        warn("not converged within " + std::to_string(fit.iterations) + " iterations; raise " + advice);
    for (const std::string& remark : fit.remarks) warn(remark);
}

}  // namespace cli
