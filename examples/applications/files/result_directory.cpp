#include "files/result_directory.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "files/manifest.hpp"
#include "files/output_file.hpp"
#include "files/whole_file.hpp"

#include <fcntl.h>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace cli::study {

namespace fs = std::filesystem;

namespace {

constexpr const char* manifest_file = "manifest.json";
constexpr std::string_view staging_mark = ".unfinished-";

/// A file or directory that takes the place of another gets its mode.
void keep_mode(const fs::path& of, const fs::path& from) {
    std::error_code error;
    const fs::file_status old = fs::status(from, error);
    if (!error && fs::exists(old)) fs::permissions(of, old.permissions(), error);
}

/// Names of what stands in a directory, sorted.
std::set<std::string> names_in(const fs::path& directory) {
    std::set<std::string> names;
    std::error_code error;
    for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
        names.insert(at->path().filename().string());
    return names;
}

Manifest manifest_of(const fs::path& directory, const std::string& missing) {
    Manifest manifest{missing, {}};
    for (const std::string& name : names_in(directory)) {
        const std::string bytes = read_file(directory / name);
        manifest.files[name] = {bytes.size(), hash_of(bytes)};
    }
    return manifest;
}

/// Longer than any that is written.
constexpr std::size_t longest_manifest = std::size_t{1} << 22;

/// None where there is none that can be read.
std::optional<Manifest> read_manifest(const fs::path& directory) {
    return manifest_from(bytes_of(directory / manifest_file, longest_manifest));
}

std::set<std::string> results_in(const fs::path& directory) {
    std::set<std::string> names;
    const auto manifest = read_manifest(directory);
    if (!manifest) return names;
    names.insert(manifest_file);
    for (const auto& [name, file] : manifest->files) names.insert(name);
    return names;
}

/// Moves what is no result, by the manifest there or one of these names, from one directory to another that
/// does not have it.
void move_foreign(const fs::path& from, const fs::path& to, const std::set<std::string>& results) {
    const std::set<std::string> own = results_in(from), there = names_in(to);
    std::error_code ignored;
    for (const std::string& name : names_in(from))
        if (!own.contains(name) && !results.contains(name) && !there.contains(name))
            fs::rename(from / name, to / name, ignored);
}

/// The directory's descriptor with a lock on it, or -1 where another program has it.
int locked(const fs::path& directory) {
    const int file = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0 || ::flock(file, LOCK_EX | LOCK_NB) == 0) return file;
    ::close(file);
    return -1;
}

/// Removes what programs that were killed have left beside `place`; what is no result of theirs goes back.
void sweep(const fs::path& place) {
    const fs::path parent = place.parent_path();
    const std::string begin = "." + place.filename().string() + std::string(staging_mark);
    for (const std::string& name : names_in(parent)) {
        if (!name.starts_with(begin)) continue;
        const fs::path stale = parent / name;
        const int lock = locked(stale);
        if (lock < 0) continue;
        std::error_code ignored;
        // Killed between two renames: these are the results.
        if (names_in(place).empty() && damage_of(stale).empty()) fs::rename(stale, place, ignored);
        // Without a manifest nothing but unfinished results is there.
        if (read_manifest(stale)) {
            fs::create_directories(place, ignored);
            move_foreign(stale, place, {});
        }
        fs::remove_all(stale, ignored);
        ::close(lock);
    }
}

void synchronise(const fs::path& directory) {
    const int file = ::open(directory.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    (void)::fsync(file);  // some file systems cannot
    ::close(file);
}

/// True if the directory, or one in it, is the current one.
bool is_in_use(const fs::path& place) {
    std::error_code error;
    for (fs::path at = fs::current_path(error); !error; at = at.parent_path()) {
        if (fs::equivalent(at, place, error)) return true;
        if (at == at.parent_path()) break;
    }
    return false;
}

}  // namespace

std::string read_file(const fs::path& path) { return bytes_of(path); }

bool has_file(const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(path, error) && fs::file_size(path, error) > 0;
}

std::string damage_of(const fs::path& directory) {
    const auto manifest = read_manifest(directory);
    if (!manifest) return "it has no manifest";
    for (const auto& [name, file] : manifest->files) {
        std::error_code error;
        if (!fs::is_regular_file(directory / name, error)) return name + " is missing";
        // One that has grown is not read to its end.
        if (fs::file_size(directory / name, error) != file.bytes ||
            hash_of(read_file(directory / name)) != file.hash)
            return name + " was changed";
    }
    return {};
}

std::string missing_from(const fs::path& directory) {
    const auto manifest = read_manifest(directory);
    return manifest ? manifest->missing : std::string();
}

ResultDirectory::ResultDirectory(const fs::path& path) : path_(path) {
    const auto refuse = [&](const std::string& reason) {
        throw InputError("--out", in_quotes(path.string()) + " (" + reason + ")",
                         "a directory that can be made or written");
    };
    std::error_code error;
    if (path.empty()) refuse("no name");
    if (fs::exists(path, error) && !fs::is_directory(path, error)) refuse("it is a file");
    made_ = fs::create_directories(path, error);
    if (error) refuse(error.message());
    place_ = fs::canonical(path, error);
    if (error) refuse(error.message());
    replaceable_ = place_.has_filename() && place_ != place_.root_path() && !is_in_use(place_);
    std::random_device random;
    const std::string mark = std::string(staging_mark) + std::to_string(random());
    const auto can_make = [&](const fs::path& directory) {
        if (!fs::create_directory(directory, error)) return false;
        fs::remove(directory);  // a run that is interrupted shall not leave it behind
        return true;
    };
    staging_ = place_.parent_path() / ("." + place_.filename().string() + mark);
    replaceable_ = replaceable_ && can_make(staging_);
    if (replaceable_) sweep(place_);
    // It must be possible to write into the directory itself, whichever way results get there.
    const fs::path inside = place_ / mark;
    if (!can_make(inside)) refuse(error.message());
    if (!replaceable_) staging_ = inside;
}

ResultDirectory::~ResultDirectory() {
    std::error_code ignored;
    fs::remove_all(staging_, ignored);
    if (lock_ >= 0) ::close(lock_);
    if (made_ && fs::is_empty(path_, ignored)) fs::remove(path_, ignored);
}

void ResultDirectory::begin() const {
    if (lock_ >= 0) return;
    fs::create_directory(staging_, place_);  // with its mode, so that nobody sees more than before
    keep_mode(staging_, place_);             // whatever the umask takes away
    lock_ = locked(staging_);
}

void ResultDirectory::write(const std::string& name, std::string_view text) const {
    begin();
    write_whole(staging_ / name, text, place_ / name);
}

std::string ResultDirectory::read(const std::string& name) const { return read_file(staging_ / name); }

bool ResultDirectory::has(const std::string& name) const { return has_file(staging_ / name); }

void ResultDirectory::publish(const std::string& missing) const {
    if (lock_ < 0) return;
    write_whole(staging_ / manifest_file, manifest_text(manifest_of(staging_, missing)),
                place_ / manifest_file);
    for (const std::string& name : names_in(staging_)) keep_mode(staging_ / name, place_ / name);
    replaceable_ ? replace() : move_files();
    std::error_code ignored;
    fs::remove_all(staging_, ignored);
    ::close(lock_);
    lock_ = -1;
    note_written(path_);
}

void ResultDirectory::replace() const {
    // What is no result goes with the new ones first: if the program is killed here, the next one brings it
    // back from the directory that was left.
    move_foreign(place_, staging_, names_in(staging_));
#ifdef RENAME_EXCHANGE
    if (::renameat2(AT_FDCWD, staging_.c_str(), AT_FDCWD, place_.c_str(), RENAME_EXCHANGE) == 0)
        return synchronise(place_.parent_path());
#endif
    // In two steps, where the file system cannot exchange names: between them there are no results, but both
    // directories are whole.
    const fs::path old = staging_.string() + "-old";
    fs::rename(place_, old);
    fs::rename(staging_, place_);
    std::error_code ignored;
    fs::remove_all(old, ignored);
    synchronise(place_.parent_path());
}

void ResultDirectory::move_files() const {
    std::error_code ignored;
    fs::remove(place_ / manifest_file, ignored);
    std::set<std::string> names = names_in(staging_);
    names.erase(manifest_file);
    for (const std::string& name : names) fs::rename(staging_ / name, place_ / name);
    fs::rename(staging_ / manifest_file, place_ / manifest_file);
}

}  // namespace cli::study
