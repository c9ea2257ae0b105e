// Learning while a simulation runs: against fits of the same data, stopped and resumed, drifting.
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/gaussian.hpp>
#include <predcg/learning/online.hpp>
#include <predcg/models/gaussian/coarse_chain.hpp>
#include <predcg/models/gaussian/linear_map.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/observables.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/predict.hpp>
#include <predcg/relative_entropy.hpp>

#include "ising_grainer.hpp"
#include "square_ising.hpp"
#include "test_seed.hpp"
#include "thread_processes.hpp"
#include "thrown.hpp"
#include "tiny_models.hpp"
#include "z_score.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <deque>
#include <iterator>
#include <list>
#include <span>
#include <sstream>
#include <string>

namespace online_test {
using namespace predcg;
using support::Spins;

namespace {

constexpr double beta = 0.3;
const ising::CoarseChainSettings model{.sites = 8, .linear = true, .pair_range = 1};

support::IsingGrainer exact_grainer() {
    return support::ising_grainer(model, 2, support::any_prior(weak_prior()));
}

/// Independent samples of the chain of 16 spins, another set for every number; the same at every seed: how
/// often errors hold, alarms are false and fits begin anew is counted by validation_online.
std::vector<Spins> samples(Index count, std::uint64_t number, double field = 0.3) {
    return generate(ising::chain({.sites = 16, .field = field}),
                    {.beta = beta, .samples = count, .seed = 20151 + number})
        .configurations;
}

template <class Fit>
Vector joined(const Fit& fit) {
    return support::joined(fit.parameters);
}

std::string saved(const auto& online) {
    std::ostringstream out;
    online.save(out);
    return out.str();
}
void load(auto& online, const std::string& bytes) {
    std::istringstream in(bytes);
    online.load(in);
}

// The difference falls faster than the posterior's standard deviation: seen 0.25 of it at 1000 data, 0.13 at
// 4000.
TEST(Online, ApproachesTheFitOfTheSameData) {
    const auto grainer = exact_grainer();
    const auto rms = [&](Index count) {
        double squares = 0.0;
        for (std::uint64_t set = 0; set < 6; ++set) {
            const auto data = samples(count, set);
            OnlineFit online{grainer, {.beta = beta}};
            EXPECT_TRUE(online.add(data));
            const auto fit = online.estimate();
            EXPECT_EQ(fit.status, Status::converged);
            const Vector sd = support::joined(fit.posterior_deviations), stated = support::joined(fit.errors);
            const Vector off = joined(fit) - joined(grainer.fit(data, {.beta = beta, .starts = 1}));
            for (Index k = 0; k < 3; ++k) {
                EXPECT_LE(std::abs(off[k]), 2.0 * stated[k]) << "set " << set << ", parameter " << k;
                squares += off[k] * off[k] / (sd[k] * sd[k]) / 18.0;
            }
        }
        return std::sqrt(squares);
    };
    EXPECT_LE(rms(1000), 0.5);
    EXPECT_LE(rms(4000), 0.25);
}

// 20 estimates and their stated errors against a fit of all their data. Of 60 quotients, correlated in
// threes, the root of the mean square scatters by 0.15 or less.
TEST(Online, ErrorsAreHonest) {
    const auto grainer = exact_grainer();
    std::vector<Spins> all;
    std::vector<Vector> estimates, errors;
    for (std::uint64_t set = 0; set < 20; ++set) {
        const auto data = samples(500, 100 + set);
        all.insert(all.end(), data.begin(), data.end());
        OnlineFit online{grainer, {.beta = beta}};
        online.add(data);
        estimates.push_back(joined(online.estimate()));
        errors.push_back(support::joined(online.errors()));
    }
    const Vector centre = joined(grainer.fit(all, {.beta = beta, .starts = 1}));
    double squares = 0.0;
    for (std::size_t set = 0; set < 20; ++set)
        for (Index k = 0; k < 3; ++k) {
            const double z = (estimates[set][k] - centre[k]) / errors[set][k];
            EXPECT_LE(std::abs(z), 5.0);
            squares += z * z / 60.0;
        }
    EXPECT_LE(std::sqrt(squares), 1.5);
    EXPECT_GE(std::sqrt(squares), 0.6);
}

// The square lattice of 4 x 4 spins and 2 x 2 blocks: exact by enumeration, sampled by heat bath.
TEST(Online, SamplesAndEnumerationMeetTheFitOnALattice) {
    const auto grainer = [](auto engine) {
        return EMCoarseGrainer{SamplesOnly<Spins>{},      square_ising::Coarse{2},
                               square_ising::BlockMap{2}, engine,
                               StochasticNewton{},        weak_prior()};
    };
    const EMCoarseGrainer enumerated{
        SamplesOnly<Spins>{}, square_ising::Coarse{2}, square_ising::BlockMap{2}, Enumeration{}, Newton{},
        weak_prior()};
    const auto data = square_ising::samples(4, 0.35, 600, 20151);
    const Vector expected = joined(enumerated.fit(data, {.beta = 0.35, .starts = 1}));
    OnlineFit exact{enumerated, {.beta = 0.35}};
    exact.add(data);
    const auto of_exact = exact.estimate();
    EXPECT_EQ(support::joined(of_exact.monte_carlo_errors), Vector::Zero(2));
    const Vector sd = support::joined(of_exact.posterior_deviations);
    for (Index k = 0; k < 2; ++k) EXPECT_LE(std::abs(joined(of_exact)[k] - expected[k]), 0.5 * sd[k]);
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        OnlineFit online{grainer(MonteCarlo(HeatBath{}, {.samples = 20})),
                         {.beta = 0.35, .seed = test_seed() + seed}};
        online.add(data);
        const auto fit = online.estimate();
        EXPECT_EQ(fit.status, Status::converged);
        const Vector off = joined(fit) - joined(of_exact), stated = support::joined(fit.monte_carlo_errors);
        for (Index k = 0; k < 2; ++k) {
            EXPECT_GT(stated[k], 0.0);
            EXPECT_LE(std::abs(off[k]), z_limit * stated[k] + 0.2 * sd[k]) << "parameter " << k;
        }
    }
}

/// Not linear in theta: U = exp(theta) sum_i X_i.
struct ExponentialField {
    ising::SpinSpace<> space() const { return ising::spin_space(8); }
    Index parameter_count() const { return 1; }
    double energy(const Spins& X, const Vector& theta) const { return std::exp(theta[0]) * sum(X); }
    Vector parameter_gradient(const Spins& X, const Vector& theta) const {
        return Vector::Constant(1, std::exp(theta[0]) * sum(X));
    }
    Matrix parameter_hessian(const Spins& X, const Vector& theta) const {
        return Matrix::Constant(1, 1, std::exp(theta[0]) * sum(X));
    }
    static double sum(const Spins& X) {
        double s = 0.0;
        for (const auto spin : X) s += spin;
        return s;
    }
};

TEST(Online, PotentialsNeedNotBeLinear) {
    const EMCoarseGrainer grainer{
        SamplesOnly<Spins>{}, ExponentialField{}, ising::bernoulli_map({.level = 2}),
        Enumeration{},        Newton{},           weak_prior()};
    const auto data = samples(1500, 7, -0.3);
    const auto fit = grainer.fit(data, {.beta = beta, .starts = 1});
    OnlineFit online{grainer, {.beta = beta}};
    online.add(data);
    const auto estimate = online.estimate();
    const Vector error = support::joined(estimate.errors), off = joined(estimate) - joined(fit);
    for (Index k = 0; k < 2; ++k) {
        EXPECT_LE(std::abs(off[k]), error[k]) << k;
        EXPECT_LE(error[k], 1.6 * support::joined(estimate.posterior_deviations)[k]) << k;
    }
}

/// Stops after every few configurations: saves, loads into a fit made anew, goes on. The last bytes are those
/// of a run that was not disturbed.
template <class Grainer, class Data>
void expect_resumes(const Grainer& grainer, const Data& data, double inverse_temperature,
                    double window = std::numeric_limits<double>::infinity()) {
    const OnlineSettings settings{
        .beta = inverse_temperature, .batch = 6, .window = window, .seed = test_seed()};
    OnlineFit undisturbed{grainer, settings}, resumed{grainer, settings};
    std::size_t k = 0;
    for (const auto& x : data) {
        const double weight = k % 3 == 0 ? 1.5 : 1.0;
        undisturbed.add(x, weight);
        resumed.add(x, weight);
        if (++k % 5 == 0 || k < 10) {
            OnlineFit fresh{grainer, settings};
            load(fresh, saved(resumed));
            resumed = std::move(fresh);
        }
        if (k % 7 == 0) (void)undisturbed.estimate();  // a look changes nothing
    }
    EXPECT_GT(undisturbed.estimate().iterations, 5);
    EXPECT_EQ(saved(undisturbed), saved(resumed));
    EXPECT_EQ(joined(undisturbed.estimate()), joined(resumed.estimate()));
}

template <class Engine>
auto chain_grainer(const Engine& engine) {
    return EMCoarseGrainer{SamplesOnly<Spins>{},
                           ising::coarse_chain(model),
                           ising::bernoulli_map({.level = 2}),
                           engine,
                           StochasticNewton{},
                           weak_prior()};
}

TEST(OnlineResumed, WithExactEngines) {
    expect_resumes(exact_grainer(), samples(60, 1), beta);
    expect_resumes(exact_grainer(), samples(200, 1), beta, 40.0);
}

TEST(OnlineResumed, WithChainsOfHeatBath) {
    expect_resumes(chain_grainer(MonteCarlo(HeatBath{}, {.samples = 10, .warm_up = 5})), samples(60, 1),
                   beta);
    expect_resumes(chain_grainer(MonteCarlo(HeatBath{}, {.samples = 40, .chains = 20, .warm_up = 5})),
                   samples(40, 1), beta);  // side by side
    expect_resumes(
        chain_grainer(EngineRoles{MonteCarlo(Metropolis{}, {.samples = 10, .chains = 2, .warm_up = 5}),
                                  TransferMatrix{}}),
        samples(40, 1), beta);
}

template <class Kernel>
void expect_gaussian_resumes(const Kernel& kernel) {
    const auto coarse = gaussian::coarse_chain({.beads = 3, .tether = 0.5});
    const auto map = gaussian::block_map({.coarse_beads = 3, .level = 2});
    auto rng = make_stream(1, Purpose::check);
    const auto sampler = GaussianEngine{}.sampler(boltzmann(coarse, Vector{{1.5, 0.4}}, 1.3));
    std::vector<Vector> data;
    for (int k = 0; k < 40; ++k)
        data.push_back(map.sample(sampler.draw(rng), Vector::Constant(1, -1.5), rng));
    const auto priors = BlockPriors{Normal{0.0, 2.0}, Normal{-1.0, 2.0}};
    expect_resumes(EMCoarseGrainer{SamplesOnly<Vector>{}, coarse, map,
                                   MonteCarlo(kernel, {.samples = 10, .warm_up = 20}), StochasticNewton{},
                                   priors},
                   data, 1.3);
}
TEST(OnlineResumed, WithKernelsThatTuneThemselves) {
    expect_gaussian_resumes(Hamiltonian{});
    expect_gaussian_resumes(RandomWalk{});
}

TEST(OnlineBytes, DamagedOnesAreRefused) {
    const auto grainer = chain_grainer(MonteCarlo(HeatBath{}, {.samples = 10, .warm_up = 5}));
    OnlineFit online{grainer, {.beta = beta}};
    online.add(samples(20, 1));
    const std::string whole = saved(online);
    const auto refused = [&](const std::string& bytes) {
        OnlineFit other{grainer, {.beta = beta}};
        const std::string before = saved(other);
        const std::string message = support::thrown<ArgumentError>([&] { load(other, bytes); }).what();
        EXPECT_EQ(saved(other), before) << "is as it was";
        return message;
    };
    for (std::size_t length = 0; length < whole.size(); length += length < 40 ? 1 : 97)
        EXPECT_NE(refused(whole.substr(0, length)).find("cut short"), std::string::npos) << length;
    for (std::size_t k = 0; k < whole.size(); k += k < 40 ? 1 : 61) {
        std::string other = whole;
        other[k] = static_cast<char>(other[k] ^ 0x10);
        refused(other);
    }
    EXPECT_NE(refused("x" + whole).find("predcgon"), std::string::npos);
    // A length that no memory holds, and no stream has.
    std::string endless = whole;
    for (std::size_t k = 12; k < 19; ++k) endless[k] = '\xff';
    EXPECT_NE(refused(endless).find("cut short"), std::string::npos);
    // What follows is another's.
    std::istringstream more(whole + "the next");
    OnlineFit other{grainer, {.beta = beta}};
    other.load(more);
    std::string rest;
    std::getline(more, rest);
    EXPECT_EQ(rest, "the next");
    EXPECT_EQ(saved(other), whole);
    std::ostringstream closed;
    closed.setstate(std::ios::badbit);
    EXPECT_THROW(online.save(closed), std::runtime_error);
}

// With a checksum that is right: lengths inside are looked at before memory is asked for.
TEST(OnlineBytes, LengthsAreBoundedByWhatIsThere) {
    const auto refused = [](const auto& value, auto target) {
        detail::ByteWriter write;
        write(value);
        detail::ByteReader read(write.bytes, "test");
        return std::string(support::thrown<ArgumentError>([&] { read(target); }).what());
    };
    EXPECT_NE(refused(std::uint64_t{1} << 60, std::vector<double>{}).find("longer"), std::string::npos);
    EXPECT_NE(refused(std::uint64_t{1} << 60, std::string{}).find("longer"), std::string::npos);
    EXPECT_NE(refused(std::uint64_t{1} << 60, std::vector<NoState>{}).find("longer"), std::string::npos);
    EXPECT_NE(refused(std::array<std::int64_t, 2>{1 << 30, 1 << 30}, Matrix{}).find("size"),
              std::string::npos);
    EXPECT_NE(refused(std::array<std::int64_t, 2>{-1, -8}, Matrix{}).find("size"), std::string::npos);
    EXPECT_NE(refused(std::array<std::int64_t, 2>{0, std::int64_t{1} << 40}, Matrix{}).find("size"),
              std::string::npos);
}

TEST(OnlineBytes, OfOtherModelsOrSettingsAreRefused) {
    OnlineFit online{exact_grainer(), {.beta = beta}};
    online.add(samples(20, 1));
    const std::string bytes = saved(online);
    const auto message = [&](auto other) {
        return std::string(support::thrown<ArgumentError>([&] { load(other, bytes); }).what());
    };
    const auto expect = [&](auto&& grainer, OnlineSettings settings, const char* words) {
        const std::string text = message(OnlineFit{grainer, settings});
        EXPECT_NE(text.find(words), std::string::npos) << text;
    };
    const auto weak = support::any_prior(weak_prior());
    ising::CoarseChainSettings longer = model, ranged = model;
    longer.sites = 10;
    ranged.pair_range = 2;
    expect(support::ising_grainer(ranged, 2, weak), {.beta = beta}, "coarse parameters is {linear, pair_1}");
    expect(support::ising_grainer(longer, 2, weak), {.beta = beta}, "coarse sites is 8; allowed: 10");
    expect(support::ising_grainer(model, 2), {.beta = beta}, "log prior density");
    expect(exact_grainer(), {.beta = 0.4}, "settings.beta is 0.3; allowed: 0.4");
    expect(exact_grainer(), {.beta = beta, .batch = 8}, "settings.batch");
    expect(exact_grainer(), {.beta = beta, .restarts = 3}, "settings.restarts is 8; allowed: 3");
    expect(exact_grainer(), {.beta = beta, .window = 100.0}, "settings.window");
    expect(exact_grainer(), {.beta = beta, .seed = 2}, "settings.seed");
    const auto sampled = [](Index n) { return chain_grainer(MonteCarlo(HeatBath{}, {.samples = n})); };
    std::istringstream of_twenty(saved(OnlineFit{sampled(20), {.beta = beta}}));
    OnlineFit of_thirty{sampled(30), {.beta = beta}};
    EXPECT_THROW(of_thirty.load(of_twenty), ArgumentError);
    const auto refused = [](MonteCarloSettings own, const char* words) {
        const auto of = [](MonteCarloSettings s) {
            return OnlineFit{chain_grainer(MonteCarlo(HeatBath{}, s)), {.beta = beta}};
        };
        auto other = of(own);
        const std::string text =
            support::thrown<ArgumentError>([&] { load(other, saved(of({.samples = 20}))); }).what();
        EXPECT_NE(text.find(words), std::string::npos) << text;
    };
    refused({.samples = 20, .chains = 2}, "chains of the engine for q(X|x) is 1; allowed: 2");
    refused({.samples = 20, .warm_up = 50}, "warm_up of the engine");
    refused({.samples = 20, .thinning = 2}, "thinning of the engine");
}

/// Damages bytes where the checksum does not see it: refused, or a fit that goes on without harm.
template <class Grainer, class Data>
void expect_no_harm(const Grainer& grainer, const Data& data, double inverse_temperature) {
    OnlineFit online{grainer, {.beta = inverse_temperature}};
    for (int k = 0; k < 9; ++k) online.add(data[static_cast<std::size_t>(k)]);
    const std::string whole = saved(online);
    constexpr std::size_t head = 28;
    auto rng = make_stream(test_seed(), Purpose::check);
    int refused = 0, taken = 0;
    for (int round = 0; round < 400; ++round) {
        std::string bytes = whole;
        const auto at =
            head + static_cast<std::size_t>(uniform_index(rng, static_cast<Index>(bytes.size() - head)));
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << uniform_index(rng, 8)));
        detail::ByteWriter sum;
        sum(detail::checksum_of(std::string_view(bytes).substr(head)));
        bytes.replace(head - 8, 8, sum.bytes);
        OnlineFit other{grainer, {.beta = inverse_temperature}};
        try {
            load(other, bytes);
            for (int k = 9; k < 12; ++k) other.add(data[static_cast<std::size_t>(k)]);
            (void)other.estimate();
            ++taken;
        } catch (const std::exception&) {  // said, by load or later
            ++refused;
        }
    }
    EXPECT_GT(refused, 10);
    EXPECT_GT(taken, 10);
}

TEST(OnlineBytes, DoNoHarmWhereTheChecksumSeesNothing) {
    expect_no_harm(exact_grainer(), samples(20, 1), beta);
    expect_no_harm(chain_grainer(MonteCarlo(HeatBath{}, {.samples = 10, .warm_up = 5})), samples(20, 1),
                   beta);
    expect_no_harm(chain_grainer(MonteCarlo(HeatBath{}, {.samples = 40, .chains = 20, .warm_up = 5})),
                   samples(20, 1), beta);
}

// One configuration more would not fit into an integer.
TEST(OnlineBytes, CountsThatCannotGoOnAreRefused) {
    OnlineFit online{exact_grainer(), {.beta = beta}};
    const std::string whole = saved(online);
    const auto with_configurations = [&](std::int64_t count) {
        constexpr std::size_t head = 28, after = 8 + 3 * 8 + 1;  // of the last members
        detail::ByteWriter number, sum;
        number(count);
        std::string bytes = whole;
        bytes.replace(bytes.size() - after, 8, number.bytes);
        sum(detail::checksum_of(std::string_view(bytes).substr(head)));
        return bytes.replace(head - 8, 8, sum.bytes);
    };
    OnlineFit other{exact_grainer(), {.beta = beta}};
    load(other, with_configurations(std::int64_t{1} << 60));
    EXPECT_EQ(other.configurations(), Index{1} << 60);
    EXPECT_THROW(load(other, with_configurations((std::int64_t{1} << 60) + 1)), ArgumentError);
}

TEST(OnlineBytes, ChainsOfAnotherSizeOrAlphabetAreRefused) {
    const MonteCarlo engine(HeatBath{}, {.samples = 10, .chains = 2});
    const auto space = ising::coarse_chain(model).space();
    using State =
        decltype(engine)::State<decltype(boltzmann(ising::coarse_chain(model), Vector::Zero(2), beta))>;
    State state;
    EXPECT_TRUE(detail::can_be_state(engine, state, space));
    state.chains.resize(2);
    for (auto& chain : state.chains) chain.X = Spins(8, 1);
    EXPECT_TRUE(detail::can_be_state(engine, state, space));
    state.chains[1].X[3] = 5;
    EXPECT_FALSE(detail::can_be_state(engine, state, space));
    state.chains[1].X = Spins(7, 1);
    EXPECT_FALSE(detail::can_be_state(engine, state, space));
    state.chains.resize(1);
    EXPECT_FALSE(detail::can_be_state(engine, state, space));
    state.chains.clear();
    state.replicas.count = 3;
    EXPECT_FALSE(detail::can_be_state(engine, state, space));
}

/// 40 configurations, each 16 times, and independent ones: the first may lead astray.
void add_traps(auto& online, std::uint64_t set, Index independent, auto&& after_each) {
    const auto data = samples(40 + independent, 400 + set);
    for (std::size_t k = 0; k < data.size(); ++k)
        for (int repeat = 0; repeat < (k < 40 ? 16 : 1); ++repeat) {
            online.add(data[k]);
            after_each();
        }
}
void add_traps(auto& online, std::uint64_t set, Index independent) {
    add_traps(online, set, independent, [] {});
}

/// Bytes of the same run, stopped and resumed now and then.
template <class Grainer>
std::string resumed_out_of_trap(const Grainer& grainer, std::uint64_t set) {
    OnlineFit online{grainer, {.beta = beta}};
    int count = 0;
    add_traps(online, set, 1000, [&] {
        if (++count % 93 != 0) return;
        OnlineFit fresh{grainer, {.beta = beta}};
        load(fresh, saved(online));
        online = std::move(fresh);
    });
    return saved(online);
}

// Of 40 sets 13 were trapped, and all had converged in the end; without a new beginning 31 had.
TEST(OnlineTraps, AreLeft) {
    const auto grainer = exact_grainer();
    int converged = 0, trapped = 0;
    for (std::uint64_t set = 0; set < 24; ++set) {
        OnlineFit online{grainer, {.beta = beta}};
        add_traps(online, set, 1000);
        const auto fit = online.estimate();
        converged += fit.status == Status::converged;
        EXPECT_EQ(fit.configurations, 1640);
        if (fit.restarts == 0) continue;
        ASSERT_FALSE(fit.remarks.empty());
        EXPECT_NE(fit.remarks[0].find("began anew 1 time"), std::string::npos) << fit.remarks[0];
        EXPECT_LE(fit.data_count, 1640.0 - 1024.0);
        OnlineFit never{grainer, {.beta = beta, .restarts = 0}};
        add_traps(never, set, 1000);
        EXPECT_EQ(never.estimate().restarts, 0);
        EXPECT_NE(joined(never.estimate()), joined(fit));
        if (++trapped > 1) continue;
        EXPECT_TRUE(resumed_out_of_trap(grainer, set) == saved(online)) << "set " << set;
    }
    EXPECT_GE(trapped, 1);
    EXPECT_GE(converged, 21);
}

TEST(OnlineTraps, AreLeftByChainsBitForBit) {
    const auto grainer = chain_grainer(MonteCarlo(HeatBath{}, {.samples = 4, .warm_up = 10}));
    for (std::uint64_t set = 0; set < 24; ++set) {
        OnlineFit online{grainer, {.beta = beta}};
        add_traps(online, set, 1000);
        if (online.estimate().restarts == 0) continue;
        EXPECT_TRUE(resumed_out_of_trap(grainer, set) == saved(online)) << "set " << set;
        return;
    }
    FAIL() << "no set is a trap";
}

// Words before it begins anew, and where it does not.
TEST(OnlineTraps, AreSaid) {
    const auto grainer = exact_grainer();
    int said = 0;
    for (std::uint64_t set = 0; set < 24; ++set)
        for (const Index restarts : {0, 8}) {
            OnlineFit online{grainer, {.beta = beta, .restarts = restarts}};
            add_traps(online, set, 160);
            const auto fit = online.estimate();
            const std::string words = restarts > 0 ? "it begins anew" : "begin elsewhere (settings.start)";
            const bool is_said = std::any_of(fit.remarks.begin(), fit.remarks.end(), [&](const auto& remark) {
                return remark.find("it seems to be trapped, 800 configurations") != std::string::npos &&
                       remark.find(words) != std::string::npos;
            });
            EXPECT_EQ(is_said, fit.trapped);
            EXPECT_TRUE(!fit.trapped || fit.status == Status::limit);
            said += is_said;
        }
    EXPECT_GE(said, 2);
}

/// The estimate's bytes of P processes, of which each adds every P-th configuration.
template <class Grainer>
std::vector<std::string> learnt_by_processes(const Grainer& grainer, std::ptrdiff_t size,
                                             const std::vector<Spins>& data) {
    return support::in_processes(size, [&](const Processes& processes) {
        OnlineFit online{grainer, {.beta = beta, .processes = processes}};
        for (std::size_t k = 0; k < data.size(); ++k) {
            if (static_cast<Index>(k) % processes.size() == processes.rank()) online.add(data[k]);
            if ((k < 32 && std::has_single_bit(k + 1)) || k % 16 == 15) online.synchronise();
        }
        online.synchronise();
        EXPECT_EQ(online.configurations(), std::ssize(data));
        return saved(online);
    });
}

TEST(OnlineProcesses, GiveTheSameBytesHoweverManyTheyAre) {
    const auto data = samples(300, 21);
    const auto grainer = exact_grainer();
    const std::string expected = learnt_by_processes(grainer, 1, data).front();
    for (const std::ptrdiff_t size : {2, 3, 4})
        for (const std::string& bytes : learnt_by_processes(grainer, size, data)) EXPECT_EQ(bytes, expected);
    OnlineFit alone{grainer, {.beta = beta}}, loaded{grainer, {.beta = beta}};
    alone.add(data);
    load(loaded, expected);  // by one process, too
    // Each differs from the fit of the data by 0.37 deviations or so, as other points were looked at.
    const auto fit = alone.estimate();
    const Vector off = joined(loaded.estimate()) - joined(fit), error = support::joined(fit.errors);
    for (Index k = 0; k < 3; ++k) EXPECT_LE(std::abs(off[k]), 0.5 * error[k]) << k;
}

TEST(OnlineProcesses, SampleApartAndAgree) {
    const auto all = learnt_by_processes(
        chain_grainer(EngineRoles{MonteCarlo(HeatBath{}, {.samples = 10, .warm_up = 5}), TransferMatrix{}}),
        2, samples(200, 22));
    EXPECT_NE(all[0], all[1]);  // chains of their own; the parameters are compared at every step
}

TEST(OnlineProcesses, SayWhatTheyCannot) {
    const auto grainer = exact_grainer();
    OnlineFit alone{grainer, {.beta = beta}};
    EXPECT_THROW(alone.synchronise(), ArgumentError);
    const auto data = samples(4, 23);
    const auto results = support::in_processes(2, [&](const Processes& processes) {
        std::stop_source stop;
        OnlineFit online{grainer, {.beta = beta, .stop = stop.get_token(), .processes = processes}};
        EXPECT_TRUE(online.synchronise());  // nothing to do
        EXPECT_EQ(online.configurations(), 0);
        if (processes.rank() == 1) online.add(data);
        if (processes.rank() == 1) {
            EXPECT_THROW((void)saved(online), ArgumentError);
        }
        EXPECT_TRUE(online.synchronise());
        EXPECT_EQ(online.configurations(), 4);
        if (processes.rank() == 0) stop.request_stop();
        EXPECT_FALSE(online.synchronise());  // in both
        OnlineSettings other{.beta = beta, .processes = processes};
        if (processes.rank() == 1)
            other.start = Parameters{Vector::Constant(2, 0.25), Vector::Constant(1, 0.5)};
        OnlineFit elsewhere{grainer, other};
        EXPECT_THROW(elsewhere.synchronise(), ProcessError);
        return 0;
    });
    EXPECT_EQ(results.size(), 2u);
}

// Mapped data in the place of a latent X: the coarse model alone.
TEST(Online, LearnsByRelativeEntropy) {
    const RelativeEntropy learner{ising::coarse_chain(model), ising::majority_map({.level = 2}),
                                  TransferMatrix{}};
    const auto data = samples(2000, 24);
    OnlineFit online{learner, {.beta = beta}};
    online.add(data);
    const auto fit = online.estimate();
    const auto expected = learner.fit(data, {.beta = beta});
    EXPECT_EQ(fit.status, Status::converged);
    const Vector sd = fit.posterior_deviations.theta;
    for (Index k = 0; k < 2; ++k)
        EXPECT_LE(std::abs(fit.parameters.theta[k] - expected.parameters.theta[k]), 0.25 * sd[k]) << k;
    EXPECT_EQ(fit.parameters.eta.size(), expected.parameters.eta.size());
}

// Something that saves itself by its members, and everything that is known.
struct Polymer {
    std::vector<std::array<double, 3>> beads;
    std::optional<float> charge;
    std::string label;
    Eigen::Matrix<double, 3, 3> box;
    NoState nothing;
    bool ends = false;
    enum class Kind : signed char { ring = -2, line = 5 } kind = Kind::line;

    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.beads, self.charge, self.label, self.box, self.nothing, self.ends, self.kind);
    }
    bool operator==(const Polymer& other) const {
        return beads == other.beads && charge == other.charge && label == other.label && box == other.box &&
               ends == other.ends && kind == other.kind;
    }
};

TEST(OnlineBytes, KnowNumbersContainersAndMembers) {
    const Polymer polymer{{{1.0, -0.0, 3e300}, {4.0, 5.0, 6.0}},
                          1.5f,
                          "abc",
                          Eigen::Matrix<double, 3, 3>::Identity(),
                          {},
                          true,
                          Polymer::Kind::ring};
    detail::ByteWriter write;
    write(polymer, std::int64_t{-7});
    detail::ByteReader read(write.bytes, "test");
    Polymer back;
    std::int64_t number = 0;
    read(back, number);
    EXPECT_EQ(back, polymer);
    EXPECT_EQ(number, -7);
    EXPECT_TRUE(read.is_empty());
    detail::ByteWriter low_first;
    low_first(std::uint32_t{0x01020304});
    EXPECT_EQ(low_first.bytes, std::string("\4\3\2\1"));
}

TEST(Online, WhatIsAddedTogetherIsAddedOneByOne) {
    const auto grainer = exact_grainer();
    const auto data = samples(100, 3);
    OnlineFit together{grainer, {.beta = beta}}, apart{grainer, {.beta = beta}};
    together.add(data);
    for (const auto& x : data) apart.add(x);
    EXPECT_EQ(together.configurations(), 100);
    EXPECT_EQ(apart.estimate().configurations, 100);
    const Vector difference = joined(together.estimate()) - joined(apart.estimate());
    for (const double d : difference) EXPECT_NEAR(d, 0.0, 1e-9);  // lanes round otherwise
}

// Hosts have types of their own.
TEST(Online, ElementsOfOtherTypesAreTheSameConfiguration) {
    const auto grainer = exact_grainer();
    const auto data = samples(40, 3);
    const auto after = [&](auto&& add) {
        OnlineFit online{grainer, {.beta = beta}};
        for (const Spins& x : data) EXPECT_TRUE(add(online, x));
        return saved(online);
    };
    const std::string expected = after([](auto& online, const Spins& x) { return online.add(x, 2.0); });
    const auto as = [&]<class Host>(Host host) {
        return after([&](auto& online, const Spins& x) {
            std::copy(x.begin(), x.end(), host.begin());
            return online.add(host, 2.0);
        });
    };
    EXPECT_EQ(as(std::vector<int>(16)), expected);
    EXPECT_EQ(as(std::deque<long long>(16)), expected);
    EXPECT_EQ(as(std::array<double, 16>{}), expected);
    EXPECT_EQ(as(Vector(Vector::Zero(16))), expected);
    EXPECT_EQ(
        after([](auto& online, const Spins& x) { return online.add(std::span<const ising::Spin>(x), 2.0); }),
        expected);

    OnlineFit online{grainer, {.beta = beta}};
    online.add(std::vector<int>(16, 1));
    const std::string before = saved(online);
    const auto refused = [&](const auto& host) {
        EXPECT_THROW(online.add(host), ArgumentError);
        EXPECT_EQ(saved(online), before);
    };
    std::vector<int> wraps(16, 1);
    wraps[3] = 257;  // 1 in a byte
    refused(wraps);
    for (const double bad : {0.5, 200.0, -129.0, std::nan(""), 1e300}) {
        std::vector<double> host(16, 1.0);
        host[15] = bad;
        refused(host);
    }
    refused(std::vector<unsigned>(16, 4294967295u));  // -1 in a byte
    refused(std::vector<int>(15, 1));
}

/// A row whose end is of another type than its beginning.
struct FirstTwo {
    const std::list<int>& of;
    auto begin() const { return std::counted_iterator(of.begin(), 2); }
    static auto end() { return std::default_sentinel; }
};

// Integers are not rounded, real numbers are.
TEST(Elements, AreNumbersOfTheirType) {
    EXPECT_TRUE((detail::has_value<signed char>(-128)));
    EXPECT_TRUE((detail::has_value<signed char>(127.0)));
    EXPECT_FALSE((detail::has_value<signed char>(128)));
    EXPECT_FALSE((detail::has_value<signed char>(128.0)));
    EXPECT_TRUE((detail::has_value<unsigned char>(255)));
    EXPECT_FALSE((detail::has_value<unsigned char>(-1)));
    EXPECT_FALSE((detail::has_value<unsigned char>(-1.0)));
    EXPECT_FALSE((detail::has_value<long long>(9223372036854775808.0)));
    EXPECT_TRUE((detail::has_value<long long>(-9223372036854775808.0)));
    EXPECT_FALSE((detail::has_value<long long>(18446744073709551615ull)));
    EXPECT_TRUE((detail::has_value<int>(true)));
    EXPECT_TRUE((detail::has_value<float>(0.1)));
    EXPECT_FALSE((detail::has_value<float>(-1e300)));
    std::array<double, 2> pair{};
    detail::copy_elements(std::vector<float>{0.5F, -2.0F}, pair, "test");
    EXPECT_EQ(pair, (std::array{0.5, -2.0}));
    EXPECT_THROW(detail::copy_elements(std::vector<float>(3), pair, "test"), ArgumentError);
    Eigen::Vector2d fixed;
    detail::copy_elements(Eigen::Vector2i(3, -4), fixed, "test");
    EXPECT_EQ(fixed, Eigen::Vector2d(3.0, -4.0));
    EXPECT_THROW(detail::copy_elements(std::vector<double>(100), fixed, "test"), ArgumentError);
    std::list<int> ring{1, -1, 1};
    std::vector<signed char> spins;
    detail::copy_elements(FirstTwo{ring}, spins, "test");
    EXPECT_EQ(spins, (std::vector<signed char>{1, -1}));
}

enum Sign : int { minus = -1, plus = 1 };
// Neither text nor views, nor what is checked by nobody.
TEST(Elements, AreThoseOfRows) {
    using detail::ElementsFor;
    EXPECT_TRUE((ElementsFor<std::vector<std::array<double, 3>>, std::deque<std::array<double, 3>>>));
    EXPECT_TRUE((ElementsFor<std::vector<char>, Spins>));
    EXPECT_FALSE((ElementsFor<std::string, Spins>));
    EXPECT_FALSE((ElementsFor<char[3], Spins>));
    EXPECT_FALSE((ElementsFor<std::vector<double>, std::span<double>>));
    EXPECT_FALSE((ElementsFor<std::vector<Sign>, Spins>));
    EXPECT_FALSE((ElementsFor<std::vector<Eigen::Vector3f>, std::vector<Eigen::Vector3d>>));
    EXPECT_FALSE((ElementsFor<std::vector<double>, Matrix>));
    EXPECT_FALSE((ElementsFor<std::vector<double>, Eigen::Matrix<double, Eigen::Dynamic, 1, 0, 8, 1>>));
    EXPECT_FALSE((detail::ConfigurationFor<Eigen::VectorXi, Vector>));
    EXPECT_TRUE((detail::ConfigurationFor<Eigen::Vector2d, Vector>));
}

TEST(Online, AWeightIsANumberOfConfigurations) {
    const auto grainer = exact_grainer();
    const auto data = samples(400, 4);
    OnlineFit heavy{grainer, {.beta = beta, .batch = 1}};
    for (const auto& x : data) {
        heavy.add(x, 2.0);
        heavy.add(x, 0.0);  // is not there
    }
    EXPECT_EQ(heavy.configurations(), 400);
    const auto weights = std::vector<double>(data.size(), 2.0);
    const auto fit = grainer.fit_prepared(grainer.prepare(data, beta, weights), {.starts = 1});
    const auto estimate = heavy.estimate();
    EXPECT_GT(estimate.data_count, 700.0);
    const Vector sd = support::joined(estimate.posterior_deviations);
    for (Index k = 0; k < 3; ++k) EXPECT_LE(std::abs(joined(estimate)[k] - joined(fit)[k]), sd[k]);
    for (const double bad : {-1.0, std::nan("")}) {
        const std::string before = saved(heavy);
        EXPECT_THROW(heavy.add(data[0], bad), ArgumentError);
        EXPECT_EQ(saved(heavy), before);
    }
}

TEST(Online, AStopEndsIt) {
    std::stop_source stop;
    OnlineFit online{exact_grainer(), {.beta = beta, .stop = stop.get_token()}};
    EXPECT_TRUE(online.add(samples(50, 5)));
    stop.request_stop();
    const std::string before = saved(online);
    EXPECT_FALSE(online.add(samples(1, 6)[0]));
    EXPECT_FALSE(online.add(samples(50, 6)));
    EXPECT_EQ(saved(online), before);
    EXPECT_EQ(online.estimate().status, Status::stopped);
}

TEST(Online, PredictsAtAnyMoment) {
    OnlineFit online{exact_grainer(), {.beta = beta}};
    online.add(samples(37, 5));  // within a block
    const auto from_fit = predict(online.estimate(), ising::Magnetization{});
    EXPECT_EQ(online.predict(ising::Magnetization{}).mean, from_fit.mean);
    EXPECT_EQ(support::joined(online.errors()), support::joined(online.estimate().errors));
}

TEST(Online, NothingAddedIsSaid) {
    const OnlineFit online{exact_grainer(), {.beta = beta}};
    const auto fit = online.estimate();
    EXPECT_EQ(fit.status, Status::limit);
    ASSERT_EQ(fit.remarks.size(), 1u);
    EXPECT_NE(fit.remarks[0].find("no configuration"), std::string::npos);
    EXPECT_TRUE(std::isnan(fit.errors.theta[0]));
}

/// Whole energies only.
struct WholeEnergies : square_ising::Coarse {
    double energy_difference(const Spins& X, Index i, ising::Spin v, const Vector& theta) const = delete;
};

// As fits say it.
TEST(Online, WholeDensitiesAreSaid) {
    const auto of = [](const auto& potential, const auto& engine) {
        OnlineFit online{EMCoarseGrainer{SamplesOnly<Spins>{}, potential, square_ising::BlockMap{2}, engine,
                                         StochasticNewton{}, weak_prior()},
                         {.beta = 0.35}};
        online.add(square_ising::samples(4, 0.35, 3, test_seed()));
        const auto remarks = online.estimate().remarks;
        return std::count_if(remarks.begin(), remarks.end(), [](const std::string& remark) {
            return remark.find(
                       "the kernel evaluates whole densities for every site it visits, since the coarse "
                       "potential has neither energy_difference") != std::string::npos;
        });
    };
    const MonteCarlo sampled(HeatBath{}, {.samples = 8});
    EXPECT_EQ(of(WholeEnergies{{2}}, sampled), 1);
    EXPECT_EQ(of(square_ising::Coarse{2}, sampled), 0);
    EXPECT_EQ(of(WholeEnergies{{2}}, Enumeration{}), 0);
}

TEST(Online, BadSettingsAndConfigurationsAreRefused) {
    const auto refused = [](OnlineSettings settings) {
        return std::string(support::thrown<ArgumentError>([&] {
                               OnlineFit{exact_grainer(), settings};
                           }).what());
    };
    EXPECT_NE(refused({}).find("settings.beta is absent"), std::string::npos);
    EXPECT_NE(refused({.beta = -1.0}).find("beta"), std::string::npos);
    EXPECT_NE(refused({.beta = beta, .batch = 0}).find("batch"), std::string::npos);
    EXPECT_NE(refused({.beta = beta, .restarts = -1}).find("restarts"), std::string::npos);
    EXPECT_NE(refused({.beta = beta, .restarts = 33}).find("restarts"), std::string::npos);
    EXPECT_NE(refused({.beta = beta, .window = 0.0}).find("window"), std::string::npos);
    EXPECT_NE(refused({.beta = beta, .start = Parameters{}}).find("start"), std::string::npos);
    OnlineFit online{exact_grainer(), {.beta = beta}};
    EXPECT_THROW(online.add(Spins(14, 1)), ArgumentError);  // another size
    EXPECT_THROW(online.add(Spins(16, 3)), ArgumentError);
    EXPECT_EQ(online.configurations(), 0);
    online.add(samples(20, 1));  // goes on
    EXPECT_EQ(online.configurations(), 20);
}

TEST(Online, CopiesAreIndependent) {
    OnlineFit first{exact_grainer(), {.beta = beta}};
    first.add(samples(30, 1));
    const std::string before = saved(first);
    OnlineFit second = first;
    second.add(samples(30, 2));
    EXPECT_EQ(saved(first), before);
    first = second;
    EXPECT_EQ(saved(first), saved(second));
}

// The expansion has its maximum there: no gradient is left, of the likelihood or, without prior, at all.
TEST(Online, TheEstimateIsTheMaximumOfTheExpansion) {
    OnlineFit online{support::ising_grainer(model, 2), {.beta = beta}};
    online.add(samples(600, 12));
    const auto fit = online.estimate();
    EXPECT_LT(fit.likelihood.gradient.cwiseAbs().maxCoeff(), 1e-8);
    EXPECT_GT(fit.likelihood.observed().diagonal().minCoeff(), 1.0);
}

// p_c gets as many moves as the configurations of a step together, warm-up included; an engine of its own is
// left as it is.
TEST(Online, TheCoarseEngineMovesAsOftenAsThoseOfAStep) {
    const MonteCarlo engine(HeatBath{}, {.samples = 100, .chains = 20, .warm_up = 10, .thinning = 2});
    const auto both = detail::online_engine(engine, 16);
    EXPECT_EQ(both.coarse.settings().samples, 16 * (100 + 20 * 10 / 2));
    EXPECT_EQ(both.latent.settings().samples, 100);
    EXPECT_EQ(both.latent.settings().refresh, 10);
    const auto of_its_own = detail::online_engine(EngineRoles{Enumeration{}, engine}, 16);
    EXPECT_EQ(of_its_own.coarse.settings().samples, 100);
}

// The field of the simulation rises slowly.
TEST(OnlineDrift, OfASimulationIsSeen) {
    OnlineFit online{exact_grainer(), {.beta = beta}};
    for (std::uint64_t k = 0; k < 40; ++k)
        online.add(samples(50, 200 + k, 0.2 + 0.03 * static_cast<double>(k)));
    const auto fit = online.estimate();
    EXPECT_TRUE(fit.drifting);
    EXPECT_EQ(fit.status, Status::limit);
    ASSERT_FALSE(fit.remarks.empty());
    EXPECT_NE(fit.remarks.back().find("the simulation drifts"), std::string::npos) << fit.remarks.back();
}

// False alarms: 2 of 400 looks were seen; of 50 one may be.
TEST(OnlineDrift, IsNotSeenWhereThereIsNone) {
    int found = 0;
    for (std::uint64_t set = 0; set < 50; ++set) {
        OnlineFit online{exact_grainer(), {.beta = beta, .batch = 8}};
        online.add(samples(400, 300 + set));
        found += online.estimate().drifting ? 1 : 0;
    }
    EXPECT_LE(found, 1);
}

// An equilibration lies behind the window: the rest alone counts.
TEST(Online, AWindowForgetsTheBeginning) {
    const auto grainer = exact_grainer();
    const auto early = samples(1000, 8, 1.5), late = samples(1500, 9, 0.2);
    OnlineFit all{grainer, {.beta = beta}}, window{grainer, {.beta = beta, .window = 1000.0}};
    for (auto* online : {&all, &window}) {
        online->add(early);
        online->add(late);
    }
    EXPECT_TRUE(all.estimate().drifting);
    const auto fit = window.estimate();
    EXPECT_FALSE(fit.drifting);
    EXPECT_GE(fit.data_count, 900.0);
    EXPECT_LE(fit.data_count, 1200.0);
    const auto expected =
        grainer.fit(std::vector<Spins>(late.end() - 1000, late.end()), {.beta = beta, .starts = 1});
    const Vector sd = support::joined(fit.errors);
    for (Index k = 0; k < 3; ++k) EXPECT_LE(std::abs(joined(fit)[k] - joined(expected)[k]), sd[k]) << k;
}

// Configurations that repeat each other: errors grow by the root of the autocorrelation time, 8.
TEST(Online, ErrorsKnowOfCorrelations) {
    const auto data = samples(300, 11);
    OnlineFit online{exact_grainer(), {.beta = beta}};
    for (const auto& x : data)
        for (int repeat = 0; repeat < 8; ++repeat) online.add(x);
    const auto fit = online.estimate();
    const Vector ratio = support::joined(fit.errors).cwiseQuotient(support::joined(fit.posterior_deviations));
    for (Index k = 0; k < 3; ++k) {
        EXPECT_GT(ratio[k], 0.5 * std::sqrt(8.0));
        EXPECT_LT(ratio[k], 1.6 * std::sqrt(8.0));
    }
}

// x that knows nothing of X.
TEST(Online, OpenDirectionsAreFound) {
    const EMCoarseGrainer grainer{
        SamplesOnly<tiny::Spins>{}, tiny::Field{}, tiny::Noise{}, Enumeration{}, Newton{}, flat_prior()};
    OnlineFit online{grainer, {.beta = beta}};
    for (int k = 0; k < 50; ++k) online.add(tiny::Spins{1, -1});
    const auto fit = online.estimate();
    EXPECT_EQ(fit.status, Status::not_identified);
    ASSERT_EQ(fit.directions.size(), 1u);
    EXPECT_NEAR(fit.directions[0].information, 0.0, 1e-9);
}

}  // namespace
}  // namespace online_test
