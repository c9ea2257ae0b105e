#include "program/long_work.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "files/output_file.hpp"
#include "files/whole_file.hpp"
#include "program/options.hpp"
#include "terminal/interrupt.hpp"
#include "terminal/messages.hpp"

#include <predcg/version.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace cli {

namespace fs = std::filesystem;

namespace {

/// Options that do not change a result.
bool changes_nothing(const std::string& name) {
    for (const char* other :
         {"--out", "--threads", "--checkpoint", "--max-time", "--fresh", "--draws-file", "--yes", "--help"})
        if (name == other) return true;
    return false;
}

/// Whether a file may be a checkpoint, of whatever work, and not something that is in the way.
bool begins_as_checkpoint(const fs::path& path) {
    constexpr std::string_view mark = "pcgwork\n";  // of predcg::Checkpoint
    return bytes_of(path, mark.size()) == mark;
}

/// "predcg-ising fit"
std::string name_of_command(const CLI::App& app) {
    std::string name = app.get_name();
    for (const CLI::App* parent = app.get_parent(); parent != nullptr; parent = parent->get_parent())
        name = parent->get_name() + " " + name;
    return name;
}

/// Version, command, options, and a hash of every byte that is read.
std::string description_of(const LongWorkOptions& long_work, std::initializer_list<fs::path> inputs,
                           bool by_pipe) {
    const CLI::App& app = *long_work.app;
    std::vector<std::string> options;
    for (const CLI::Option* option : app.get_options()) {
        if (option->count() == 0 || changes_nothing(option->get_name()) || option == long_work.given_every)
            continue;
        std::string text = option->get_name();
        for (const std::string& value : option->results()) text += " " + value;
        options.push_back(std::move(text));
    }
    std::sort(options.begin(), options.end());
    std::string text = name_of_command(app) + " " + std::string(predcg::version_string);
    for (const std::string& option : options) text += " " + option;
    if (by_pipe)  // nobody knows what comes: work of its own
        return text + " [" + std::to_string(std::chrono::system_clock::now().time_since_epoch().count()) +
               "]";
    for (const fs::path& input : inputs) {
        const std::uint64_t hash = predcg::detail::checksum_of(bytes_of(input));
        text += " [" + std::to_string(hash) + "]";
    }
    return text;
}

bool is_file_name(const fs::path& out) {
    std::error_code error;
    const fs::file_status status = fs::status(out, error);
    return !out.empty() && !descriptor_named(out) &&
           (!fs::exists(status) || fs::is_regular_file(status) || fs::is_directory(status));
}

fs::path checkpoint_of(const LongWorkOptions& options, const fs::path& out) {
    if (!options.checkpoint.empty()) return options.checkpoint;
    if (!is_file_name(out)) return {};
    fs::path beside = out.has_filename() ? out : out.parent_path();
    beside += ".checkpoint";
    return beside;
}

}  // namespace

void add_long_work(CLI::App& app, LongWorkOptions& options, const std::string& every) {
    options.app = &app;
    options.given_every =
        add_number(app, every, options.every, "Seconds from one saving to the next", Sign::not_negative);
    CLI::Option* all[] = {
        app.add_option(
               "--checkpoint", options.checkpoint,
               with_default("Where the work is kept until it is done; the same command goes on from it",
                            "the result's name and .checkpoint"))
            ->type_name("FILE"),
        options.given_every};
    for (CLI::Option* option : all) option->group("Long work");
    add_max_time(app, options);
}

void add_max_time(CLI::App& app, LongWorkOptions& options) {
    options.app = &app;
    add_number(app, "--max-time", options.max_time,
               "Seconds after which the command ends with what it has, as after Ctrl-C; 0: none",
               Sign::not_negative)
        ->group("Long work");
}

LongWork::LongWork(const LongWorkOptions& options, const fs::path& out,
                   std::initializer_list<fs::path> inputs, Stops stops)
    : path_(checkpoint_of(options, out)), stops_(stops) {
    const bool asked = !options.checkpoint.empty();
    std::error_code error;
    // What comes by a pipe cannot be read again, so nobody knows whether a checkpoint is of the same data.
    const bool by_pipe = std::any_of(inputs.begin(), inputs.end(), [&](const fs::path& input) {
        return fs::exists(input, error) && !fs::is_regular_file(input, error);
    });
    const std::string description = description_of(options, inputs, by_pipe);
    words_ = name_of_command(*options.app) + " " + std::string(predcg::version_string) + ", work " +
             std::to_string(predcg::detail::checksum_of(description));
    const auto refuse = [&](const std::string& reason, const std::string& instead) {
        if (asked) throw InputError("--checkpoint", in_quotes(path_.string()) + " (" + reason + ")", instead);
    };
    if (by_pipe) {
        refuse("the data come by a pipe, and are gone when the work goes on", "data in a file");
        path_.clear();
    }
    if (!path_.empty()) {
        const auto refuse_in_any_case = [&](const std::string& reason) {
            throw InputError(asked ? "--checkpoint" : "--out",
                             in_quotes((asked ? path_ : out).string()) + " (" + reason + ")",
                             asked ? "another file" : "another name, or --checkpoint FILE");
        };
        const std::string whose = asked ? "it" : "its checkpoint " + in_quotes(path_.string());
        const fs::path target = behind_links(path_);
        if (target.empty()) refuse_in_any_case(whose + " is a symbolic link that leads nowhere but round");
        path_ = target;
        for (const fs::path& input : inputs)
            if (is_same_file(input, path_)) refuse_in_any_case(whose + " is what is read");
        if (is_same_file(out, path_)) refuse_in_any_case(whose + " is the result");
        if (fs::exists(path_, error) && !begins_as_checkpoint(path_))
            refuse_in_any_case(whose + " is there, and no checkpoint");
        kept_ = std::make_shared<predcg::Checkpoint>(
            description, [this](std::string_view bytes) { write(bytes); },
            std::chrono::duration<double>(options.every));
        if (fs::exists(path_, error)) {
            try {
                kept_->resume(bytes_of(path_));
                has_file_ = true;
                say("goes on from " + in_quotes(path_.string()));
            } catch (const predcg::ArgumentError& reason) {
                refuse(reason.value() + " where " + reason.allowed() + " is needed",
                       "a file that this command wrote, with the same options and inputs");
                warn(in_quotes(path_.string()) + " is of another command, or damaged: the work begins anew");
            }
        } else if (asked) {
            try {
                try_to_write(path_);
            } catch (const std::system_error& reason) {
                refuse(reason.code().message(), "a file in a directory that exists and can be written");
            }
        }
    } else {
        kept_ = std::make_shared<predcg::Checkpoint>("", predcg::Checkpoint::Write{},
                                                     std::chrono::hours(1 << 20));
    }
    const std::string advice =
        path_.empty() ? "nothing was kept" : "the same command goes on from " + in_quotes(path_.string());
    hurry_.emplace(stop_.get_token(), [this] { kept_->write_always(); });
    watch_interrupts(stop_, stops == Stops::by_token ? Interrupts::request_stop : Interrupts::throw_too,
                     options.max_time, advice);
    try {
        watch_ = std::jthread([this](const std::stop_token& end) { watch(end); });
    } catch (const std::system_error&) {
        // No other thread can start: lines of progress ask.
    }
}

LongWork::~LongWork() {
    watch_.request_stop();
    if (watch_.joinable()) watch_.join();
    unwatch_interrupts();
    if (!done_) write_now();
}

void LongWork::watch(const std::stop_token& end) {
    while (!end.stop_requested()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        pass_interrupts_on();
    }
}

void LongWork::end() {
    if (stops_ == Stops::by_token && stop_.stop_requested()) {
        write_now();
        throw Interrupted("stopped; the result is what there was; " +
                          (is_kept() ? "the same command goes on from " + in_quotes(path_.string())
                                     : "nothing else was kept"));
    }
    done_ = true;
    std::error_code error;
    if (!path_.empty()) fs::remove(path_, error);
}

void LongWork::end_without_result() {
    write_now();
    throw Interrupted(
        "stopped before there was a result; " +
        (is_kept() ? "the same command goes on from " + in_quotes(path_.string()) : "nothing was kept"));
}

void LongWork::write(std::string_view bytes) {
    try {
        write_whole(path_, bytes);
        has_file_ = true;
        failed_ = false;
    } catch (const std::runtime_error& error) {  // what was written before is still there
        if (!warned_) warn(std::string(error.what()) + "; the work goes on without being kept");
        warned_ = failed_ = true;
    }
}

void LongWork::write_now() {
    if (failed_ && !kept_->is_empty())
        write(kept_->bytes());
    else
        kept_->write();
}

bool LongWork::is_kept() const {
    std::error_code error;
    return has_file_ && fs::exists(path_, error);
}

}  // namespace cli
