#pragma once
// Values as a stream of bytes that means the same on every machine, and back.
#include <predcg/core/error.hpp>
#include <predcg/core/types.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <istream>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace predcg {

/// How a type of one's own is saved: by its members, in this order, when written and when read.
///
///     template <>
///     struct predcg::Stored<Polymer> {
///         template <class Self, class Visit>                  // Self: Polymer or const Polymer
///         static void members(Self& polymer, Visit&& visit) { visit(polymer.beads, polymer.energy); }
///     };
///
/// The same as a static member of the type itself does, too. Numbers, enumerations, strings, std::vector,
/// std::array, std::optional, Eigen's matrices and what is empty are known.
template <class T>
struct Stored {
    /// By the type's own members(self, visit).
    template <class Self, class Visit>
        requires requires(Self& self, Visit& visit) { T::members(self, visit); }
    static void members(Self& self, Visit&& visit) {
        T::members(self, visit);
    }
};

namespace detail {

template <class T>
inline constexpr bool is_vector = false;
template <class T, class A>
inline constexpr bool is_vector<std::vector<T, A>> = true;
template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t n>
inline constexpr bool is_array<std::array<T, n>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
concept StoredNumber =
    (std::is_arithmetic_v<T> && sizeof(T) <= 8 && !std::same_as<T, long double>) || std::is_enum_v<T>;

template <class T>
concept StoredMatrix = OfEigen<T> && StoredNumber<typename T::Scalar>;

struct NoVisit {
    template <class... T>
    void operator()(T&...) const {}
};
template <class T>
concept StoredByMembers = requires(T& value, NoVisit& visit) { Stored<T>::members(value, visit); };

template <class T>
constexpr void require_stored() {
    static_assert(StoredByMembers<T>,
                  "predcg: to save this type its members must be known: specialise predcg::Stored for it, or "
                  "give it  template <class Self, class Visit> static void members(Self&, Visit&&)");
}

/// A number whose bytes may be any.
template <class T>
concept PlainNumber = StoredNumber<T> && !std::is_enum_v<T> && !std::same_as<T, bool>;

/// What holds such numbers side by side.
template <class T>
inline constexpr bool is_run = false;
template <PlainNumber T, class A>
inline constexpr bool is_run<std::vector<T, A>> = true;
template <PlainNumber T, std::size_t n>
inline constexpr bool is_run<std::array<T, n>> = true;
template <>
inline constexpr bool is_run<std::string> = true;

/// Copies `count` numbers of `size` bytes each from memory to a stream or back: there the lowest byte of each
/// comes first.
inline void copy_numbers(const void* from, void* to, std::size_t size, std::size_t count) {
    if (count == 0 || size == 0) return;  // null pointers are allowed then
    std::memcpy(to, from, size * count);
    if constexpr (std::endian::native == std::endian::big) {
        auto* const bytes = static_cast<char*>(to);
        for (std::size_t k = 0; k < count; ++k) std::reverse(bytes + k * size, bytes + (k + 1) * size);
    }
}

/// What is done about types that are not known: a compile error, or, where nobody may ask for their bytes, an
/// ArgumentError when somebody does.
enum class UnknownTypes { do_not_compile, throw_error };

template <UnknownTypes unknown, class T>
constexpr void require_known() {
    if constexpr (unknown == UnknownTypes::do_not_compile)
        require_stored<T>();
    else if constexpr (!StoredByMembers<T>)
        argument_error("Checkpoint", "type of a configuration or of a kernel's state",
                       "one that cannot be saved",
                       "one whose members are known: specialise predcg::Stored for it, or give it  template "
                       "<class Self, class Visit> static void members(Self&, Visit&&)");
}

/// Bytes that numbers are appended to, one function for all of them.
class BytesWritten {
public:
    std::string bytes{};

protected:
    /// So many numbers of `size` bytes each.
    [[gnu::cold]] void append(const void* numbers, std::size_t size, std::size_t count = 1) {
        const std::size_t before = bytes.size();
        bytes.resize(before + size * count);
        copy_numbers(numbers, bytes.data() + before, size, count);
    }
};

/// Appends values to bytes.
template <UnknownTypes unknown>
class BasicByteWriter : public BytesWritten {
public:
    template <class... T>
    [[gnu::cold]] void operator()(const T&... values) {
        (write(values), ...);
    }

private:
    template <class T>
    [[gnu::cold]] void write(const T& value) {
        if constexpr (StoredNumber<T>) {
            append(&value, sizeof(T));
        } else if constexpr (is_run<T> || is_vector<T> || is_array<T>) {
            if constexpr (!is_array<T>) write(static_cast<std::uint64_t>(value.size()));
            if constexpr (is_run<T>)
                append(value.data(), sizeof(typename T::value_type), value.size());
            else
                for (const auto& one : value) write(one);
        } else if constexpr (is_optional<T>) {
            write(value.has_value());
            if (value) write(*value);
        } else if constexpr (StoredMatrix<T>) {
            (*this)(static_cast<std::int64_t>(value.rows()), static_cast<std::int64_t>(value.cols()));
            append(value.data(), sizeof(typename T::Scalar), static_cast<std::size_t>(value.size()));
        } else if constexpr (!std::is_empty_v<T> || StoredByMembers<T>) {
            require_known<unknown, T>();
            if constexpr (StoredByMembers<T>) Stored<T>::members(value, *this);
        }
    }
};
using ByteWriter = BasicByteWriter<UnknownTypes::do_not_compile>;

/// Bytes that numbers are taken from, and what is wrong with them.
class BytesLeft {
public:
    BytesLeft(std::string_view bytes, const char* function) : bytes_(bytes), function_(function) {}

    bool is_empty() const { return bytes_.empty(); }

protected:
    [[noreturn, gnu::cold]] void damaged(std::string_view what) const {
        argument_error(function_, "bytes", std::string(what), "what save() wrote for the same models");
    }

    /// So many numbers of `size` bytes each.
    [[gnu::cold]] void take(void* numbers, std::size_t size, std::size_t count = 1) {
        if (bytes_.size() / size < count) damaged("cut short");
        copy_numbers(bytes_.data(), numbers, size, count);
        bytes_.remove_prefix(size * count);
    }
    template <PlainNumber T>
    T take() {
        T number{};
        take(&number, sizeof(T));
        return number;
    }

    /// The number of elements of `least` bytes or more.
    [[gnu::cold]] std::uint64_t count(std::size_t least) {
        const std::uint64_t size = take<std::uint64_t>();
        if (size > bytes_.size() / std::max<std::size_t>(least, 1)) damaged("longer than it is");
        return size;
    }

    /// Elements without bytes: their number is bounded alone.
    [[gnu::cold]] std::uint64_t count_of_nothing() {
        const std::uint64_t size = take<std::uint64_t>();
        if (size > (std::uint64_t{1} << 20)) damaged("longer than it can be");
        return size;
    }

    /// Rows and columns of a matrix of numbers of so many bytes; those given, where they are not Dynamic.
    [[gnu::cold]] std::array<Index, 2> shape(std::size_t number, Index rows_known, Index columns_known) {
        const auto rows = take<std::int64_t>(), columns = take<std::int64_t>();
        const auto left = static_cast<std::int64_t>(bytes_.size() / number);
        constexpr std::int64_t most = std::int64_t{1} << 20;  // of the side of an empty one
        if (rows < 0 || columns < 0 ||
            (rows == 0 || columns == 0 ? rows > most || columns > most : rows > left / columns))
            damaged("of a size that it cannot have");
        if ((rows_known != Eigen::Dynamic && rows != rows_known) ||
            (columns_known != Eigen::Dynamic && columns != columns_known))
            damaged("of another shape");
        return {rows, columns};
    }

private:
    std::string_view bytes_;
    const char* function_;
};

/// Reads what a ByteWriter wrote. No more memory is asked for than the bytes that are left can fill. Throws
/// ArgumentError where they do not suffice.
template <UnknownTypes unknown>
class BasicByteReader : public BytesLeft {
public:
    using BytesLeft::BytesLeft;

    template <class... T>
    [[gnu::cold]] void operator()(T&... values) {
        (read(values), ...);
    }

private:
    template <class T>
    [[gnu::cold]] void read(T& value) {
        if constexpr (PlainNumber<T>) {
            take(&value, sizeof(T));
        } else if constexpr (std::same_as<T, bool>) {
            value = take<unsigned char>() != 0;
        } else if constexpr (std::is_enum_v<T>) {
            std::underlying_type_t<T> number{};
            read(number);
            value = static_cast<T>(number);
        } else if constexpr (is_run<T>) {
            constexpr std::size_t size = sizeof(typename T::value_type);
            if constexpr (!is_array<T>) value.resize(count(size));
            take(value.data(), size, value.size());
        } else if constexpr (is_vector<T>) {
            using Element = typename T::value_type;
            constexpr bool nothing = std::is_empty_v<Element> && !StoredByMembers<Element>;
            if constexpr (unknown == UnknownTypes::do_not_compile || std::default_initializable<Element>) {
                value.clear();
                for (std::uint64_t left = nothing ? count_of_nothing() : count(1); left > 0; --left) {
                    Element one{};
                    read(one);
                    value.push_back(std::move(one));
                }
            } else {
                require_known<unknown, Element>();
                damaged("of a type that cannot be made anew");
            }
        } else if constexpr (is_array<T>) {
            for (auto& one : value) read(one);
        } else if constexpr (is_optional<T>) {
            bool there = false;
            read(there);
            value.reset();
            if (there) read(value.emplace());
        } else if constexpr (StoredMatrix<T>) {
            const auto [rows, columns] =
                shape(sizeof(typename T::Scalar), T::RowsAtCompileTime, T::ColsAtCompileTime);
            value.resize(rows, columns);
            if constexpr (PlainNumber<typename T::Scalar>)
                take(value.data(), sizeof(typename T::Scalar), static_cast<std::size_t>(value.size()));
            else
                for (Index k = 0; k < value.size(); ++k) read(value.data()[k]);
        } else if constexpr (!std::is_empty_v<T> || StoredByMembers<T>) {
            require_known<unknown, T>();
            if constexpr (StoredByMembers<T>) Stored<T>::members(value, *this);
        }
    }
};
using ByteReader = BasicByteReader<UnknownTypes::do_not_compile>;

/// FNV-1a, 64 bits.
inline std::uint64_t checksum_of(std::string_view bytes) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
}

/// What stands before the bytes of an object: 8 letters, a version, the length and the checksum of what
/// follows.
struct ByteFrame {
    std::array<char, 8> magic{};
    std::uint32_t version = 0;

    [[gnu::cold]] void write(std::ostream& out, const std::string& bytes, const char* function) const {
        ByteWriter head;
        head(magic, version, static_cast<std::uint64_t>(bytes.size()), checksum_of(bytes));
        out.write(head.bytes.data(), static_cast<std::streamsize>(head.bytes.size()));
        out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        if (!out) throw std::runtime_error(joined({"predcg::", function, ": the stream took not all bytes"}));
    }

    /// Throws ArgumentError for other bytes; the stream stands after them otherwise. Memory grows with what
    /// is really there.
    [[gnu::cold]] std::string read(std::istream& in, const char* function) const {
        constexpr std::size_t head_size = 28, at_once = std::size_t{1} << 16;
        const auto take = [&](std::string& to, std::uint64_t count) {
            while (count > 0) {
                const auto now = static_cast<std::size_t>(std::min<std::uint64_t>(count, at_once));
                const std::size_t before = to.size();
                to.resize(before + now);
                in.read(to.data() + before, static_cast<std::streamsize>(now));
                if (!in) argument_error(function, "bytes", "cut short", "all that save() wrote");
                count -= now;
            }
        };
        std::string head, bytes;
        take(head, head_size);
        ByteReader reader(head, function);
        std::array<char, 8> letters{};
        std::uint32_t number = 0;
        std::uint64_t length = 0, sum = 0;
        reader(letters, number, length, sum);
        if (letters != magic)
            argument_error(function, "bytes", "something else",
                           "what save() wrote, which begins with " + std::string(magic.data(), magic.size()));
        if (number != version)
            argument_error(function, "version of the bytes", std::to_string(number),
                           std::to_string(version) + ", that of this library");
        take(bytes, length);
        if (checksum_of(bytes) != sum)
            argument_error(function, "bytes", "damaged: their checksum differs", "all that save() wrote");
        return bytes;
    }
};

}  // namespace detail

}  // namespace predcg
