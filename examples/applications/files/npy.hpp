#pragma once
// NumPy's files of one array.
#include <cstddef>
#include <cstdint>
#include <streambuf>
#include <string>

namespace cli {

/// A table of numbers in NumPy's format .npy, versions 1 to 3, read number by number as the file has them.
/// Types: bool, integers of 1, 2, 4 and 8 bytes, floats of 2, 4 and 8 bytes, of either byte order; rows one
/// after the other (C order) or columns (Fortran order).
///
/// Source: NumPy, numpy.lib.format.
class NpyReader {
public:
    /// True if the bytes begin as such a file does. Takes none of them.
    static bool is_next(std::streambuf& bytes);

    /// Reads the head. Throws InputError, with the name, for what is no such file, other types, other than
    /// two axes, and axes of more than 2^30.
    NpyReader(std::streambuf& bytes, std::string name);

    std::size_t rows() const { return rows_; }
    std::size_t columns() const { return columns_; }
    bool by_columns() const { return by_columns_; }
    /// Numbers are true or false, 1 or 0.
    bool is_bool() const { return kind_ == 'b'; }

    /// The next number. Throws InputError where there is none.
    double next();
    /// Throws InputError if more bytes follow.
    void expect_end();

private:
    void read_head(const std::string& head);
    std::string take(std::size_t count, const char* what);

    std::streambuf* bytes_;
    std::string name_;
    std::size_t rows_ = 0, columns_ = 0;
    bool by_columns_ = false, highest_first_ = false;
    char kind_ = 'i';  // NumPy's letters: b, i, u, f
    std::size_t size_ = 1;
};

}  // namespace cli
