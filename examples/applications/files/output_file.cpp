#include "files/output_file.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "files/whole_file.hpp"

#include <charconv>
#include <fcntl.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace cli {

namespace fs = std::filesystem;

namespace {

std::FILE* told = nullptr;

bool is_open_for_writing(int descriptor) {
    const int flags = ::fcntl(descriptor, F_GETFL);
    return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

[[noreturn]] void refuse(const fs::path& path, const std::string& reason) {
    throw InputError("--out", in_quotes(path.string()) + " (" + reason + ")",
                     "a file in a directory that exists and can be written, or - for standard output");
}

}  // namespace

bool standard_output_is_closed() { return !is_open_for_writing(STDOUT_FILENO); }

std::optional<int> descriptor_named(const fs::path& path) {
    const std::string name = path.string();
    if (name == "-" || name == "/dev/stdout") return STDOUT_FILENO;
    if (name == "/dev/stderr") return STDERR_FILENO;
    for (const std::string_view directory : {"/dev/fd/", "/proc/self/fd/"}) {
        if (!name.starts_with(directory)) continue;
        int number = 0;
        const char* const end = name.data() + name.size();
        const auto read = std::from_chars(name.data() + directory.size(), end, number);
        if (read.ec == std::errc() && read.ptr == end && number >= 0) return number;
    }
    return std::nullopt;
}

OutputFile::OutputFile(fs::path path, std::initializer_list<fs::path> inputs)
    : path_(std::move(path)), target_(path_), descriptor_(descriptor_named(path_)) {
    if (descriptor_ && !is_open_for_writing(*descriptor_))
        refuse(path_, *descriptor_ == STDOUT_FILENO ? "standard output is closed"
                                                    : "nothing is open there to be written");
    if (descriptor_ == STDOUT_FILENO) {
        told = stderr;
        return;
    }
    std::error_code error;
    for (const fs::path& input : inputs)
        if (fs::equivalent(input, path_, error) && fs::is_regular_file(path_, error))
            throw InputError("--out", in_quotes(path_.string()) + " (it is what is read)", "another file");
    if (descriptor_) return;
    if (path_.empty() || path_.filename().empty()) refuse(path_, "no file name");
    target_ = behind_links(path_);
    if (target_.empty()) refuse(path_, "its symbolic links lead nowhere but round");
    const fs::file_status status = fs::status(target_, error);
    if (fs::is_directory(status)) refuse(path_, "it is a directory");
    if (fs::exists(status) && !fs::is_regular_file(status)) {
        is_device_ = true;
        if (access(target_.c_str(), W_OK) != 0) refuse(path_, "it cannot be written");
        return;
    }
    const fs::path directory = target_.has_parent_path() ? target_.parent_path() : fs::path(".");
    if (!fs::is_directory(directory, error))
        refuse(path_, "there is no directory " + in_quotes(directory.string()));
    try {
        try_to_write(target_);
    } catch (const std::system_error& reason) {
        refuse(path_, "the directory cannot be written: " + reason.code().message());
    }
}

void OutputFile::commit(std::string_view text) const {
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
