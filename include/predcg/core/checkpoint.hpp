#pragma once
// Long work that goes on where it was when it is killed.
#include <predcg/core/checkpoint_place.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace predcg {

/// What is needed to go on with long work: the bytes of its parts (a fit, a chain of a posterior, a replicate
/// of a calibration), each of the last time that it was saved.
///
///     auto kept = std::make_shared<Checkpoint>("fit of a.csv, seed 1", [](std::string_view bytes) { ... });
///     if (there_is_a_file) kept->resume(bytes_of_the_file);
///     settings.checkpoint = CheckpointPlace(kept);       // of FitSettings, ChainSettings, ...
///
/// Work that is resumed gives the bytes of work that was never stopped, whatever the number of threads. It is
/// the caller's to give the same data and settings; `work`, which is kept with the bytes, is compared.
class Checkpoint : public CheckpointStore {
public:
    /// Is handed all bytes: to be written whole or not at all (a temporary file that is renamed). Called from
    /// the threads that work, one call at a time.
    using Write = std::function<void(std::string_view)>;

    /// `work`: what is done, with what, in words or as a hash. Every part is saved here when it is done, and
    /// when `every` has passed since it was, or since all were last handed to `write`; they are handed to it
    /// when a part is saved and that time has passed. 0: always. What was saved since is handed out by
    /// write(): after work that was stopped or ended by an exception, and where the end is to be kept.
    explicit Checkpoint(std::string work, Write write = {},
                        std::chrono::duration<double> every = std::chrono::minutes(1))
        : work_(std::move(work)), write_(std::move(write)), every_(every) {}

    /// Goes on from bytes. Throws ArgumentError for what is no checkpoint, damaged, of another version, or of
    /// other work.
    [[gnu::cold]] void resume(std::string_view bytes) {
        constexpr const char* function = "Checkpoint::resume";
        std::istringstream in{std::string(bytes)};
        const std::string content = frame().read(in, function);
        detail::ByteReader read(content, function);
        std::string work;
        std::vector<std::string> names, parts;
        read(work, names, parts);
        if (work != work_) detail::argument_error(function, "work", work, "that of the checkpoint: " + work_);
        if (names.size() != parts.size() || !read.is_empty())
            detail::argument_error(function, "bytes", "not those of a checkpoint", "what a Checkpoint wrote");
        const std::scoped_lock lock(mutex_);
        for (std::size_t k = 0; k < names.size(); ++k) parts_[names[k]].bytes = std::move(parts[k]);
    }

    /// All that is kept so far.
    std::string bytes() const {
        const std::scoped_lock lock(mutex_);
        return all();
    }

    /// True if no part is kept.
    bool is_empty() const {
        const std::scoped_lock lock(mutex_);
        return has_nothing();
    }

    /// Hands all bytes to the function, if there are parts that it was not handed.
    void write() {
        const std::scoped_lock lock(mutex_);
        if (changed_ && !has_nothing()) hand_out(Clock::now());
    }

    /// From now on `every` is 0: for work that is about to be stopped, and may be killed before it ends.
    void write_always() {
        const std::scoped_lock lock(mutex_);
        every_ = {};
    }

    std::optional<std::string> saved(const std::string& name) const override {
        const std::scoped_lock lock(mutex_);
        const auto at = parts_.find(name);
        return at == parts_.end() ? std::nullopt : at->second.bytes;
    }

    bool is_due(const std::string& name) override {
        const std::scoped_lock lock(mutex_);
        Part& part = parts_[name];
        const auto now = Clock::now();
        if (!part.since) part.since = now;
        return now - *part.since >= every_ || (write_ && now - written_ >= every_);
    }

    void put(const std::string& name, std::string bytes) override {
        const std::scoped_lock lock(mutex_);
        const auto now = Clock::now();
        parts_[name] = {std::move(bytes), now};
        changed_ = true;
        if (now - written_ >= every_) hand_out(now);
    }

    void drop(const std::string& name) override {
        const std::scoped_lock lock(mutex_);
        std::erase_if(parts_, [&](const auto& part) {
            return part.first == name || part.first.starts_with(name + "/");
        });
    }

private:
    using Clock = std::chrono::steady_clock;

    struct Part {
        std::optional<std::string> bytes{};
        std::optional<Clock::time_point> since{};  // it was saved, or first asked for
    };

    static detail::ByteFrame frame() { return {{'p', 'c', 'g', 'w', 'o', 'r', 'k', '\n'}, 1}; }

    bool has_nothing() const {
        return std::ranges::none_of(parts_, [](const auto& part) { return part.second.bytes.has_value(); });
    }

    /// The time is that before it takes any, so that what is saved `every` seconds later is handed out, too.
    void hand_out(Clock::time_point now) {
        if (!write_) return;
        written_ = now;
        write_(all());
        changed_ = false;
    }

    [[gnu::cold]] std::string all() const {
        std::vector<std::string> names, parts;
        for (const auto& [name, part] : parts_)
            if (part.bytes) {
                names.push_back(name);
                parts.push_back(*part.bytes);
            }
        detail::ByteWriter content;
        content(work_, names, parts);
        std::ostringstream out;
        frame().write(out, content.bytes, "Checkpoint");
        return std::move(out).str();
    }

    std::string work_;
    Write write_;
    std::chrono::duration<double> every_;
    mutable std::mutex mutex_;
    std::map<std::string, Part> parts_;
    bool changed_ = false;  // since it was handed out
    Clock::time_point written_ = Clock::now();
};

}  // namespace predcg
