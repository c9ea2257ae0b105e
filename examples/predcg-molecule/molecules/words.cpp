#include "molecules/words.hpp"

#include <array>
#include <utility>

namespace cli::molecules {

std::string in_words_of_options(std::string text) {
    constexpr std::array<std::pair<const char*, const char*>, 8> options{
        {{"ReadSettings::length_in_nm", "--length-in-nm"},
         {"ReadSettings::step_in_ps", "--step-in-ps"},
         {"TableSettings::most_error", "--most-error"},
         {"TableSettings::core_energy", "--core-energy"},
         {"TableSettings::points", "--points"},
         {"TableSettings::first", "--first"},
         {"a lower core_energy", "a lower --core-energy"},
         {"pair::Switched(u, from)", "--switch-from"}}};
    for (const auto& [setting, option] : options)
        for (auto at = text.find(setting); at != std::string::npos; at = text.find(setting, at + 1))
            text.replace(at, std::string(setting).size(), option);
    return text;
}

}  // namespace cli::molecules
