#pragma once
// What a file of JSON may hold: types, ranges and sizes, checked in one place before anything is made of it.
#include <predcg/core/types.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cli {

/// Values of one kind. A schema is put together from others:
///
///     Schema::object({{"seed", Schema::integer(0)}, {"mean", Schema::list(Schema::number())}})
class Schema {
public:
    using Json = nlohmann::ordered_json;

    /// A key of an object.
    struct Field {
        Field(std::string key, Schema schema, bool is_required = true);

        std::string name;
        std::shared_ptr<const Schema> value;
        bool required;
    };
    /// A key that may be absent.
    static Field optional(std::string key, Schema schema) {
        return {std::move(key), std::move(schema), false};
    }

    /// A finite number.
    static Schema number(double least = -largest_number, double most = largest_number);
    /// The same above `bound`, not at it.
    static Schema number_above(double bound, double most = largest_number);
    /// The same, or null: what is not known.
    static Schema number_or_null(double most = largest_number);
    /// A product of two of them, or null: a covariance.
    static Schema product_or_null() { return number_or_null(largest_number * largest_number); }
    /// A whole number: 3.5 and 3.0 are none.
    static Schema integer(std::int64_t least, std::int64_t most = largest_integer);
    /// Any integer of 64 bits without a sign.
    static Schema seed();
    static Schema boolean();
    static Schema text();
    /// One of these.
    static Schema word(std::vector<std::string> words);
    /// Elements of one kind, no more than that many.
    static Schema list(Schema element, std::size_t most = largest_list);
    /// A list of two elements.
    static Schema pair(Schema element);
    /// Keys of any name, all with values of one kind.
    static Schema map(Schema value);
    /// These keys; others are not looked at.
    static Schema object(std::vector<Field> fields);

    /// Throws InputError, with the value's place in the file ("posterior.mean[2]"), what stands there and
    /// what is allowed.
    void check(const Json& value) const;

    static constexpr double largest_number = 1e15;  ///< energies, times and lengths beyond it are mistakes
    static constexpr std::int64_t largest_integer = 1'000'000'000'000;
    static constexpr std::size_t largest_list = 100'000'000;

private:
    enum class Kind { number, number_or_null, integer, seed, boolean, text, word, list, map, object };

    explicit Schema(Kind kind) : kind_(kind) {}
    /// Where a value stands: the way back to the file.
    struct Place {
        const Place* of;
        std::string_view key;  // of an object
        std::size_t element;   // of a list, where there is no key

        std::string text() const;
    };

    void check(const Json& value, const Place* place) const;
    bool holds(const Json& value) const;
    std::string allowed() const;

    Kind kind_;
    double least_ = 0.0, most_ = 0.0;
    bool open_ = false;  // least_ itself is not allowed
    std::int64_t least_integer_ = 0, most_integer_ = 0;
    std::size_t least_size_ = 0, most_size_ = 0;
    std::vector<std::string> words_{};
    std::shared_ptr<const Schema> element_{};
    std::vector<Field> fields_{};
};

/// A value in words: what it is, or its first 60 characters.
std::string shortened(const Schema::Json& value);

/// The text of a result file: the values, the format's number, and a checksum of all that stands before it.
std::string sealed(Schema::Json json, int format);

/// A text of JSON with an object. Throws InputError for others, for what is nested deeper than 32 or has more
/// than 6 10^7 values (a list, an object or a key counts as 4), and for objects with a key twice or with more
/// than 4096 keys.
Schema::Json parsed(const std::string& text);

/// The values of a text that was sealed, and parsed. Files of version 0.1 have no format and no checksum, and
/// who changes a file by hand takes the checksum out. Throws InputError for another format, a checksum of
/// other values, or values that the schema does not allow.
Schema::Json unsealed(Schema::Json json, int format, const Schema& schema);

}  // namespace cli
