// study maps and study flow.
#include "command_line/map_studies.hpp"

#include "command_line/long_study.hpp"
#include "command_line/options.hpp"
#include "studies/flow.hpp"
#include "studies/maps.hpp"

#include <memory>

namespace cli {

namespace {

struct MapsOptions {
    study::MapsSettings settings;
    Index most = study::MapsSettings{}.samples.back();
    std::string out;
    StudyOptions study;
};

struct FlowOptions {
    study::FlowSettings settings;
    std::string out;
    StudyOptions study;
};

}  // namespace

Command add_maps_study(CLI::App& study) {
    CLI::App* sub = study.add_subcommand(
        "maps", "Six maps: divergence against the number of data, and whether intervals of R_l hold");
    const auto options = std::make_shared<MapsOptions>();
    auto& settings = options->settings;
    add_level(*sub, settings.level);
    add_integer(*sub, "--sites", settings.sites,
                "Sites of the chains whose configurations are all counted, 10 to 16", 10);
    add_integer(*sub, "--data-sets", settings.data_sets, "Data sets of each chain for the divergence", 1);
    add_integer(*sub, "--most-data", options->most, "Largest number of data N; smaller ones are 50, 150, ..",
                20);
    add_integer(*sub, "--banded-sites", settings.banded_sites, "Sites of the chains whose R_l is predicted",
                12);
    add_integer(*sub, "--samples", settings.banded_samples,
                "Configurations in each data set that has a posterior", 1);
    add_integer(*sub, "--posteriors", settings.posteriors, "Such data sets of each chain", 1);
    add_integer(*sub, "--draws", settings.draws, "Draws of each posterior, all chains together", 16);
    add_seed(*sub, settings.seed, "Seed of the data; data set k (from 0) has seed + k");
    add_study_options(*sub, options->study);
    add_result_directory(*sub, options->out);
    sub->footer(
        "Three chains: weak and strong couplings of neighbours, and long ones. The maps of fit --map, and "
        "the\n"
        "logistic one with mirror images tied, are learnt with {linear, pair_1} from 50 to 5000 "
        "configurations,\n"
        "and the divergence of what was learnt from the truth is computed over all configurations. With\n"
        "bernoulli, link2 and decimation the full posterior's intervals of m and R_l are held against the\n"
        "truth.\n\n"
        "Examples:\n"
        "    predcg-ising study maps --out maps\n"
        "  quickly:\n"
        "    predcg-ising study maps --data-sets 2 --most-data 500 --posteriors 3 --draws 200 --out quick");
    return {sub, [options] {
                auto settings_now = options->settings;
                settings_now.samples = study::sizes_up_to(options->most);
                run_long_study(options->study, settings_now, options->out, study::run_maps,
                               study::write_maps);
            }};
}

Command add_flow_study(CLI::App& study) {
    CLI::App* sub = study.add_subcommand(
        "flow", "The coupling of a ring through four levels of decimation, with intervals");
    const auto options = std::make_shared<FlowOptions>();
    auto& settings = options->settings;
    add_integer(*sub, "--sites", settings.sites, "Sites of the ring, a multiple of 16 from 48 on", 48);
    add_number(*sub, "--coupling", settings.coupling, "K = beta J of neighbours, -2 to 2");
    add_integer(*sub, "--samples", settings.samples, "Configurations in each data set", 1);
    add_integer(*sub, "--data-sets", settings.data_sets, "Data sets; the first is drawn", 1);
    add_integer(*sub, "--draws", settings.draws, "Draws of the first level's posterior, carried on", 25);
    add_seed(*sub, settings.seed, "Seed of the data; data set k (from 0) has seed + k");
    add_study_options(*sub, options->study);
    add_result_directory(*sub, options->out);
    sub->footer(
        "At each level every second site is kept and {pair_1} is learnt, from the sites that are left "
        "(anchored)\n"
        "or from the model of the level before (distilled); the exact couplings follow from\n"
        "K' = 1/2 ln cosh 2K.\n\n"
        "Examples:\n"
        "    predcg-ising study flow --out flow\n"
        "  an antiferromagnet, quickly:\n"
        "    predcg-ising study flow --coupling -0.8 --data-sets 10 --out quick");
    return {sub, [options] {
                run_long_study(options->study, options->settings, options->out, study::run_flow,
                               study::write_flow);
            }};
}

}  // namespace cli
