#include "files/output_file.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "files/whole_file.hpp"

#include <algorithm>
#include <charconv>
#include <fcntl.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace cli {

namespace fs = std::filesystem;

namespace {

std::FILE* told = nullptr;

bool is_open_for_writing(int descriptor) {
    const int flags = ::fcntl(descriptor, F_GETFL);
    return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

/// What commands have finished, for what is said when they fail.
std::vector<std::string>& finished() {
    static std::vector<std::string> names;
    return names;
}

[[noreturn]] void refuse(const std::string& option, const fs::path& path, const std::string& reason) {
    throw InputError(option, in_quotes(path.string()) + " (" + reason + ")",
                     "a file in a directory that exists and can be written, or - for standard output");
}

}  // namespace

bool standard_output_is_closed() { return !is_open_for_writing(STDOUT_FILENO); }

namespace {

std::optional<int> number_of(const std::string& name) {
    int number = 0;
    const char* const end = name.data() + name.size();
    const auto read = std::from_chars(name.data(), end, number);
    if (read.ec == std::errc() && read.ptr == end && number >= 0) return number;
    return std::nullopt;
}

/// The process whose descriptors a directory has, whichever way it is named: /proc/N/fd, /proc/N/task/M/fd.
std::optional<int> owner_of_descriptors(const fs::path& directory) {
    std::error_code error;
    const fs::path there = fs::canonical(directory, error);
    if (error || there.filename() != "fd") return std::nullopt;
    auto part = there.begin();
    if (*part++ != "/" || part == there.end() || *part++ != "proc" || part == there.end())
        return std::nullopt;
    return number_of(part->string());
}

}  // namespace

std::optional<int> descriptor_named(const fs::path& path) {
    if (path == "-") return STDOUT_FILENO;
    fs::path at = path;
    std::error_code error;
    for (int links = 0; links <= 40; ++links) {  // as many as Linux follows
        if (at == "/dev/stdout") return STDOUT_FILENO;
        if (at == "/dev/stderr") return STDERR_FILENO;
        const fs::path directory = at.has_parent_path() ? at.parent_path() : fs::path(".");
        if (const auto number = number_of(at.filename().string())) {
            if (const auto owner = owner_of_descriptors(directory)) return *owner == getpid() ? *number : -1;
            if (directory == "/dev/fd") return number;  // without /proc
        }
        if (!fs::is_symlink(at, error)) break;
        at = directory / fs::read_symlink(at, error);
    }
    return std::nullopt;
}

OutputFile::OutputFile(fs::path path, std::initializer_list<fs::path> inputs, const std::string& option)
    : path_(std::move(path)), target_(path_), descriptor_(descriptor_named(path_)) {
    const auto refuse_it = [&](const std::string& reason) { refuse(option, path_, reason); };
    if (descriptor_ && *descriptor_ < 0) refuse_it("it is open in another process");
    if (descriptor_ && !is_open_for_writing(*descriptor_))
        refuse_it(*descriptor_ == STDOUT_FILENO ? "standard output is closed"
                                                : "nothing is open there to be written");
    if (descriptor_ == STDOUT_FILENO) {
        told = stderr;
        return;
    }
    std::error_code error;
    for (const fs::path& input : inputs)
        if (fs::equivalent(input, path_, error) && fs::is_regular_file(path_, error))
            throw InputError(option, in_quotes(path_.string()) + " (it is what is read)", "another file");
    if (descriptor_) return;
    if (path_.empty() || path_.filename().empty()) refuse_it("no file name");
    target_ = behind_links(path_);
    if (target_.empty()) refuse_it("its symbolic links lead nowhere but round");
    const fs::file_status status = fs::status(target_, error);
    if (fs::is_directory(status)) refuse_it("it is a directory");
    if (fs::exists(status) && !fs::is_regular_file(status)) {
        is_device_ = true;
        if (access(target_.c_str(), W_OK) != 0) refuse_it("it cannot be written");
        return;
    }
    const fs::path directory = target_.has_parent_path() ? target_.parent_path() : fs::path(".");
    if (!fs::is_directory(directory, error))
        refuse_it("there is no directory " + in_quotes(directory.string()));
    try {
        try_to_write(target_);
    } catch (const std::system_error& reason) {
        refuse_it("the directory cannot be written: " + reason.code().message());
    }
}

void note_written(const fs::path& path) {
    const std::string name = in_quotes(path.string());
    if (std::find(finished().begin(), finished().end(), name) == finished().end()) finished().push_back(name);
}

std::string written_so_far() {
    if (finished().empty()) return "nothing was written";
    std::string names;
    for (const std::string& name : finished()) names += (names.empty() ? "" : ", ") + name;
    return names + (finished().size() == 1 ? " was" : " were") + " written before";
}

void OutputFile::commit(std::string_view text) const {
    write(text);
    note_written(path_);
}

void OutputFile::write(std::string_view text) const {
    if (descriptor_ == STDOUT_FILENO) return write_to(stdout, text);
    if (!descriptor_ && !is_device_) return write_whole(target_, text);
    std::FILE* device = descriptor_ ? ::fdopen(::dup(*descriptor_), "wb") : std::fopen(target_.c_str(), "wb");
    if (device == nullptr) throw std::runtime_error("cannot write " + in_quotes(path_.string()));
    try {
        write_to(device, text);
    } catch (...) {
        std::fclose(device);
        throw;
    }
    std::fclose(device);
}

std::FILE* told_to() { return told == nullptr ? stdout : told; }

void print_line(const std::string& name, const std::string& value) {
    std::fprintf(told_to(), "%-18s%s\n", name.c_str(), value.c_str());
}

}  // namespace cli
