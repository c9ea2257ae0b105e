#include "files/npy.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace cli {

namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t most_head = std::size_t{1} << 16;  // what version 1 may have
constexpr std::int64_t most_axis = std::int64_t{1} << 30;

/// The bits as a number of two bytes, IEEE's binary16.
double half(std::uint64_t bits) {
    const auto exponent = static_cast<int>(bits >> 10 & 31);
    const auto fraction = static_cast<double>(bits & 1023);
    const double value = exponent == 31  ? (fraction == 0.0 ? HUGE_VAL : std::nan(""))
                         : exponent == 0 ? std::ldexp(fraction, -24)
                                         : std::ldexp(1024.0 + fraction, exponent - 25);
    return bits >> 15 ? -value : value;
}

/// The head of the file, a literal of Python: {'descr': '<i8', 'fortran_order': False, 'shape': (2, 3), }
class Literal {
public:
    explicit Literal(std::string_view text) : text_(text) {}

    bool take(char c) {
        blanks();
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    std::optional<std::string> quoted() {
        for (const char quote : {'\'', '"'}) {
            if (!take(quote)) continue;
            const auto end = text_.find(quote);
            if (end == std::string_view::npos) return {};
            std::string content(text_.substr(0, end));
            text_.remove_prefix(end + 1);
            return content;
        }
        return {};
    }
    std::optional<bool> truth() {
        blanks();
        for (const auto& [word, value] : {std::pair(std::string_view("True"), true), {"False", false}})
            if (text_.starts_with(word)) {
                text_.remove_prefix(word.size());
                return value;
            }
        return {};
    }
    /// (2, 3), (2,) or ()
    std::optional<std::vector<std::int64_t>> integers() {
        if (!take('(')) return {};
        std::vector<std::int64_t> all;
        while (!take(')')) {
            if (!all.empty() && !take(',')) return {};
            if (!all.empty() && take(')')) break;
            blanks();
            const auto end = std::min(text_.find_first_not_of("0123456789"), text_.size());
            const auto number = parse_integer(text_.substr(0, end));
            if (!number) return {};
            text_.remove_prefix(end);
            all.push_back(*number);
        }
        return all;
    }
    bool at_end() {
        blanks();
        return text_.empty();
    }
    std::string_view rest() const { return text_; }

private:
    void blanks() {
        while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\n')) text_.remove_prefix(1);
    }

    std::string_view text_;
};

}  // namespace

bool NpyReader::is_next(std::streambuf& bytes) {
    return bytes.sgetc() == std::streambuf::traits_type::to_int_type(magic.front());
}

NpyReader::NpyReader(std::streambuf& bytes, std::string name) : bytes_(&bytes), name_(std::move(name)) {
    const std::string begin = take(8, "the head");
    const int version = static_cast<unsigned char>(begin[6]);
    if (!begin.starts_with(magic))
        throw InputError(name_, "no .npy, though it begins like one", ".npy or text");
    if (version < 1 || version > 3)
        throw InputError(name_, ".npy of version " + std::to_string(version), "1 to 3");
    const std::string length = take(version == 1 ? 2 : 4, "the head");
    std::size_t size = 0;
    for (std::size_t k = 0; k < length.size(); ++k)
        size |= static_cast<std::size_t>(static_cast<unsigned char>(length[k])) << (8 * k);
    if (size > most_head)
        throw InputError(name_, "a head of " + std::to_string(size) + " bytes",
                         "at most " + std::to_string(most_head));
    read_head(take(size, "the head"));
}

void NpyReader::read_head(const std::string& head) {
    Literal literal(head);
    std::optional<std::string> type;
    std::optional<bool> order;
    std::optional<std::vector<std::int64_t>> shape;
    const auto bad = [&](const std::string& value, const std::string& allowed) {
        throw InputError(name_ + ", the head", value, allowed);
    };
    const auto unreadable = [&] {
        bad(in_quotes(literal.rest()), "{'descr': .., 'fortran_order': .., 'shape': (.., ..), }, each once");
    };
    if (!literal.take('{')) unreadable();
    while (!literal.take('}')) {
        const auto key = literal.quoted();
        if (!key || !literal.take(':')) unreadable();
        if (*key == "descr" && !type) {
            if (literal.take('[')) bad("an array of records", "one of numbers");
            type = literal.quoted();
            if (!type) unreadable();
        } else if (*key == "fortran_order" && !order) {
            order = literal.truth();
            if (!order) unreadable();
        } else if (*key == "shape" && !shape) {
            shape = literal.integers();
            if (!shape) unreadable();
        } else {
            bad(in_quotes(*key), "descr, fortran_order and shape, each once");
        }
        if (literal.take(',')) continue;
        if (!literal.take('}')) unreadable();
        break;
    }
    if (!literal.at_end() || !type || !order || !shape) unreadable();

    const char byte_order = type->empty() ? ' ' : type->front();
    static constexpr std::array<std::string_view, 12> types{"b1", "i1", "i2", "i4", "i8", "u1",
                                                            "u2", "u4", "u8", "f2", "f4", "f8"};
    const std::string_view what = std::string_view(*type).substr(type->empty() ? 0 : 1);
    if (std::find(types.begin(), types.end(), what) == types.end() ||
        (byte_order != '<' && byte_order != '>' && (byte_order != '|' || what[1] != '1')))
        bad("the type " + in_quotes(*type),
            "bool, integers of 1 to 8 bytes and floats of 2, 4 and 8 bytes (numpy.save('data.npy', "
            "x.astype('int8')))");
    kind_ = what[0];
    size_ = static_cast<std::size_t>(what[1] - '0');
    highest_first_ = byte_order == '>';
    by_columns_ = *order;
    if (shape->size() != 2)
        bad("an array of " + std::to_string(shape->size()) + " axes", "2: configurations, sites of each");
    for (const std::int64_t axis : *shape)
        if (axis > most_axis) bad("an axis of " + std::to_string(axis), "at most 2^30");
    rows_ = static_cast<std::size_t>((*shape)[0]);
    columns_ = static_cast<std::size_t>((*shape)[1]);
}

std::string NpyReader::take(std::size_t count, const char* what) {
    std::string bytes(count, '\0');
    if (bytes_->sgetn(bytes.data(), static_cast<std::streamsize>(count)) !=
        static_cast<std::streamsize>(count))
        throw InputError(name_ + ", " + what, "cut short", "all of its bytes");
    return bytes;
}

double NpyReader::next() {
    std::array<char, 8> bytes{};
    if (bytes_->sgetn(bytes.data(), static_cast<std::streamsize>(size_)) !=
        static_cast<std::streamsize>(size_))
        throw InputError(name_ + ", the numbers", "cut short",
                         std::to_string(rows_) + " times " + std::to_string(columns_) + ", as the head says");
    std::uint64_t bits = 0;
    for (std::size_t k = 0; k < size_; ++k)
        bits = bits << 8 | static_cast<unsigned char>(bytes[highest_first_ ? k : size_ - 1 - k]);
    if (kind_ == 'f')
        return size_ == 2   ? half(bits)
               : size_ == 4 ? static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)))
                            : std::bit_cast<double>(bits);
    const std::size_t unused = 64 - 8 * size_;
    return kind_ == 'i' ? static_cast<double>(static_cast<std::int64_t>(bits << unused) >> unused)
                        : static_cast<double>(bits);
}

void NpyReader::expect_end() {
    if (bytes_->sgetc() != std::streambuf::traits_type::eof())
        throw InputError(name_, "bytes after the last number", "one array");
}

}  // namespace cli
