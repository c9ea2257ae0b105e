#include "files/output_file.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "files/whole_file.hpp"

#include <fcntl.h>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace cli {

namespace fs = std::filesystem;

namespace {

std::FILE* told = nullptr;

bool is_standard_output(const fs::path& path) {
    for (const char* name : {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})
        if (path == name) return true;
    return false;
}

[[noreturn]] void refuse(const fs::path& path, const std::string& reason) {
    throw InputError("--out", in_quotes(path.string()) + " (" + reason + ")",
                     "a file in a directory that exists and can be written, or - for standard output");
}

}  // namespace

bool standard_output_is_closed() {
    const int flags = ::fcntl(STDOUT_FILENO, F_GETFL);
    return flags < 0 || (flags & O_ACCMODE) == O_RDONLY;
}

OutputFile::OutputFile(fs::path path, std::initializer_list<fs::path> inputs)
    : path_(std::move(path)), target_(path_) {
    if (is_standard_output(path_)) {
        if (standard_output_is_closed()) refuse(path_, "standard output is closed");
        kind_ = Kind::standard_output;
        told = stderr;
        return;
    }
    std::error_code error;
    for (const fs::path& input : inputs)
        if (fs::equivalent(input, path_, error) && fs::is_regular_file(path_, error))
            throw InputError("--out", in_quotes(path_.string()) + " (it is what is read)", "another file");
    if (path_.empty() || path_.filename().empty()) refuse(path_, "no file name");
    if (fs::is_symlink(target_, error)) target_ = fs::weakly_canonical(target_, error);
    const fs::file_status status = fs::status(target_, error);
    if (fs::is_directory(status)) refuse(path_, "it is a directory");
    if (fs::exists(status) && !fs::is_regular_file(status)) {
        kind_ = Kind::device;
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
    if (kind_ == Kind::file) return write_whole(target_, text);
    if (kind_ == Kind::standard_output) return write_to(stdout, text);
    std::FILE* device = std::fopen(target_.c_str(), "wb");
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
