#pragma once
// The maps that the command line has, and the coarse chains that they belong to.
#include "model/configurations.hpp"
#include "model/models.hpp"
#include "model/window_block.hpp"

#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace cli {

using BernoulliMap = predcg::ising::BernoulliMap<>;
using WindowMap = predcg::ising::SpinBlockMap<WindowBlock>;
using DecimationMap = decltype(predcg::ising::decimation_map());
/// Of coarse letters -1, 0, +1: a type of its own, so that it is the map that says which chain is its.
class ThreeLetterMap : public WindowMap {
public:
    using WindowMap::WindowMap;
};

using SpinChain = predcg::ising::CoarseChain<>;
using SpinOneChain = predcg::ising::CoarseChain<predcg::dynamic, predcg::ising::SpinOneTerms>;
/// The coarse chain of a map.
template <class Map>
using ChainOf = std::conditional_t<std::is_same_v<Map, ThreeLetterMap>, SpinOneChain, SpinChain>;

/// One of the coarse chains, as ChosenMap is one of the maps.
class ChosenChain {
public:
    using Kind = std::variant<SpinChain, SpinOneChain>;

    ChosenChain(Kind kind) : kind_(std::move(kind)) {}

    const Kind& kind() const { return kind_; }
    /// The one that a type of map belongs to.
    template <class Map>
    const ChainOf<Map>& of() const {
        return std::get<ChainOf<Map>>(kind_);
    }

    Index parameter_count() const {
        return std::visit([](const auto& chain) { return chain.parameter_count(); }, kind_);
    }
    std::vector<std::string> parameter_names() const {
        return std::visit([](const auto& chain) { return chain.parameter_names(); }, kind_);
    }
    std::vector<predcg::ising::Triplet> triplets() const {
        return std::visit([](const auto& chain) { return chain.terms().triplets(); }, kind_);
    }

private:
    Kind kind_;
};

/// One of the maps: what fits and posteriors carry with them, whichever they are of. What learns, predicts
/// and draws asks for its kind: what is exact for one is sampled for another.
class ChosenMap {
public:
    using Kind = std::variant<BernoulliMap, WindowMap, DecimationMap, ThreeLetterMap>;
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
    bool has_theta_cf() const { return std::holds_alternative<BernoulliMap>(kind_); }
    /// Of the Bernoulli map.
    static double theta_cf(const predcg::Vector& eta) { return BernoulliMap::theta_cf(eta); }

private:
    Kind kind_;
};

/// The map of a model. Throws InputError for probit with a map that has none, for three letters with
/// decimation, and for terms of three letters with two.
ChosenMap map_of(const FitModel& model);

}  // namespace cli
