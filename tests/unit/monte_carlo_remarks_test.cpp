// What a sampled fit says where its kernels have to evaluate whole densities.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/monte_carlo.hpp>
#include <predcg/learning/sampling_remarks.hpp>
#include <predcg/structure/neutral.hpp>

#include "random_chain.hpp"

#include <gtest/gtest.h>

namespace monte_carlo_remarks_test {
using namespace predcg;

namespace {

using Letters = std::vector<double>;

struct Whole {
    support::NumberSpace space() const { return {}; }
    double log_density(const Letters&) const { return 0.0; }
};
struct Local : Whole {
    double log_density_difference(const Letters&, Index, double) const { return 0.0; }
};
struct WholeLikelihood {
    double log_density(const Letters&) const { return 0.0; }
};

template <class Target, class Factor, class Engine>
struct Problem {
    using CoarseTarget = Target;
    using LatentFactor = Factor;
    using EngineType = Engine;
};

template <class Target, class Factor, class Engine = MonteCarlo<HeatBath>>
std::string remark() {
    std::vector<std::string> remarks;
    predcg::detail::add_sampling_remarks<Problem<Target, Factor, Engine>>(remarks);
    EXPECT_LE(remarks.size(), 1u);
    return remarks.empty() ? "" : remarks.front();
}

TEST(SamplingRemarks, SayWhichPartLacksDifferences) {
    const auto names = [](const std::string& text) {
        return std::pair(text.find("the coarse potential has neither") != std::string::npos,
                         text.find("the likelihood has neither") != std::string::npos);
    };
    EXPECT_EQ(names(remark<Whole, WholeLikelihood>()), std::pair(true, true));
    EXPECT_EQ(names(remark<Local, WholeLikelihood>()), std::pair(false, true));
    EXPECT_EQ(names(remark<Whole, NeutralFactor>()), std::pair(true, false));  // it has a window
    EXPECT_EQ((remark<Local, NeutralFactor>()), "");
}

TEST(SamplingRemarks, AreOfEnginesThatVisitSites) {
    EXPECT_EQ((remark<Whole, WholeLikelihood, Enumeration>()), "");
    using CoarseOnly = EngineRoles<Enumeration, MonteCarlo<Metropolis>>;
    EXPECT_EQ((remark<Local, WholeLikelihood, CoarseOnly>()), "");
    EXPECT_NE((remark<Whole, WholeLikelihood, CoarseOnly>()), "");
}

TEST(SamplingRemarks, OfPCAloneAskThePotential) {
    const auto count = []<class Target, class Engine>(const Target&, const Engine&) {
        std::vector<std::string> remarks;
        predcg::detail::add_coarse_sampling_remarks<Target, Engine>(remarks);
        return remarks.size();
    };
    const MonteCarlo<HeatBath> sampling;
    EXPECT_EQ(count(Whole{}, sampling), 1u);
    EXPECT_EQ(count(Local{}, sampling), 0u);
    EXPECT_EQ(count(Whole{}, EngineRoles{sampling, Enumeration{}}), 0u);
}

}  // namespace

}  // namespace monte_carlo_remarks_test
