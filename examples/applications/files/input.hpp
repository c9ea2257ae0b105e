#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <streambuf>
#include <string>
#include <vector>

namespace cli {

/// The bytes of an input, unpacked if it begins as gzip's files do, whatever its name is. Throws InputError,
/// with the input's name, where reading stops, for packed bytes that are damaged or cut short, and for more
/// than `most` bytes after unpacking. Memory does not grow with the input.
class InputBuffer : public std::streambuf {
public:
    InputBuffer(std::unique_ptr<std::streambuf> bytes, std::string name, std::uintmax_t most);
    ~InputBuffer() override;

protected:
    int_type underflow() override;

private:
    struct Unpacker;

    bool refill();
    bool begins_packed();
    std::size_t unpack();
    [[noreturn]] void damaged(const std::string& how) const;

    std::unique_ptr<std::streambuf> bytes_;
    std::string name_;
    std::uintmax_t most_, left_;  // bytes that may be handed out, and how many of them still
    std::vector<char> read_, unpacked_{};
    std::size_t begin_ = 0, end_ = 0;  // of what was read and not used
    bool begun_ = false;
    std::unique_ptr<Unpacker> unpacker_;  // of packed bytes
};

/// Opens a file. Throws InputError, with the option that named it and what is allowed, for no file, a
/// directory, one that cannot be read, and one longer than `most` bytes.
std::unique_ptr<std::streambuf> open_input(const std::filesystem::path& path, const std::string& option,
                                           const std::string& allowed, std::uintmax_t most);

}  // namespace cli
