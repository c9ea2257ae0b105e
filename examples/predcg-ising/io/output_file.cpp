#include "io/output_file.hpp"

#include "io/numbers.hpp"
#include "model/errors.hpp"

#include <fstream>
#include <random>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace cli {

namespace fs = std::filesystem;

namespace {

fs::path temporary_name(const fs::path& target) {
    std::random_device random;
    return target.parent_path() /
           ("." + target.filename().string() + "." + std::to_string(random()) + ".tmp");
}

[[noreturn]] void refuse(const fs::path& path, const std::string& reason) {
    throw InputError("--out", in_quotes(path.string()) + " (" + reason + ")",
                     "a file in a directory that exists and can be written");
}

}  // namespace

OutputFile::OutputFile(fs::path path) : path_(std::move(path)), target_(path_) {
    std::error_code error;
    if (path_.empty() || path_.filename().empty()) refuse(path_, "no file name");
    if (fs::is_symlink(target_, error)) target_ = fs::weakly_canonical(target_, error);
    const fs::file_status status = fs::status(target_, error);
    if (fs::is_directory(status)) refuse(path_, "it is a directory");
    direct_ = fs::exists(status) && !fs::is_regular_file(status);
    if (direct_) {
        if (access(target_.c_str(), W_OK) != 0) refuse(path_, "it cannot be written");
        return;
    }
    const fs::path directory = target_.has_parent_path() ? target_.parent_path() : fs::path(".");
    if (!fs::is_directory(directory, error))
        refuse(path_, "there is no directory " + in_quotes(directory.string()));
    const fs::path probe = temporary_name(target_);
    const bool writable = std::ofstream(probe).is_open();
    fs::remove(probe, error);
    if (!writable) refuse(path_, "the directory cannot be written");
}

void OutputFile::commit(std::string_view text) const {
    const fs::path temporary = direct_ ? target_ : temporary_name(target_);
    std::ofstream file(temporary, std::ios::binary);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    file.close();
    std::error_code error;
    if (file && !direct_) fs::rename(temporary, target_, error);
    if (file && !error) return;
    std::error_code ignored;
    if (!direct_) fs::remove(temporary, ignored);
    throw std::runtime_error("cannot write " + in_quotes(path_.string()) +
                             (error ? ": " + error.message() : ": no space, or the device failed"));
}

void require_distinct(const fs::path& data, const fs::path& out) {
    std::error_code error;
    if (fs::equivalent(data, out, error) && fs::is_regular_file(out, error))
        throw InputError("--out", in_quotes(out.string()) + " (it is the data file)", "another file");
}

}  // namespace cli
