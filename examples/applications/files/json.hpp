#pragma once
// Numbers and words in JSON files. Numbers have all their digits; what is not known is null.
#include "basics/choices.hpp"
#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "files/schema.hpp"

#include <predcg/core/types.hpp>

#include <nlohmann/json.hpp>

#include <exception>
#include <filesystem>
#include <optional>
#include <streambuf>
#include <string>
#include <vector>

namespace cli {

using Json = nlohmann::ordered_json;

Json list_of(const predcg::Vector& v);

/// All that there is to be read.
std::string text_in(std::streambuf& bytes);
/// The text of a result file, plain or packed by gzip. Throws InputError, with the option that named it and
/// which file is wanted, for one that cannot be read or is longer than a gibibyte when unpacked.
std::string text_of_file(const std::filesystem::path& path, const std::string& option,
                         const std::string& allowed);

/// JSON has no NaN: what is not known is null.
Json known(double value);
Json known(const std::optional<double>& value);

/// What `known` wrote: null is NaN.
double value_of(const Json& json);
std::optional<double> known_value(const Json& json);
/// An array of them.
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

/// The words of choices.
template <class T>
std::vector<std::string> words_of(const Choices<T>& choices) {
    std::vector<std::string> words;
    for (const auto& choice : choices) words.push_back(choice.first);
    return words;
}

/// {name: value}.
Json named(const std::vector<std::string>& names, const predcg::Vector& values);

/// The number of the form that result files have.
inline constexpr int result_format = 1;

/// read(), whose errors get the file's name. `allowed` says which file is wanted.
template <class Read>
auto with_name(const std::string& name, const std::string& allowed, Read read) {
    try {
        return read();
    } catch (const InputError& error) {
        throw InputError(name + ": " + error.what() + " (wanted: " + allowed + ")");
    } catch (const std::exception& error) {  // of the JSON library, or of the models
        throw InputError(name + " is not " + allowed + ": " + error.what());
    }
}

/// make(content) of the text of a result file (`sealed`). Throws InputError for one that is not whole or not
/// what the schema says, or of which make throws: what it says, with the file's name.
template <class Make>
auto read_json(const std::string& text, const std::string& name, const std::string& allowed,
               const Schema& schema, Make make) {
    return with_name(name, allowed, [&] { return make(unsealed(parsed(text), result_format, schema)); });
}

}  // namespace cli
