// predcg-ising: predictive coarse-graining of Ising chains on the command line.
#include "command_line/command.hpp"
#include "command_line/options.hpp"
#include "io/interrupt.hpp"
#include "model/errors.hpp"

#include <predcg/core/error.hpp>
#include <predcg/core/parallel.hpp>
#include <predcg/version.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <new>
#include <string>
#include <unistd.h>

namespace {

enum ExitCode { written = 0, failed = 1, bad_input = 2 };

int complain(const std::string& message, ExitCode code) {
    std::fprintf(stderr, "predcg-ising: %s\n", message.c_str());
    return code;
}

/// The library names its arguments as the options are named here.
std::string in_words_of_options(const predcg::ArgumentError& error, const CLI::App& command) {
    std::string option = "--" + error.argument();
    std::replace(option.begin(), option.end(), '_', '-');
    if (command.get_option_no_throw(option) == nullptr) return error.what();
    return option + ": value " + error.value() + "; allowed: " + error.allowed();
}

/// What a file or pipe refuses is an error of the write, and no signal that ends the program half way.
/// Descriptors 0 to 2 that were closed are opened: a result file would get their numbers, and what is said
/// would go into it.
void prepare_files() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    for (int file = 0; file >= 0 && file <= 2;) {
        file = ::open("/dev/null", O_RDWR);
        if (file > 2) ::close(file);
    }
}

int run(const cli::Command& command) {
    try {
        (void)predcg::threads();  // a bad PREDCG_THREADS is refused before any work
        command.run();
        if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
            return complain(
                "the result was written, but not what was to be said of it: standard output is full or "
                "closed",
                failed);
        return written;
    } catch (const cli::InputError& error) {
        return complain(error.what(), bad_input);
    } catch (const predcg::ArgumentError& error) {
        return complain(in_words_of_options(error, *command.app), bad_input);
    } catch (const predcg::CostError& error) {  // refused before any work
        return complain(error.what(), bad_input);
    } catch (const cli::Interrupted& error) {
        return complain(error.what(), failed);
    } catch (const std::bad_alloc&) {
        return complain("out of memory; nothing was written", failed);
    } catch (const std::exception& error) {
        return complain(std::string(error.what()) + "; nothing was written", failed);
    }
}

/// The subcommand that was given, as deep as it goes.
const CLI::App* innermost(const CLI::App* app) {
    const auto given = app->get_subcommands();
    return given.empty() ? app : innermost(given.front());
}

std::string full_name(const CLI::App* app) {
    return app->get_parent() == nullptr ? app->get_name()
                                        : full_name(app->get_parent()) + " " + app->get_name();
}

/// What CLI11 says, but for a mistyped subcommand, which it calls a missing one.
std::string in_words(const CLI::ParseError& error, const CLI::App& app) {
    const CLI::App* at = innermost(&app);
    const std::string advice = "; see " + full_name(at) + " --help";
    const auto words = app.remaining(true);
    const auto known = at->get_subcommands([](const CLI::App*) { return true; });
    if (words.empty() || words.front()[0] == '-' || known.empty()) return error.what() + advice;
    std::string allowed;
    for (const CLI::App* sub : known) allowed += (allowed.empty() ? "" : ", ") + sub->get_name();
    return "subcommand: value '" + words.front() + "'; allowed: " + allowed + advice;
}

}  // namespace

int main(int argc, char** argv) {
    prepare_files();
    CLI::App app(
        "Predictive coarse-graining of Ising chains: learn a coarse chain and a probabilistic map from\n"
        "fine-scale configurations, and predict fine-scale observables.",
        "predcg-ising");
    app.set_version_flag("--version", std::string(predcg::version_string));
    app.require_subcommand(1);
    app.footer("Energies are in any one unit; beta is in its inverse. Numbers in files read back exactly.\n"
               "Exit codes: 0 result written, whatever its status; 1 the run failed, nothing written;\n"
               "2 bad usage or input.\n\n"
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
    for (const auto& command : commands) cli::add_threads(*command.app);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
        return complain(in_words(error, app), bad_input);
    } catch (const cli::InputError& error) {
        return complain(error.what(), bad_input);
    }
    for (const auto& command : commands)
        if (command.app->parsed()) return run(command);
    return bad_input;
}
