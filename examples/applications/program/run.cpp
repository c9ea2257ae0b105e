#include "program/run.hpp"

#include "basics/errors.hpp"
#include "files/output_file.hpp"
#include "program/options.hpp"
#include "terminal/interrupt.hpp"
#include "terminal/messages.hpp"

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

namespace cli {

namespace {

enum ExitCode { written = 0, failed = 1, bad_input = 2, stopped = 3 };

int complain(const std::string& message, ExitCode code) {
    say(message);
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
/// would go into it. Standard output takes nothing then: standard_output_is_closed() knows it by that.
void prepare_files() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(file, F_GETFD) < 0) (void)::open("/dev/null", file == STDOUT_FILENO ? O_RDONLY : O_RDWR);
}

int run(const Command& command) {
    try {
        confine(*command.app, command.needs);
        (void)predcg::threads();  // a bad PREDCG_THREADS is refused before any work
        command.run();
        if (!standard_output_is_closed() && (std::fflush(stdout) != 0 || std::ferror(stdout) != 0))
            return complain(
                "the result was written, but not what was to be said of it: standard output is full or "
                "closed",
                failed);
        return written;
    } catch (const InputError& error) {
        return complain(error.what(), bad_input);
    } catch (const predcg::ArgumentError& error) {
        return complain(in_words_of_options(error, *command.app), bad_input);
    } catch (const predcg::CostError& error) {  // refused before any work
        return complain(error.what(), bad_input);
    } catch (const Interrupted& error) {
        return complain(error.what(), stopped);
    } catch (const std::bad_alloc&) {
        return complain("out of memory; " + written_so_far(), failed);
    } catch (const std::exception& error) {
        return complain(std::string(error.what()) + "; " + written_so_far(), failed);
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

int run_program(CLI::App& app, const std::vector<Command>& commands, int argc, char** argv) {
    name_program(app.get_name());
    prepare_files();
    for (const Command& command : commands) add_threads(*command.app);
    app.set_version_flag("--version",
                         [] { return std::string(predcg::version_string) + "\nconfined: " + confinement(); });
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
        return complain(in_words(error, app), bad_input);
    } catch (const InputError& error) {
        return complain(error.what(), bad_input);
    }
    for (const auto& command : commands)
        if (command.app->parsed()) return run(command);
    return bad_input;
}

}  // namespace cli
