#include "files/result_directory.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "files/whole_file.hpp"

#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <system_error>

namespace cli::study {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool has_file(const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(path, error) && fs::file_size(path, error) > 0;
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
    std::random_device random;
    staging_ = path_ / (".unfinished-" + std::to_string(random()));
    fs::create_directory(staging_, error);
    if (error) refuse(error.message());
    fs::remove(staging_);  // it could be made; a run that is interrupted shall not leave it behind
}

ResultDirectory::~ResultDirectory() {
    std::error_code ignored;
    fs::remove_all(staging_, ignored);
    if (made_ && fs::is_empty(path_, ignored)) fs::remove(path_, ignored);
}

void ResultDirectory::write(const std::string& name, std::string_view text) const {
    fs::create_directory(staging_);
    write_whole(staging_ / name, text);
}

std::string ResultDirectory::read(const std::string& name) const { return read_file(staging_ / name); }

bool ResultDirectory::has(const std::string& name) const { return has_file(staging_ / name); }

void ResultDirectory::publish() const {
    if (!fs::exists(staging_)) return;
    for (const auto& entry : fs::directory_iterator(staging_))
        fs::rename(entry.path(), path_ / entry.path().filename());
}

}  // namespace cli::study
