#pragma once
// The maps that the command line has.
#include "model/configurations.hpp"
#include "model/models.hpp"
#include "model/window_block.hpp"

#include <predcg/models/ising/bernoulli_map.hpp>

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace cli {

using BernoulliMap = predcg::ising::BernoulliMap<>;
using WindowMap = predcg::ising::SpinBlockMap<WindowBlock>;
using DecimationMap = decltype(predcg::ising::decimation_map());

/// One of the maps: what fits and posteriors carry with them, whichever they are of. What learns, predicts
/// and draws asks for its kind: what is exact for one is sampled for another.
class ChosenMap {
public:
    using Kind = std::variant<BernoulliMap, WindowMap, DecimationMap>;
    using fine_type = Configuration;
    using coarse_type = Configuration;

    ChosenMap(Kind kind) : kind_(std::move(kind)) {}

    const Kind& kind() const { return kind_; }

    Index level() const {
        return std::visit([](const auto& map) { return map.level(); }, kind_);
    }
    Index parameter_count() const {
        return std::visit([](const auto& map) { return map.parameter_count(); }, kind_);
    }
    std::vector<std::string> parameter_names() const {
        return std::visit([](const auto& map) { return map.parameter_names(); }, kind_);
    }
    /// Whether there is a theta_cf.
    bool is_bernoulli() const { return std::holds_alternative<BernoulliMap>(kind_); }
    /// Of the Bernoulli map.
    static double theta_cf(const predcg::Vector& eta) { return BernoulliMap::theta_cf(eta); }

private:
    Kind kind_;
};

/// The map of a model. Throws InputError for probit with a map that has none.
ChosenMap map_of(const FitModel& model);

}  // namespace cli
