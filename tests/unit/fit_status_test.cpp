// How a fit ends, what it leaves behind, and what it refuses.
#include <gtest/gtest.h>

#include "close.hpp"
#include "ising_by_hand.hpp"
#include "ising_grainer.hpp"
#include "test_seed.hpp"
#include "thrown.hpp"

#include <map>

namespace fit_status_test {
using namespace predcg;
using support::expect_close;
using support::joined;
using support::Spins;

namespace {

const support::AnyPrior flat{};
const support::AnyPrior weak = support::any_prior(weak_prior());

/// 60 correlated configurations of 16 spins with a bias, and a model of them.
class FitStatus : public testing::Test {
protected:
    std::mt19937_64 rng = test_rng(1);
    std::vector<Spins> data = by_hand::markov_data(rng, 16, 60, 0.5, 0.65);
    by_hand::Model model{.sites = 8, .linear = true, .pair_range = 1};
    support::IsingGrainer grainer = support::ising_grainer(model, 2, weak);
};

/// What every trace must be: iterations in order, the posterior never falling, the end at the end.
void expect_whole_trace(const ExactEstimate& fit) {
    ASSERT_EQ(fit.trace.size(), static_cast<std::size_t>(fit.iterations) + 1);
    for (std::size_t k = 0; k < fit.trace.size(); ++k) {
        EXPECT_EQ(fit.trace[k].iteration, static_cast<Index>(k));
        EXPECT_EQ(fit.trace[k].start, fit.trace[0].start);
        if (k == 0) continue;
        const double before = *fit.trace[k - 1].log_posterior;
        EXPECT_GE(*fit.trace[k].log_posterior, before - 1e-12 * std::max(1.0, std::abs(before))) << k;
    }
    EXPECT_EQ(fit.trace.back().theta, fit.parameters.theta);
    EXPECT_EQ(fit.trace.back().eta, fit.parameters.eta);
    EXPECT_EQ(fit.trace.back().log_likelihood, fit.log_likelihood);
    EXPECT_EQ(fit.trace.back().log_posterior, fit.log_posterior);
}

TEST_F(FitStatus, Converged) {
    const auto fit = grainer.fit(data, {.beta = 0.7, .seed = test_seed()});
    EXPECT_EQ(fit.status, Status::converged);
    EXPECT_LE(fit.trace.back().step, 1e-9);
    expect_whole_trace(fit);
    EXPECT_EQ(fit.beta, 0.7);
    EXPECT_EQ(fit.data_count, 60.0);
    EXPECT_EQ(fit.seed, test_seed());
    EXPECT_EQ(fit.coarse_names, (std::vector<std::string>{"linear", "pair_1"}));
    EXPECT_EQ(fit.map_names, (std::vector<std::string>{"logit_theta_cf"}));
    EXPECT_EQ(fit["linear"], fit.parameters.theta[0]);
    EXPECT_EQ(fit["pair_1"], fit.parameters.theta[1]);
    EXPECT_EQ(fit["logit_theta_cf"], fit.parameters.eta[0]);
    const ArgumentError unknown = support::thrown<ArgumentError>([&] { fit["pair_2"]; });
    EXPECT_EQ(unknown.allowed(), "linear, pair_1, logit_theta_cf");
    const LikelihoodExpansion there = grainer.problem(grainer.prepare(data, 0.7)).evaluate(fit.parameters);
    EXPECT_EQ(fit.log_likelihood, there.log_likelihood);
    EXPECT_EQ(fit.likelihood.gradient, there.gradient);
    double prior = 0.0;
    for (const double theta : fit.parameters.theta)
        prior += Normal{0.0, 2.0}.log_density(Vector::Constant(1, 0.7 * theta));
    prior += TruncatedNormal{1.0, 2.0, 0.0}.log_density(fit.parameters.eta);
    expect_close(fit.log_posterior, fit.log_likelihood + prior, 1e-13);
}

TEST_F(FitStatus, AgainAtTheMaximumNothingIsLeftToDo) {
    const auto fit = grainer.fit(data, {.beta = 0.7});
    const auto again = grainer.fit(data, {.beta = 0.7, .start = fit.parameters});
    EXPECT_EQ(again.status, Status::converged);
    EXPECT_EQ(again.iterations, 0);
    EXPECT_EQ(again.starts.size(), 1u);
    EXPECT_EQ(joined(again.parameters), joined(fit.parameters));
}

// No step is short enough for this optimizer: the end is where rounding is all that is left.
TEST_F(FitStatus, ConvergedAsFarAsNumbersGo) {
    const auto expected = grainer.fit(data, {.beta = 0.7});
    const auto all = support::ising_grainer(model, 2, weak, {.newton = {.step_tolerance = 0.0}});
    const auto fit = all.fit(data, {.beta = 0.7, .starts = 1});
    EXPECT_EQ(fit.status, Status::converged);
    EXPECT_LE(fit.iterations, expected.iterations + 5);
    // The other fit ends with the first step that is short enough, and is off by as much.
    expect_close(joined(fit.parameters), joined(expected.parameters),
                 1e-9 + 4.0 * expected.trace.back().step);
}

TEST_F(FitStatus, Limit) {
    for (const Index limit : {0, 1, 2}) {
        const auto fit = grainer.fit(data, {.beta = 0.7, .iterations = limit, .starts = 3});
        EXPECT_EQ(fit.status, Status::limit);
        EXPECT_EQ(fit.iterations, limit);
        expect_whole_trace(fit);
        ASSERT_EQ(fit.starts.size(), 3u);
        for (const StartSummary& start : fit.starts) EXPECT_EQ(start.iterations, limit);
    }
    const Parameters start{Vector{{0.1, 0.2}}, Vector{{0.3}}};
    const auto fit = grainer.fit(data, {.beta = 0.7, .iterations = 0, .start = start});
    expect_close(joined(fit.parameters), joined(start), 1e-15);
}

TEST_F(FitStatus, ObserverSeesEveryIterationOfEveryStart) {
    std::map<Index, std::vector<TraceEntry>> seen;
    FitSettings settings;
    settings.beta = 0.7;
    settings.starts = 5;
    settings.observer = [&](const TraceEntry& entry) { seen[entry.start].push_back(entry); };
    const auto fit = grainer.fit(data, settings);
    ASSERT_EQ(seen.size(), 5u);
    ASSERT_EQ(fit.starts.size(), 5u);
    double best = *fit.starts[0].log_posterior;
    for (std::size_t k = 0; k < fit.starts.size(); ++k) {
        const StartSummary& start = fit.starts[k];
        const auto& entries = seen[static_cast<Index>(k)];
        ASSERT_EQ(entries.size(), static_cast<std::size_t>(start.iterations) + 1);
        EXPECT_EQ(start.status, Status::converged);
        if (!start.joined) {
            EXPECT_EQ(entries.back().log_posterior, start.log_posterior);
            EXPECT_EQ(entries.back().theta, start.parameters.theta);
            EXPECT_EQ(entries.back().eta, start.parameters.eta);
        } else {
            ASSERT_LT(*start.joined, static_cast<Index>(k));
            EXPECT_EQ(start.log_posterior, fit.starts[static_cast<std::size_t>(*start.joined)].log_posterior);
        }
        for (std::size_t l = 0; l < k; ++l)
            EXPECT_NE(seen[static_cast<Index>(l)][0].theta, entries[0].theta) << "the same start twice";
        best = std::max(best, *start.log_posterior);
    }
    expect_close(fit.log_posterior, best, 1e-8);
    const auto& won = seen[fit.trace[0].start];
    ASSERT_EQ(won.size(), fit.trace.size());
    for (std::size_t k = 0; k < won.size(); ++k) {
        EXPECT_EQ(won[k].theta, fit.trace[k].theta);
        EXPECT_EQ(won[k].step, fit.trace[k].step);
    }
}

// Starts that run into the end of an earlier one are not computed to the end: they would have come there. X
// and -X are alike where no field tells them apart, so that there are two maxima.
TEST_F(FitStatus, StartsThatRunIntoAFinishedOneAreDropped) {
    const auto free = support::ising_grainer(model, 2, flat);
    std::map<Index, TraceEntry> first;
    FitSettings settings{.beta = 0.7, .starts = 24};
    settings.observer = [&](const TraceEntry& entry) { first.emplace(entry.start, entry); };
    const auto fit = free.fit(data, settings);
    int dropped = 0, mirrored = 0;
    for (std::size_t k = 0; k < fit.starts.size(); ++k) {
        if (!fit.starts[k].joined) continue;
        ++dropped;
        mirrored += fit.starts[k].parameters.eta[0] < 0.0;
        const TraceEntry& from = first.at(static_cast<Index>(k));
        const auto alone = free.fit(data, {.beta = 0.7, .start = Parameters{from.theta, from.eta}});
        EXPECT_EQ(alone.status, Status::converged);
        EXPECT_LT(fit.starts[k].iterations, alone.iterations);
        expect_close(joined(alone.parameters), joined(fit.starts[k].parameters), 1e-7, "parameters");
        expect_close(alone.log_posterior, *fit.starts[k].log_posterior, 1e-9, "log posterior");
    }
    EXPECT_GE(dropped, 15);
    EXPECT_GE(mirrored, 1) << dropped;
    EXPECT_LT(mirrored, dropped);
    EXPECT_FALSE(fit.starts[0].joined.has_value());
}

TEST_F(FitStatus, SeedDecidesTheStarts) {
    const auto a = grainer.fit(data, {.beta = 0.7, .iterations = 0, .seed = 5});
    const auto b = grainer.fit(data, {.beta = 0.7, .iterations = 0, .seed = 5});
    const auto c = grainer.fit(data, {.beta = 0.7, .iterations = 0, .seed = 6});
    ASSERT_EQ(a.starts.size(), 8u);
    for (std::size_t k = 0; k < 8; ++k) {
        EXPECT_EQ(joined(a.starts[k].parameters), joined(b.starts[k].parameters));
        EXPECT_EQ(joined(a.starts[k].parameters) == joined(c.starts[k].parameters), k == 0);
    }
    EXPECT_EQ(joined(a.starts[0].parameters), (Vector{{0.0, 0.0, 1.0}})) << "the models' own start";
}

TEST_F(FitStatus, StoppedFromTheObserver) {
    for (const Index stopping_start : {0, 2}) {
        std::stop_source source;
        FitSettings settings;
        settings.beta = 0.7;
        settings.stop = source.get_token();
        settings.observer = [&](const TraceEntry& entry) {
            if (entry.start == stopping_start && entry.iteration == 1) source.request_stop();
        };
        const auto fit = grainer.fit(data, settings);
        EXPECT_EQ(fit.status, Status::stopped);
        EXPECT_EQ(fit.starts.size(), static_cast<std::size_t>(stopping_start) + 1);
        EXPECT_EQ(fit.starts.back().status, Status::stopped);
        EXPECT_EQ(fit.starts.back().iterations, 2);
        expect_whole_trace(fit);
        EXPECT_GE(fit.log_posterior, fit.starts.back().log_posterior);
        const auto whole = grainer.fit(data, {.beta = 0.7});
        EXPECT_LE(fit.log_posterior, whole.log_posterior + 1e-9);
        const auto start = grainer.fit(data, {.beta = 0.7, .iterations = 0, .starts = 1});
        EXPECT_GT(fit.log_posterior, start.log_posterior) << "two iterations gained nothing";
    }
}

TEST_F(FitStatus, StoppedBeforeItBegins) {
    std::stop_source source;
    source.request_stop();
    FitSettings settings;
    settings.beta = 0.7;
    settings.stop = source.get_token();
    const auto fit = grainer.fit(data, settings);
    EXPECT_EQ(fit.status, Status::stopped);
    EXPECT_EQ(fit.iterations, 0);
    expect_close(joined(fit.parameters), Vector{{0.0, 0.0, 1.0}}, 1e-15);
    EXPECT_TRUE(std::isfinite(fit.log_likelihood));
}

// All spins up: neither strength nor bias of the coarse chain has a finite best value.
TEST_F(FitStatus, SaturatedData) {
    const std::vector<Spins> up(20, Spins(16, 1));
    const auto open = support::ising_grainer(model, 2, flat).fit(up, {.beta = 0.7});
    EXPECT_EQ(open.status, Status::not_identified);
    expect_whole_trace(open);
    ASSERT_FALSE(open.directions.empty());
    for (const Direction& direction : open.directions) {
        EXPECT_LT(direction.information, 0.25);
        expect_close(direction.coefficients.norm(), 1.0, 1e-12);
        EXPECT_FALSE(direction.text.empty());
    }
    EXPECT_GT(open.log_likelihood, -1e-3) << "the data are certain in the limit";
    for (const StartSummary& start : open.starts) EXPECT_EQ(start.status, Status::not_identified);
    const auto tied = grainer.fit(up, {.beta = 0.7});
    EXPECT_EQ(tied.status, Status::converged);
    expect_whole_trace(tied);
}

// One block prior is proper, the other is not: then the posterior is not.
TEST_F(FitStatus, OneProperPriorIsNotEnough) {
    const std::vector<Spins> up(20, Spins(16, 1));
    const support::AnyPrior half{Flat{}, TruncatedNormal{1.0, 2.0, 0.0}};
    EXPECT_EQ(support::ising_grainer(model, 2, half).fit(up, {.beta = 0.7}).status, Status::not_identified);
    // Without coarse parameters only the map's prior counts. Here each fine spin is +1 or -1 with equal
    // probability, whatever eta is.
    const by_hand::Model nothing{.sites = 16};
    const auto tied = support::ising_grainer(nothing, 1, half).fit(up, {.beta = 0.7});
    EXPECT_EQ(tied.status, Status::converged);
    expect_close(tied["logit_theta_cf"], 1.0, 1e-8);  // the prior's mode
    ASSERT_EQ(tied.directions.size(), 1u);
    EXPECT_EQ(tied.directions[0].text, "1.00 logit_theta_cf");
    EXPECT_EQ(support::ising_grainer(nothing, 1, flat).fit(up, {.beta = 0.7}).status, Status::not_identified);
}

class FitRefuses : public FitStatus {
protected:
    template <class Data>
    ArgumentError refused(const Data& configurations, const FitSettings& settings) const {
        return support::thrown<ArgumentError>([&] { grainer.fit(configurations, settings); });
    }
};

TEST_F(FitRefuses, BadSettings) {
    EXPECT_EQ(refused(data, {.beta = 0.7, .starts = 0}).argument(), "starts");
    EXPECT_EQ(refused(data, {.beta = 0.7, .starts = -3}).value(), "-3");
    EXPECT_EQ(refused(data, {.beta = 0.7, .iterations = -1}).argument(), "iterations");
    for (const Index least : {-1, 21})
        EXPECT_EQ(refused(data, {.beta = 0.7, .iterations = 20, .stochastic = {.minimum_iterations = least}})
                      .argument(),
                  "minimum_iterations");
    EXPECT_EQ(refused(data, {}).argument(), "settings.beta");
    for (const double bad : {0.0, -1.0, double(NAN), double(INFINITY)})
        EXPECT_EQ(refused(data, {.beta = bad}).argument(), "beta") << bad;
    const auto start = [&](const Vector& theta, const Vector& eta) {
        return refused(data, {.beta = 0.7, .start = Parameters{theta, eta}}).argument();
    };
    EXPECT_EQ(start(Vector{{0.1}}, Vector{{1.0}}), "length of start.theta");
    EXPECT_EQ(start(Vector{{0.1, 0.2, 0.3}}, Vector{{1.0}}), "length of start.theta");
    EXPECT_EQ(start(Vector{{0.1, 0.2}}, Vector()), "length of start.eta");
    EXPECT_EQ(start(Vector{{0.1, double(NAN)}}, Vector{{1.0}}), "start");
    EXPECT_EQ(start(Vector{{0.1, 0.2}}, Vector{{double(INFINITY)}}), "start");
}

/// Data that know their temperature.
struct Tempered : std::vector<Spins> {
    double beta = 0.7;
};

TEST_F(FitRefuses, ConflictingBeta) {
    Tempered tempered;
    tempered.assign(data.begin(), data.end());
    EXPECT_EQ(refused(tempered, {.beta = 0.8}).argument(), "settings.beta");
    const auto same = grainer.fit(tempered, {.beta = 0.7}), own = grainer.fit(tempered);
    EXPECT_EQ(joined(same.parameters), joined(own.parameters));
    EXPECT_EQ(own.beta, 0.7);
}

TEST_F(FitRefuses, BadData) {
    const FitSettings settings{.beta = 0.7};
    EXPECT_EQ(refused(std::vector<Spins>{}, settings).argument(), "number of data");
    const auto one = [&](const Spins& x) { return refused(std::vector<Spins>{data[0], x}, settings); };
    EXPECT_EQ(one(Spins(15, 1)).value(), "15");
    EXPECT_EQ(one(Spins{}).value(), "0");
    EXPECT_EQ(one(Spins(12, 1)).allowed(),
              "16, the size of what the map draws from the coarse potential's space");
    Spins zero(16, 1);
    zero[5] = 0;
    EXPECT_EQ(one(zero).argument(), "spin at site 5");
    EXPECT_EQ(one(zero).value(), "0");
    zero[5] = 2;
    EXPECT_EQ(one(zero).value(), "2");
}

TEST_F(FitRefuses, ParametersOfAnotherLength) {
    const auto prepared = grainer.prepare(data, 0.7);
    EXPECT_THROW(grainer.problem(prepared).evaluate({Vector{{0.1}}, Vector{{1.0}}}), ArgumentError);
    EXPECT_THROW(grainer.problem(prepared).evaluate({Vector{{0.1, 0.2}}, Vector{{1.0, 2.0}}}), ArgumentError);
    EXPECT_THROW(Fit(Estimate{}, grainer.coarse(), grainer.map(), grainer.engine()), ArgumentError);
}

}  // namespace
}  // namespace fit_status_test
