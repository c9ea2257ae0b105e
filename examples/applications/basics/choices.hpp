#pragma once
#include <string>
#include <utility>
#include <vector>

namespace cli {

/// The words that options and files have for the values of a choice.
template <class T>
using Choices = std::vector<std::pair<std::string, T>>;

/// The word for a value.
template <class T>
const std::string& word_for(const Choices<T>& choices, T value) {
    for (const auto& [word, meaning] : choices)
        if (meaning == value) return word;
    return choices.front().first;
}

}  // namespace cli
