// study molecules.
#include "command_line/long_study.hpp"
#include "command_line/map_studies.hpp"
#include "program/options.hpp"
#include "studies/molecules.hpp"

#include <memory>

namespace cli {

namespace {

struct MoleculesOptions {
    study::MoleculesSettings settings;
    Index most_frames = study::MoleculesSettings{}.frames.back();
    std::string out;
    StudyOptions study;
};

}  // namespace

Command add_molecules_study(CLI::App& study) {
    CLI::App* sub = study.add_subcommand(
        "molecules", "Trajectories of decane and water: rotational states and a pair potential, with bands");
    const auto options = std::make_shared<MoleculesOptions>();
    auto& settings = options->settings;
    sub->add_option("--data", settings.data, "Where decane and water are, .xtc and .gro [the examples' data]")
        ->type_name("DIRECTORY");
    add_integer(*sub, "--draws", settings.draws, "Draws of the posterior of the states", 100, 100'000);
    add_integer(*sub, "--samples", settings.samples,
                "Molecules for each of 250 draws, of the end-to-end distances", 2, 100'000);
    add_integer(*sub, "--frames", options->most_frames,
                "Largest number of frames of water; smaller ones are 5, 20", 10, 100'000);
    add_number(*sub, "--knot-distance", settings.knot_distance, "Of water's pair potential, nm, about",
               Sign::positive);
    add_integer(*sub, "--liquid-samples", settings.liquid_samples, "Samples of water in a fit's last round",
                100, 1'000'000);
    add_integer(*sub, "--check-samples", settings.check_samples, "Samples of water for bands and checks", 40,
                1'000'000);
    add_seed(*sub, settings.seed, "Seed of all parts");
    add_study_options(*sub, options->study);
    add_result_directory(*sub, options->out);
    sub->footer(
        "As predcg-molecule states fit, states predict and pair fit do it, with figures.\n\n"
        "Examples:\n"
        "    predcg-ising study molecules --out molecules\n"
        "  quickly:\n"
        "    predcg-ising study molecules --draws 200 --samples 500 --frames 20 --liquid-samples 500 \\\n"
        "        --check-samples 200 --out quick");
    return {sub, [options] {
                auto settings_now = options->settings;
                settings_now.frames = study::frames_up_to(options->most_frames);
                const std::filesystem::path data(settings_now.data);
                run_long_study(
                    options->study, settings_now, options->out, study::run_molecules, study::write_molecules,
                    {data / "decane.xtc", data / "decane.gro", data / "water.xtc", data / "water.gro"});
            }};
}

}  // namespace cli
