// libFuzzer's entry. PREDCG_FUZZ_TARGET names the target.
#include "targets.hpp"

// Names of their own for the functions that change inputs, which are not counted: readers have the others.
#define JSON_USE_LEGACY_DISCARDED_VALUE_COMPARISON 1
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed);

bool fuzz::reading = false;

namespace {

using Json = nlohmann::ordered_json;

const fuzz::Target& target() {
    static const fuzz::Target* const chosen = [] {
        const char* name = std::getenv("PREDCG_FUZZ_TARGET");
        for (const fuzz::Target& one : fuzz::targets())
            if (name != nullptr && std::string_view(one.name) == name) return &one;
        std::fprintf(stderr, "PREDCG_FUZZ_TARGET is none of:");
        for (const fuzz::Target& one : fuzz::targets()) std::fprintf(stderr, " %s", one.name);
        std::fprintf(stderr, "\n");
        std::exit(1);
    }();
    return *chosen;
}

/// A value in the tree, all as likely.
Json& any_of(Json& json, std::mt19937& draw) {
    Json* chosen = &json;
    while (chosen->is_structured() && !chosen->empty() && draw() % 8 != 0)
        chosen = &*std::next(chosen->begin(), static_cast<std::ptrdiff_t>(draw() % chosen->size()));
    return *chosen;
}

/// Changes one value: to another of the file, to one that is seldom right, in its size, or not at all there.
void change(Json& json, std::mt19937& draw) {
    static const Json values = Json::parse(
        R"([null, true, false, 0, 1, -1, 2, 3, 7, 1.5, -0.5, 1e-300, 1e15, 1e16, -1e15, 1e300, 5e-324,
            32, 1000000, 1000000000, 1000000000000, 9223372036854775807, 18446744073709551615,
            -9223372036854775808, "", "weak", "flat", "periodic", "open", "exact", "monte-carlo", "logit", "probit",
            "decimation", "logistic", "link2", "link4", "autoregressive", "converged", "full", "laplace-joint",
            [], {}, [1], [1, 2], [[1, 2], [3]], {"a": 1}])");
    Json& at = any_of(json, draw);
    switch (draw() % 6) {
    case 0:
    case 1:
        at = values[draw() % values.size()];
        return;
    case 2:
        at = Json(any_of(json, draw));
        return;
    case 3:
        if (at.is_array())
            at.push_back(at.empty() ? Json(1) : Json(at.front()));
        else if (at.is_object())
            at[values[24 + draw() % 10].get<std::string>()] = values[draw() % values.size()];
        return;
    case 4:
        if (at.is_structured() && !at.empty())
            at.erase(std::next(at.begin(), static_cast<std::ptrdiff_t>(draw() % at.size())));
        return;
    default:
        if (at.is_number_integer())
            at = at.get<std::int64_t>() / 2 + static_cast<std::int64_t>(draw() % 5) - 2;
        else if (at.is_number())
            at = at.get<double>() * (draw() % 2 ? 1e6 : -1e-6);
    }
}

}  // namespace

/// Of JSON every other change is one of values, which leaves it JSON.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
    std::mt19937 draw(seed);
    if (target().json && draw() % 4 != 0) {
        static std::string text;  // the last, which is often changed again
        static Json json;
        if (text.empty() || std::string_view(reinterpret_cast<const char*>(data), size) != text)
            json = Json::parse(data, data + size, nullptr, false);
        text.clear();
        if (!json.is_discarded()) {
            for (auto left = 1 + draw() % 3; left > 0; --left) change(json, draw);
            text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
            if (text.size() <= most) {
                std::memcpy(data, text.data(), text.size());
                return text.size();
            }
        }
    }
    return LLVMFuzzerMutate(data, size, most);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::reading = true;
    target().run({reinterpret_cast<const char*>(data), size});  // what it throws ends the program
    fuzz::reading = false;
    return 0;
}
