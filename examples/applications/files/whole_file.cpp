#include "files/whole_file.hpp"

#include "basics/numbers.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <random>
#include <stdexcept>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace cli {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail_with_errno() { throw std::system_error(errno, std::generic_category()); }

int unless_interrupted(const auto& call) {
    int result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

/// A file that is to become `target`. It has no name until it is complete, where the file system can do that:
/// whatever stops the program leaves nothing behind.
class FileToBe {
public:
    explicit FileToBe(const fs::path& target, const fs::path& like = {})
        : target_(target), directory_(target.parent_path()) {
        if (directory_.empty()) directory_ = ".";
        sweep();
        struct stat old = {};
        const bool replaces = ::stat(target.c_str(), &old) == 0 || ::stat(like.c_str(), &old) == 0;
#ifdef O_TMPFILE
        file_ = unless_interrupted(
            [&] { return ::open(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666); });
#endif
        if (file_ < 0) {
            temporary_ = temporary_name();
            file_ = unless_interrupted(
                [&] { return ::open(temporary_.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666); });
            if (file_ < 0) {
                temporary_.clear();
                fail_with_errno();
            }
        }
        (void)::flock(file_, LOCK_EX | LOCK_NB);  // in use: nobody sweeps it
        if (replaces) (void)::fchmod(file_, old.st_mode & 07777);
    }
    FileToBe(const FileToBe&) = delete;
    FileToBe& operator=(const FileToBe&) = delete;
    ~FileToBe() {
        if (file_ >= 0) ::close(file_);
        if (!temporary_.empty()) ::unlink(temporary_.c_str());
    }

    void write(std::string_view text) {
        while (!text.empty()) {
            const ssize_t count = ::write(file_, text.data(), text.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) fail_with_errno();
            text.remove_prefix(static_cast<std::size_t>(count));
        }
        if (unless_interrupted([&] { return ::fsync(file_); }) < 0 && errno != EINVAL && errno != EROFS)
            fail_with_errno();
    }

    void become_target() {
        if (temporary_.empty()) {  // a name first: only rename replaces what is there in one step
            const fs::path name = temporary_name();
            const std::string open_file = "/proc/self/fd/" + std::to_string(file_);
            if (::linkat(AT_FDCWD, open_file.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0)
                fail_with_errno();
            temporary_ = name;
        }
        if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail_with_errno();
        temporary_.clear();
        if (::close(std::exchange(file_, -1)) != 0 && errno != EINTR) fail_with_errno();
        const int directory = ::open(directory_.c_str(), O_RDONLY | O_CLOEXEC);
        if (directory < 0) return;
        (void)::fsync(directory);  // some file systems cannot
        ::close(directory);
    }

private:
    /// Removes temporary files of the same target whose programs were killed.
    void sweep() const {
        const std::string begin = "." + target_.filename().string() + ".", end = ".tmp";
        std::error_code error;
        for (fs::directory_iterator at(directory_, error), last; !error && at != last; at.increment(error)) {
            const std::string name = at->path().filename().string();
            if (!name.starts_with(begin) || !name.ends_with(end) ||
                name.size() <= begin.size() + end.size() ||
                name.find_first_not_of("0123456789", begin.size()) != name.size() - end.size())
                continue;
            const int file = ::open(at->path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
            if (file < 0) continue;
            if (::flock(file, LOCK_EX | LOCK_NB) == 0) ::unlink(at->path().c_str());
            ::close(file);
        }
    }

    fs::path temporary_name() const {
        std::random_device random;
        return directory_ / ("." + target_.filename().string() + "." + std::to_string(random()) + ".tmp");
    }

    fs::path target_, directory_, temporary_;
    int file_ = -1;
};

}  // namespace

void write_whole(const fs::path& path, std::string_view text, const fs::path& like) {
    try {
        FileToBe file(path, like);
        file.write(text);
        file.become_target();
    } catch (const std::system_error& error) {
        throw std::runtime_error("cannot write " + in_quotes(path.string()) + ": " + error.code().message());
    }
}

std::string bytes_of(const fs::path& path, std::size_t most) {
    std::string bytes;
    const int file =
        unless_interrupted([&] { return ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC); });
    if (file < 0) return bytes;
    struct stat status = {};
    if (::fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
        for (std::array<char, 1 << 16> some{}; bytes.size() < most;) {
            const ssize_t count = ::read(file, some.data(), std::min(some.size(), most - bytes.size()));
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) break;
            bytes.append(some.data(), static_cast<std::size_t>(count));
        }
    }
    ::close(file);
    return bytes;
}

fs::path behind_links(fs::path path) {
    std::error_code error;
    for (int links = 0; fs::is_symlink(path, error); ++links) {
        if (links == 40) return {};  // as many as Linux follows
        path = path.parent_path() / fs::read_symlink(path, error);
    }
    return path;
}

bool is_same_file(const fs::path& a, const fs::path& b) {
    std::error_code error;
    if (fs::equivalent(a, b, error)) return true;
    const fs::path one = fs::weakly_canonical(fs::absolute(a, error), error);
    return !a.empty() && !b.empty() && !error && one == fs::weakly_canonical(fs::absolute(b, error), error);
}

void try_to_write(const fs::path& path) { FileToBe file(path); }

void write_to(std::FILE* stream, std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stream) == text.size() && std::fflush(stream) == 0) return;
    throw std::runtime_error("cannot write: " + std::generic_category().message(errno));
}

}  // namespace cli
