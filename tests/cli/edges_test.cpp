// Command lines at the edge: right, or told in words.
#include "program.hpp"

#include <tuple>

namespace edges_test {
using namespace cli_test;

class Edges : public Program {};

TEST_F(Edges, AFieldThatLeavesNoDigitsIsToldAtOnce) {
    ASSERT_EQ(run("generate --sites 16 --field 0.3 --out data.csv").code, 0);
    const Outcome outcome = run("fit --data data.csv --field 1e15 --out fit.json");
    EXPECT_EQ(outcome.code, 1);
    expect_contains(outcome.err, "lower beta, fields or couplings");
    EXPECT_FALSE(fs::exists(at("fit.json")));
    // Where X is settled all the same, theta_cf is that of coins and the prior.
    run_well("fit --data data.csv --field 1e8 --out fit.json");
    run_well("fit --data data.csv --field 1e3 --out less.json");
    const Json fit = read_json(at("fit.json")), less = read_json(at("less.json"));
    EXPECT_EQ(fit["status"], "converged");
    EXPECT_NEAR(fit["theta_cf"].get<double>(), less["theta_cf"].get<double>(), 1e-7);
}

TEST_F(Edges, NumbersThatResultsCouldNotHoldAreRefused) {
    ASSERT_EQ(run("generate --sites 8 --samples 5 --out data.csv").code, 0);
    expect_refused("fit --data data.csv --beta 1e-300 --out f.json", {"--beta", "1e-300", "at least 1e-12"});
    expect_refused("fit --data data.csv --field -1e300 --out f.json", {"--field", "-1e15 to 1e15"});
    expect_refused("truth --strength 1e16 --out t.json", {"--strength", "-1e15 to 1e15"});
    // What is allowed is read back.
    run_well("fit --data data.csv --beta 1e-12 --out f.json");
    run_well("predict --fit f.json --out p.json");
}

TEST_F(Edges, OneSiteAndTwoHavePosteriors) {
    for (const auto& [name, rows, level, statistics] :
         {std::tuple{"one.csv", "1\n1\n-1\n1\n", 1, 3}, {"two.csv", "1,1\n-1,1\n1,1\n", 2, 3}}) {
        write(name, rows);
        const Outcome outcome = run(std::string("fit --data ") + name + " --pair-range 0 --linear --level " +
                                    std::to_string(level) + " --posterior full --draws 100 --out fit.json");
        ASSERT_EQ(outcome.code, 0) << outcome.err;
        EXPECT_EQ(read_json(at("fit.json"))["checks"].size(), static_cast<std::size_t>(statistics)) << name;
    }
}

TEST_F(Edges, WhatIsNullHasAReason) {
    ASSERT_EQ(run("generate --sites 16 --field 0.3 --samples 5 --out data.csv").code, 0);
    int unknown = 0;
    for (const int seed : {4, 6, 11}) {
        const Outcome outcome = run(
            "fit --data data.csv --field 0.3 --linear --posterior full --draws 40 --out fit.json --seed " +
            std::to_string(seed));
        ASSERT_EQ(outcome.code, 0);
        const Json fit = read_json(at("fit.json"));
        for (const char* block : {"magnetization", "correlation"})
            for (const auto& [end, errors] : fit[block]["monte_carlo_error"].items()) {
                const Json list = errors.is_array() ? errors : Json::array({errors});
                std::vector<std::size_t> nulls;
                for (std::size_t k = 0; k < list.size(); ++k)
                    if (list[k].is_null()) nulls.push_back(k);
                if (nulls.empty()) continue;
                unknown += static_cast<int>(nulls.size());
                // One remark is for all of them, and names the first.
                std::string of = "component " + std::to_string(nulls.front());
                if (nulls.size() > 1) of += " and " + std::to_string(nulls.size() - 1) + " more";
                of += ": no Monte Carlo error of " + (end == "posterior_mean" ? "mean" : end);
                int said = 0;
                for (const std::string remark : fit[block]["remarks"]) said += remark.starts_with(of) ? 1 : 0;
                EXPECT_EQ(said, 1) << block << " " << of;
                expect_contains(outcome.err, of);
            }
    }
    EXPECT_GT(unknown, 1);  // else the test looks at nothing
}

TEST_F(Edges, MomentsWithoutSpreadHaveNoStandardErrors) {
    write("same.csv", "1,1,1,1,1,1,1,1\n1,1,1,1,1,1,1,1\n");
    const Outcome outcome = run("relative-entropy --data same.csv --out re.json");
    EXPECT_EQ(outcome.code, 0);
    expect_contains(outcome.err, "warning: no standard errors of theta_c");
    EXPECT_EQ(outcome.out.find("nan"), std::string::npos) << outcome.out;
    const Json json = read_json(at("re.json"));
    EXPECT_TRUE(json["standard_errors"]["pair_1"].is_null());
    EXPECT_EQ(json["remarks"].size(), 1u);
    ASSERT_EQ(run("generate --sites 8 --samples 20 --out x.csv").code, 0);
    run_well("relative-entropy --data x.csv --out re.json");
    EXPECT_FALSE(read_json(at("re.json")).contains("remarks"));
}

}  // namespace edges_test
