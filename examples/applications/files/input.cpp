#include "files/input.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"

#if PREDCG_WITH_ZLIB
#include <zlib.h>
#endif

#include <algorithm>
#include <fstream>
#include <ios>
#include <new>
#include <system_error>
#include <utility>

namespace cli {

namespace {

constexpr std::size_t at_once = std::size_t{1} << 16;

}  // namespace

#if PREDCG_WITH_ZLIB
struct InputBuffer::Unpacker {
    Unpacker() {
        if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::bad_alloc();  // 16: gzip's head and checksum
    }
    Unpacker(const Unpacker&) = delete;
    Unpacker& operator=(const Unpacker&) = delete;
    ~Unpacker() { inflateEnd(&stream); }

    z_stream stream{};
    bool at_end_of_part = false;  // gzip's files may be several, one after the other
};

/// The next unpacked bytes; none at the end.
std::size_t InputBuffer::unpack() {
    z_stream& stream = unpacker_->stream;
    stream.next_out = reinterpret_cast<Bytef*>(unpacked_.data());
    stream.avail_out = static_cast<uInt>(unpacked_.size());
    while (stream.avail_out == unpacked_.size()) {
        if (begin_ == end_ && !refill()) {
            if (unpacker_->at_end_of_part) break;
            damaged("cut short");
        }
        if (std::exchange(unpacker_->at_end_of_part, false)) inflateReset(&stream);
        stream.next_in = reinterpret_cast<Bytef*>(read_.data() + begin_);
        stream.avail_in = static_cast<uInt>(end_ - begin_);
        const int state = inflate(&stream, Z_NO_FLUSH);
        begin_ = end_ - stream.avail_in;
        unpacker_->at_end_of_part = state == Z_STREAM_END;
        if (state == Z_MEM_ERROR) throw std::bad_alloc();
        if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR)
            damaged(std::string("damaged: ") + (stream.msg ? stream.msg : "no gzip"));
    }
    return unpacked_.size() - stream.avail_out;
}
#else
struct InputBuffer::Unpacker {};

std::size_t InputBuffer::unpack() {
    throw InputError(name_, "packed by gzip", "unpacked ones: this program was built without zlib");
}
#endif

InputBuffer::InputBuffer(std::unique_ptr<std::streambuf> bytes, std::string name, std::uintmax_t most)
    : bytes_(std::move(bytes)), name_(std::move(name)), most_(most), left_(most), read_(at_once) {}
InputBuffer::~InputBuffer() = default;

bool InputBuffer::refill() {
    begin_ = end_ = 0;
    try {
        end_ = static_cast<std::size_t>(bytes_->sgetn(read_.data(), static_cast<std::streamsize>(at_once)));
    } catch (const std::ios_base::failure&) {
        throw InputError(name_ + ": reading stopped after " + std::to_string(most_ - left_) + " bytes");
    }
    return end_ > 0;
}

bool InputBuffer::begins_packed() { return end_ >= 2 && read_[0] == '\x1f' && read_[1] == '\x8b'; }

void InputBuffer::damaged(const std::string& how) const {
    throw InputError(name_ + ", packed by gzip",
                     how + ", after " + std::to_string(most_ - left_) + " unpacked bytes", "a whole file");
}

InputBuffer::int_type InputBuffer::underflow() {
    if (gptr() < egptr()) return traits_type::to_int_type(*gptr());
    if (!std::exchange(begun_, true)) {
        if (!refill()) return traits_type::eof();
        if (begins_packed()) {
            unpacker_ = std::make_unique<Unpacker>();
            unpacked_.resize(at_once);
        }
    } else if (!unpacker_ && !refill()) {
        return traits_type::eof();
    }
    const std::size_t count = unpacker_ ? unpack() : end_;
    if (count == 0) return traits_type::eof();
    if (count > left_)
        throw InputError(name_,
                         "more than " + std::to_string(most_) + " bytes" +
                             (unpacker_ ? " when it is unpacked" : ""),
                         "at most " + std::to_string(most_));
    left_ -= count;
    char* from = unpacker_ ? unpacked_.data() : read_.data();
    setg(from, from, from + count);
    return traits_type::to_int_type(*from);
}

std::unique_ptr<std::streambuf> open_input(const std::filesystem::path& path, const std::string& option,
                                           const std::string& allowed, std::uintmax_t most) {
    const auto refuse = [&](const std::string& why) {
        throw InputError(option, in_quotes(path.string()) + " (" + why + ")", allowed);
    };
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status))
        refuse(status.type() == std::filesystem::file_type::not_found ? "no such file" : "it cannot be read");
    if (std::filesystem::is_directory(status)) refuse("it is a directory");
    if (std::filesystem::is_regular_file(status)) {
        const auto size = std::filesystem::file_size(path, error);
        if (!error && size > most)
            refuse(std::to_string(size) + " bytes, " + std::to_string(most) + " at most");
    }
    auto file = std::make_unique<std::filebuf>();
    if (!file->open(path, std::ios::in | std::ios::binary)) refuse("it cannot be read");
    return std::make_unique<InputBuffer>(std::move(file), path.string(), most);
}

}  // namespace cli
