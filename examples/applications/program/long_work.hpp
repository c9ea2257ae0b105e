#pragma once
// Commands that may take long: they can be stopped at any time, and go on when they are called again.
#include "program/command.hpp"

#include <predcg/core/checkpoint.hpp>

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

namespace cli {

/// --checkpoint, --every and --max-time.
struct LongWorkOptions {
    std::string checkpoint;
    double every = 60.0;            ///< s
    double max_time = 0.0;          ///< s
    const CLI::App* app = nullptr;  ///< the command
    CLI::Option* given_every = nullptr;
};
/// --max-time alone, of commands without checkpoints.
void add_max_time(CLI::App& app, LongWorkOptions& options);
/// `every`: another name of --every, where that means something else.
void add_long_work(CLI::App& app, LongWorkOptions& options, const std::string& every = "--every");

/// What Ctrl-C, SIGTERM and --max-time do.
enum class Stops {
    by_token,  ///< stop() is requested: what there is can be written
    by_error,  ///< the same, and the next line of progress throws Interrupted
};

/// One command at work. What it needs to go on is written every so often to a file, the result's name with
/// .checkpoint unless told, and read from there by the same command; the file is gone when the work is done.
/// Threads, and the options of this header, may differ between the calls; nothing else, and no byte of the
/// files that are read.
class LongWork {
public:
    /// Reads the checkpoint where there is one; without a name of a result nothing is kept. Throws InputError
    /// for one that was asked for and is damaged, of another command or one of the inputs; one that was not
    /// asked for is then begun anew, with a warning.
    LongWork(const LongWorkOptions& options, const std::filesystem::path& out,
             std::initializer_list<std::filesystem::path> inputs, Stops stops = Stops::by_token);
    /// Writes the checkpoint if the work was not done.
    ~LongWork();
    LongWork(const LongWork&) = delete;
    LongWork& operator=(const LongWork&) = delete;

    /// The part of the checkpoint with this name.
    predcg::CheckpointPlace place(std::string_view name) const {
        return predcg::CheckpointPlace(kept_).within(name);
    }
    std::stop_token stop() const { return stop_.get_token(); }
    /// Version and command, and a hash of its options and of every byte that it reads, in one line.
    const std::string& words() const { return words_; }
    /// Where it is kept; empty: nowhere.
    const std::filesystem::path& path() const { return path_; }

    /// The result is written: removes the checkpoint. Where the work was stopped it is kept, and Interrupted
    /// is thrown, which says how to go on.
    void end();
    /// The work was stopped before there was a result: keeps the checkpoint, and throws Interrupted.
    [[noreturn]] void end_without_result();

private:
    void watch(const std::stop_token& end);
    void write(std::string_view bytes);
    void write_now();
    bool is_kept() const;  // there is a file to go on from

    std::string words_;
    std::filesystem::path path_;  // empty: none
    std::shared_ptr<predcg::Checkpoint> kept_;
    std::stop_source stop_;
    Stops stops_;
    std::optional<std::stop_callback<std::function<void()>>> hurry_;
    bool done_ = false, warned_ = false;
    bool has_file_ = false;  // it was written or read
    bool failed_ = false;    // the last writing
    std::jthread watch_;
};

}  // namespace cli
