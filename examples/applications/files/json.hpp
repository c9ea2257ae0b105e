#pragma once
// Numbers and words in JSON files. Numbers have all their digits; what is not known is null.
#include "basics/choices.hpp"
#include "basics/errors.hpp"
#include "basics/numbers.hpp"

#include <predcg/core/types.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace cli {

using Json = nlohmann::ordered_json;

Json list_of(const predcg::Vector& v);

/// JSON has no NaN: what is not known is null.
Json known(double value);
Json known(const std::optional<double>& value);

/// What `known` wrote: null is NaN.
double value_of(const Json& json);
std::optional<double> known_value(const Json& json);
/// An array of numbers.
predcg::Vector vector_of(const Json& list);
/// The values of these names.
predcg::Vector values_of(const Json& object, const std::vector<std::string>& names);

/// A word of a file, or an InputError.
template <class T>
T word_of(const Json& json, const std::string& key, const Choices<T>& words) {
    const auto text = json.at(key).get<std::string>();
    std::string allowed;
    for (const auto& [word, value] : words) {
        if (text == word) return value;
        allowed += (allowed.empty() ? "" : " or ") + word;
    }
    throw InputError(key, in_quotes(text), allowed);
}

/// {name: value}.
Json named(const std::vector<std::string>& names, const predcg::Vector& values);

}  // namespace cli
