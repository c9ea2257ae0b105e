#include "files/json.hpp"

#include "files/input.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <system_error>

namespace cli {

using namespace predcg;

Json list_of(const Vector& v) { return std::vector<double>(v.begin(), v.end()); }

std::string text_in(std::streambuf& bytes) {
    std::string text;
    for (std::array<char, 4096> some{};;) {
        const auto count = bytes.sgetn(some.data(), std::ssize(some));
        if (count <= 0) return text;
        text.append(some.data(), static_cast<std::size_t>(count));
    }
}

std::string text_of_file(const std::filesystem::path& path, const std::string& option,
                         const std::string& allowed) {
    std::error_code error;
    if (const auto status = std::filesystem::status(path, error); std::filesystem::exists(status) &&
                                                                  !std::filesystem::is_directory(status) &&
                                                                  !std::filesystem::is_regular_file(status))
        throw InputError(option, in_quotes(path.string()) + " (it is a device or a pipe)", allowed);
    const auto bytes = open_input(path, option, allowed, std::uintmax_t{1} << 30);
    // A look before all of it is unpacked.
    std::string text;
    constexpr std::string_view space = " \t\r\n\xef\xbb\xbf";  // or a mark of UTF-8
    int next = bytes->sgetc();
    while (next != std::streambuf::traits_type::eof() && text.size() < 4096 &&
           space.find(std::streambuf::traits_type::to_char_type(next)) != std::string_view::npos) {
        text += std::streambuf::traits_type::to_char_type(next);
        next = bytes->snextc();
    }
    if (next != '{') throw InputError(path.string() + ": the file", "no object of JSON, or empty", allowed);
    return text + text_in(*bytes);
}

Json known(double value) { return std::isfinite(value) ? Json(value) : Json(); }
Json known(const std::optional<double>& value) { return value ? known(*value) : Json(); }

double value_of(const Json& json) {
    return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}
std::optional<double> known_value(const Json& json) {
    return json.is_null() ? std::nullopt : std::optional(json.get<double>());
}
Vector vector_of(const Json& list) {
    Vector values(static_cast<Index>(list.size()));
    for (Index k = 0; k < values.size(); ++k) values[k] = value_of(list[static_cast<std::size_t>(k)]);
    return values;
}
Vector values_of(const Json& object, const std::vector<std::string>& names) {
    Vector values(static_cast<Index>(names.size()));
    for (std::size_t k = 0; k < names.size(); ++k)
        values[static_cast<Index>(k)] = value_of(object.at(names[k]));
    return values;
}

Json named(const std::vector<std::string>& names, const Vector& values) {
    Json object = Json::object();
    for (std::size_t k = 0; k < names.size(); ++k) object[names[k]] = known(values[static_cast<Index>(k)]);
    return object;
}

}  // namespace cli
