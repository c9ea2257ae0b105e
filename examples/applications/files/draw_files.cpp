#include "files/draw_files.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "files/output_file.hpp"
#include "files/whole_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace cli {

namespace fs = std::filesystem;

using predcg::DrawsOfChain;
using predcg::Index;

namespace {

[[noreturn]] void fail_to_write(const fs::path& path) {
    throw std::runtime_error("cannot write " + in_quotes(path.string()) + ": " +
                             std::generic_category().message(errno));
}

/// Whether the file begins with the text.
bool file_begins_with(int file, const std::string& text) {
    std::string there(text.size(), '\0');
    std::size_t size = 0;
    while (size < there.size()) {
        const ssize_t count =
            ::pread(file, there.data() + size, there.size() - size, static_cast<off_t>(size));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        size += static_cast<std::size_t>(count);
    }
    return there == text;
}

/// Opens a file for draws; why not, in words, where another one stands there. Links are not followed, pipes
/// not waited for.
int open_draws(const fs::path& name, int flags, std::string& why_not) {
    const int file = ::open(name.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (file < 0) {
        if (errno == ELOOP) why_not = "a symbolic link";
        return file;
    }
    struct stat status = {};
    if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode))
        why_not = "no file";
    else if (status.st_size > 0 && !file_begins_with(file, "# predcg"))
        why_not = "not a file of draws";
    if (why_not.empty()) return file;
    ::close(file);
    return -1;
}

}  // namespace

DrawFiles::DrawFiles(const std::string& option, const fs::path& path, const std::string& work,
                     std::initializer_list<fs::path> others)
    : path_(path), work_(work) {
    const fs::path first = name_of(0);
    const auto refuse = [&](const std::string& reason) {
        throw InputError(option, in_quotes(path.string()) + " (" + reason + ")",
                         "the name of a file in a directory that exists and can be written");
    };
    if (path.filename().empty()) refuse("no file name");
    for (const fs::path& other : others)
        for (Index chain = 0; chain < 4; ++chain)
            if (is_same_file(other, name_of(chain)))
                refuse("its files would take the place of " + in_quotes(other.string()));
    for (Index chain = 0; chain < 4; ++chain) {
        std::string why_not;
        if (const int file = open_draws(name_of(chain), O_RDONLY, why_not); file >= 0) ::close(file);
        if (!why_not.empty()) refuse(in_quotes(name_of(chain).string()) + " is there, and " + why_not);
    }
    try {
        try_to_write(first);
    } catch (const std::system_error& reason) {
        refuse(reason.code().message());
    }
}

DrawFiles::~DrawFiles() {
    for (const Chain& chain : chains_)
        if (chain.file >= 0) ::close(chain.file);
}

void DrawFiles::set_columns(const std::vector<std::string>& names, const std::vector<std::string>& units) {
    std::string words = "chain,draw", of_units = "-,-";
    for (const std::string& name : names) words += "," + name;
    for (const std::string& unit : units) of_units += "," + unit;
    columns_ = "# units: " + of_units + "\n" + words + "\n";
}

void DrawFiles::add(const DrawsOfChain& draws) {
    if (std::ssize(chains_) <= draws.chain) chains_.resize(static_cast<std::size_t>(draws.chain) + 1);
    Chain& chain = chains_[static_cast<std::size_t>(draws.chain)];
    if (chain.file < 0)
        begin(chain, draws.chain, "# " + work_ + "\n" + columns_ + lines_of(draws));
    else
        write(chain, draws.chain, lines_of(draws));
}

void DrawFiles::finish() {
    for (std::size_t k = 0; k < chains_.size(); ++k) {
        const Chain& chain = chains_[k];
        if (chain.file < 0) continue;
        if (::ftruncate(chain.file, static_cast<off_t>(chain.size)) != 0 || ::fsync(chain.file) != 0)
            fail_to_write(name_of(static_cast<Index>(k)));
    }
}

fs::path DrawFiles::name_of(Index chain) const {
    fs::path name = path_.parent_path() / path_.stem();
    name += "_" + std::to_string(chain + 1);
    name += path_.extension();
    return name;
}

std::string DrawFiles::lines_of(const DrawsOfChain& draws) const {
    std::string lines;
    const auto size = static_cast<std::size_t>(draws.parameters);
    for (std::size_t at = 0, draw = static_cast<std::size_t>(draws.first) + 1; at < draws.values.size();
         ++draw, at += size) {
        lines += std::to_string(draws.chain + 1) + "," + std::to_string(draw);
        for (std::size_t k = 0; k < size; ++k) lines += "," + text_of(draws.values[at + k]);
        lines += "\n";
    }
    return lines;
}

void DrawFiles::begin(Chain& chain, Index number, const std::string& text) const {
    const fs::path name = name_of(number);
    std::string why_not;
    chain.file = open_draws(name, O_RDWR | O_CREAT, why_not);
    if (!why_not.empty())
        throw std::runtime_error("cannot write " + in_quotes(name.string()) + ": it is there, and " +
                                 why_not);
    if (chain.file < 0) fail_to_write(name);
    note_written(name);
    if (file_begins_with(chain.file, text)) {  // the same draws follow
        chain.size = text.size();
        return;
    }
    if (::ftruncate(chain.file, 0) != 0) fail_to_write(name);
    write(chain, number, text);
}

void DrawFiles::write(Chain& chain, Index number, const std::string& text) const {
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t count = ::pwrite(chain.file, text.data() + done, text.size() - done,
                                       static_cast<off_t>(chain.size + done));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail_to_write(name_of(number));
        done += static_cast<std::size_t>(count);
    }
    chain.size += text.size();
}

}  // namespace cli
