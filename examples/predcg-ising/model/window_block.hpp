#pragma once
#include <predcg/models/ising/block_maps.hpp>

#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace cli {

/// A logistic block or a link block: one type for both, as what learns and samples is compiled for each type
/// of map.
class WindowBlock {
public:
    using Kind = std::variant<predcg::ising::LogisticBlock, predcg::ising::LinkBlock>;

private:
    Kind kind_;

    template <class F>
    auto of(F&& f) const {
        return std::visit(f, kind_);
    }

public:
    explicit WindowBlock(Kind kind) : kind_(std::move(kind)) {}

    predcg::Index level() const {
        return of([](const auto& block) { return block.level(); });
    }
    predcg::BlockWindow window() const {
        return of([](const auto& block) { return block.window(); });
    }
    predcg::Index parameter_count() const {
        return of([](const auto& block) { return block.parameter_count(); });
    }
    std::vector<std::string> parameter_names() const {
        return of([](const auto& block) { return block.parameter_names(); });
    }
    predcg::Vector prior_mean() const {
        return of([](const auto& block) { return block.prior_mean(); });
    }
    std::vector<predcg::Vector> more_starts() const {
        return of([](const auto& block) { return block.more_starts(); });
    }
    predcg::Vector flipped(const predcg::Vector& eta) const {
        return of([&](const auto& block) { return block.flipped(eta); });
    }

    /// A view of the block, w and eta.
    class Given {
    public:
        Given(const WindowBlock& block, std::span<const double> w, const predcg::Vector& eta)
            : kind_(block.of([&](const auto& one) { return Kind(one.given(w, eta)); })) {}
        double log_density(std::span<const double> x) const {
            return std::visit([&](const auto& given) { return given.log_density(x); }, kind_);
        }
        predcg::Expansion expansion(std::span<const double> x) const {
            return std::visit([&](const auto& given) { return given.expansion(x); }, kind_);
        }

    private:
        using Kind = std::variant<predcg::ising::LogisticBlock::Given, predcg::ising::LinkBlock::Given>;
        Kind kind_;
    };
    Given given(std::span<const double> w, const predcg::Vector& eta) const { return {*this, w, eta}; }

    template <predcg::RandomBits R>
    void sample(std::span<const double> w, const predcg::Vector& eta, R& rng, std::span<double> x) const {
        of([&](const auto& block) { block.sample(w, eta, rng, x); });
    }
};

}  // namespace cli
