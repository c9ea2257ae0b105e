#include "studies/setting_rows.hpp"

#include "basics/numbers.hpp"

namespace cli::study {

std::string chain_text(Index sites, predcg::Boundary boundary) {
    return std::to_string(sites) + " sites, " + (boundary == predcg::Boundary::open ? "open" : "periodic");
}

SettingRows fine_rows(const FineModel& fine) {
    const auto& chain = fine.chain;
    return {
        {"fine chain", chain_text(chain.sites, chain.boundary)},
        {"couplings", "J_0 = " + text_of(chain.strength) + ", range L_f = " + std::to_string(chain.range) +
                          ", exponent a = " + text_of(chain.exponent) + ", normalisation " +
                          (chain.normalisation == predcg::ising::Normalisation::total ? "total" : "slides")},
        {"inverse temperature β", text_of(fine.beta)}};
}

std::string prior_text(PriorChoice prior, const FitModel& model) {
    if (prior == PriorChoice::flat) return "flat";
    return std::string("weak: β θ_k ~ N(0, 2²), ") +
           (model.has_theta_cf() ? "logit θ_cf ~ N(1, 2²) and ≥ 0"
                                 : "copy coefficients of the map ~ N(1, 2²), its others ~ N(0, 2²)");
}

std::string fields_text(const FieldRange& range) {
    return text_of(range.from) + " to " + text_of(range.to) + " in steps of " + text_of(range.step);
}

std::string seed_text(std::uint64_t seed) {
    return std::to_string(seed) + "; the data of field k, counted from 0, have seed + k, what is learnt from "
                                  "them seeds from 1000003 "
                                  "(seed + k) on";
}

std::string list_of(const std::vector<Index>& values, const char* between) {
    std::string list;
    for (const Index v : values) list += (list.empty() ? "" : between) + std::to_string(v);
    return list;
}

CommandLine& CommandLine::add(const std::string& option, const std::string& value) {
    text_ += " " + option + " " + value;
    return *this;
}

CommandLine& CommandLine::add(const std::string& option, double value) { return add(option, text_of(value)); }

CommandLine& CommandLine::add(const std::string& option, Index value) {
    return add(option, std::to_string(value));
}

CommandLine& CommandLine::seed(std::uint64_t value) { return add("--seed", std::to_string(value)); }

CommandLine& CommandLine::fine(const FineModel& model) {
    const auto& chain = model.chain;
    add("--sites", chain.sites).add("--strength", chain.strength).add("--range", chain.range);
    add("--exponent", chain.exponent);
    add("--normalisation",
        std::string(chain.normalisation == predcg::ising::Normalisation::total ? "total" : "slides"));
    add("--boundary", std::string(chain.boundary == predcg::Boundary::open ? "open" : "periodic"));
    return add("--beta", model.beta);
}

CommandLine& CommandLine::fields(const FieldRange& range) {
    return add("--field-from", range.from).add("--field-to", range.to).add("--field-step", range.step);
}

}  // namespace cli::study
