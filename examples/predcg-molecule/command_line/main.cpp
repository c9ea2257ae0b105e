// predcg-molecule: predictive coarse-graining of molecules on the command line.
#include "command_line/commands.hpp"
#include "program/run.hpp"

#include <string>
#include <vector>

int main(int argc, char** argv) {
    CLI::App app("Predictive coarse-graining of molecules, from trajectories.", "predcg-molecule");
    app.require_subcommand(1);
    app.footer("Lengths in nm, times in ps, energies in kJ/mol. Numbers in files read back exactly.\n"
               "Exit codes: 0 result written, whatever its status; 1 the run failed, nothing written;\n"
               "2 bad usage or input; 3 stopped, by Ctrl-C, SIGTERM or --max-time.");
    std::vector<cli::Command> commands{cli::molecules::add_info(app)};
    for (auto& command : cli::molecules::add_states(app)) commands.push_back(command);
    for (auto& command : cli::molecules::add_pair(app)) commands.push_back(command);
    return cli::run_program(app, commands, argc, argv);
}
