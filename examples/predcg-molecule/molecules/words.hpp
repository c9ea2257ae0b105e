#pragma once
#include "basics/errors.hpp"

#include <predcg/core/error.hpp>

#include <string>

namespace cli::molecules {

/// The library names its settings as the options are named here.
std::string in_words_of_options(std::string text);

/// What `call` returns; a bad argument is an InputError in words of the options.
template <class Call>
auto with_option_words(Call call) {
    try {
        return call();
    } catch (const predcg::ArgumentError& error) {
        throw InputError(in_words_of_options(error.what()));
    }
}

}  // namespace cli::molecules
