// hierarchy: learn several levels, one above the other.
#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "command_line/commands.hpp"
#include "command_line/learning.hpp"
#include "command_line/options.hpp"
#include "files/output_file.hpp"
#include "io/data_io.hpp"
#include "io/hierarchy_json.hpp"
#include "model/cost_model.hpp"
#include "model/hierarchy.hpp"
#include "program/cost_limits.hpp"
#include "program/long_work.hpp"
#include "terminal/messages.hpp"
#include "terminal/progress.hpp"

#include <predcg/core/error.hpp>

#include <cstdio>
#include <memory>
#include <string>

namespace cli {

using namespace predcg;

namespace {

enum class LevelPosterior { laplace_joint, full };
const Choices<LevelPosterior> level_posteriors{{"laplace-joint", LevelPosterior::laplace_joint},
                                               {"full", LevelPosterior::full}};

struct HierarchyOptions {
    std::string data, out;
    HierarchyModel model;
    HierarchyChoice choice;
    LevelPosterior posterior = LevelPosterior::laplace_joint;
    CostOptions cost;
    LongWorkOptions long_work;
};

/// "2,2,2".
std::vector<Index> levels_of(const std::string& text) {
    std::vector<Index> levels;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t comma = std::min(text.find(',', begin), text.size());
        const auto level = parse_integer(text.substr(begin, comma - begin));
        if (!level || *level < 2)
            throw InputError("--levels", in_quotes(text),
                             "integers >= 2 with commas between, the finest level first, as in 2,2,2");
        levels.push_back(*level);
        begin = comma + 1;
    }
    return levels;
}

void check_options(const HierarchyOptions& options) {
    if (!(options.choice.credibility > 0.0 && options.choice.credibility < 1.0))
        throw InputError("--credibility", text_of(options.choice.credibility), "a number between 0 and 1");
    if (options.choice.samples == 0 && options.model.count() > 1 && options.model.sites(1) > 16)
        throw InputError("--samples", "0",
                         "1 or more where the first coarse level has more than 16 sites, here " +
                             std::to_string(options.model.sites(1)) +
                             ": a configuration of every kind is taken else");
}

void print_hierarchy(const SavedHierarchy& saved, const std::string& out) {
    const LearntHierarchy& found = saved.found;
    print_line("status", std::string(to_string(found.status)));
    print_line("data", std::to_string(saved.samples) + " samples of " +
                           std::to_string(saved.model.of.fine_sites) + " sites, " +
                           std::to_string(saved.model.count()) + " levels, " +
                           word_for(hierarchy_modes, saved.model.mode));
    for (const FlowLevel& level : found.flow) {
        print_line(std::to_string(level.sites) + " sites", "");
        for (std::size_t k = 0; k < level.names.size(); ++k) {
            const auto at = static_cast<Index>(k);
            print_line("  beta " + level.names[k],
                       fixed(level.couplings[at], 6) + " +- " + fixed(level.sd[at], 6) + ", " +
                           fixed(100.0 * saved.credibility, 1) + " % interval " + fixed(level.lower[at], 6) +
                           " to " + fixed(level.upper[at], 6));
        }
    }
    if (found.log_likelihood) print_line("log-likelihood", fixed(*found.log_likelihood, 4));
    print_line("written to", out);
    if (found.status != Status::converged) warn("not all levels converged; raise --iterations");
    for (const std::string& remark : found.remarks) warn(remark);
    for (std::size_t k = 0; k < found.levels.size(); ++k)
        if (const auto& posterior = found.levels[k].posterior)
            for (const std::string& remark : posterior->remarks)
                warn("posterior of level " + std::to_string(k + 1) + ": " + remark);
}

void run_hierarchy(HierarchyOptions options) {
    const Configurations data = read_configurations(options.data);
    options.model.of.fine_sites = static_cast<Index>(data.front().size());
    check_hierarchy(options.model);  // before work
    check_options(options);
    options.model.of.triplets =
        level_chain(options.model, options.model.sites(options.model.count())).terms().triplets();
    options.choice.full = options.posterior == LevelPosterior::full;
    if (!is_affordable(cost_of_hierarchy(options.model, std::ssize(data), options.choice), options.cost))
        return;
    const OutputFile out(options.out, {options.data});
    LongWork work(options.long_work, options.out, {options.data});
    options.choice.stop = work.stop();
    options.choice.checkpoint = work.place("hierarchy");
    SavedHierarchy saved;
    saved.model = options.model;
    saved.samples = static_cast<Index>(data.size());
    saved.credibility = options.choice.credibility;
    saved.seed = options.choice.seed;
    try {
        SharedProgress progress("hierarchies", 1);
        options.choice.progress = [&](const std::string& now) { progress.show(now); };
        saved.found = learn_hierarchy(options.model, data, options.choice);
    } catch (const Stopped&) {
        work.end_without_result();
    }
    out.commit(json_of(saved));
    print_hierarchy(saved, options.out);
    work.end();
}

}  // namespace

Command add_hierarchy(CLI::App& app) {
    CLI::App* sub = app.add_subcommand("hierarchy", "Learn several levels, one above the other");
    const auto options = std::make_shared<HierarchyOptions>();
    options->model.levels = {2, 2};
    FitModel& model = options->model.of;
    HierarchyChoice& choice = options->choice;
    add_data(*sub, options->data);
    sub->add_option_function<std::string>(
           "--levels", [options](const std::string& text) { options->model.levels = levels_of(text); },
           with_default("Sites of a block at every level, the finest first", "2,2"))
        ->type_name("L,L,..");
    add_choice(
        *sub, "--mode", options->model.mode, hierarchy_modes,
        "A level learns from what the one below says of the data, from that one's p_c, or all at once");
    add_terms(*sub, model);
    add_number(*sub, "--field", model.field, "Known field mu on every coarse site, energy");
    add_number(*sub, "--beta", model.beta, "Inverse temperature of the data, 1/energy", Sign::positive);
    add_boundary(*sub, model.boundary, "Coarse rings, or chains with two ends");
    add_map(*sub, model);
    add_integer(*sub, "--samples", choice.samples,
                "Configurations that the next level gets for each of the data; 0: all there are, by "
                "probability",
                0, 1'000'000);
    add_integer(*sub, "--iterations", choice.iterations, "Limit of iterations, for each of several starts",
                0);
    add_choice(*sub, "--posterior", options->posterior, level_posteriors,
               "Posterior of the parameters: normal at the mode, or Markov chains of the exact one");
    add_number(*sub, "--credibility", choice.credibility, "Of intervals, between 0 and 1");
    add_integer(*sub, "--draws", choice.draws, "Posterior draws", 25);
    add_seed(*sub, choice.seed, "Seed of starts and samples");
    add_cost_options(*sub, options->cost);
    add_long_work(*sub, options->long_work);
    add_out(*sub, options->out, "FILE.json",
            "All levels, and the flow of couplings, for use by predict and sample");
    sub->footer(
        "p(x) = sum over X_1 .. X_top of p(x|X_1) p(X_1|X_2) .. p_c(X_top); terms, field and kind of map "
        "are\n"
        "the same at all levels, with parameters of their own. The prior is the weak one.\n"
        "anchored and joint are the same with decimation, where X is copied from x. With other maps joint\n"
        "begins at the anchored fit, and only the coarsest level has a p_c; two levels of blocks of two are\n"
        "quick, three are for few data on open chains, and more are refused. Anchored intervals are too "
        "narrow there, as\n"
        "drawn X are taken for data; distilled and joint ones are not.\n"
        "flow holds beta theta_c of each level, with posterior sd and interval.\n\n"
        "Examples:\n"
        "  the flow of a coupling over three levels:\n"
        "    predcg-ising hierarchy --data data.csv --beta 1 --levels 2,2,2 --map decimation --out h.json\n"
        "  two levels that are learnt at once:\n"
        "    predcg-ising hierarchy --data data.csv --linear --map link2 --mode joint --out h.json\n"
        "  correlations one level above the data:\n"
        "    predcg-ising predict --fit h.json --level 1 --observable correlation --out R.json");
    return {sub, [options] { run_hierarchy(*options); }};
}

}  // namespace cli
