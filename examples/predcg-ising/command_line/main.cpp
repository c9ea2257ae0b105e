// predcg-ising: predictive coarse-graining of Ising chains on the command line.
#include "command_line/commands.hpp"
#include "program/run.hpp"

#include <string>
#include <vector>

int main(int argc, char** argv) {
    CLI::App app(
        "Predictive coarse-graining of Ising chains: learn a coarse chain and a probabilistic map from\n"
        "fine-scale configurations, and predict fine-scale observables.",
        "predcg-ising");
    app.require_subcommand(1);
    app.footer("Energies are in any one unit; beta is in its inverse. Numbers in files read back exactly.\n"
               "Exit codes: 0 result written, whatever its status; 1 the run failed, nothing written;\n"
               "2 bad usage or input; 3 stopped, by Ctrl-C, SIGTERM or --max-time.\n\n"
               "Example, from data to prediction:\n"
               "  predcg-ising generate --sites 32 --field 0.3 --samples 50 --out data.csv\n"
               "  predcg-ising fit --data data.csv --field 0.3 --linear --posterior full --out fit.json\n"
               "  predcg-ising predict --fit fit.json --sites 1000 --out m.json\n"
               "  predcg-ising truth --sites 32 --field 0.3 --out truth.json");
    std::vector<cli::Command> commands{
        cli::add_generate(app),  cli::add_truth(app),   cli::add_fit(app),   cli::add_relative_entropy(app),
        cli::add_hierarchy(app), cli::add_predict(app), cli::add_sample(app)};
    for (auto& command : cli::add_calibrate(app)) commands.push_back(command);
    for (auto& command : cli::add_study(app)) commands.push_back(command);
    return cli::run_program(app, commands, argc, argv);
}
