// The engine's counts times how often it is asked. Speeds and numbers of calls were measured
// (docs/long_work.md, benchmarks/costs.py).
#include "model/cost_model.hpp"

#include "model/ising_fit.hpp"
#include "model/monte_carlo_fit.hpp"

#include <predcg/engines/batch.hpp>
#include <predcg/structure/boltzmann.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <variant>

namespace cli {

using namespace predcg;

namespace {

constexpr double program_bytes = 9e6;

double number(Index n) { return static_cast<double>(n); }
double sites_of(const FitModel& model) { return number(model.fine_sites / model.level); }
double lags_of(const FitModel& model) {
    const Index lags = correlation_of(model).lags();
    return number(lags < 0 ? model.fine_sites / 2 : std::min(lags, model.fine_sites / 2)) + 1.0;
}

/// What a map asks of the engine.
struct MapNeeds {
    Window window{};  ///< of q(X|x), beside the chain's
    Index parameters = 1;
    double tables = 0.0;       ///< nanoseconds, of its densities at new parameters
    bool latent = true;        ///< X is not observed
    bool fine_moments = true;  ///< moments of x follow from those of X, site by site
};
MapNeeds needs_of(const FitModel& model) {
    return std::visit(
        [&]<class Map>(const Map& map) -> MapNeeds {
            if constexpr (std::is_same_v<Map, BernoulliMap>)
                return {};
            else
                return {Window(map.geometry().chain_window()), map.parameter_count(),
                        200.0 * number(map.geometry().cells()) * number(map.parameter_count()),
                        !std::is_same_v<Map, DecimationMap>, false};
        },
        map_of(model).kind());
}

/// f(p_c at the start).
template <class F>
auto with_coarse(const FitModel& model, F&& f) {
    const ChosenChain chain = coarse_chain_of(model);
    return std::visit(
        [&](const auto& coarse) {
            return f(boltzmann(coarse, Vector::Zero(coarse.parameter_count()), model.beta));
        },
        chain.kind());
}

// Nanoseconds, of one core.
constexpr double read_spin = 60.0, write_spin = 20.0, product = 0.55, add_spin = 1.2;

/// The passes of the transfer matrix, which differ in speed.
struct Pass {
    bool open = false, three_letters = false;
    Index width = 1;

    bool is_smallest_ring() const { return !open && !three_letters && width <= 2; }
};

/// Nanoseconds a site and nanoseconds an operation of the engine's count.
struct Speed {
    double site, operation;
};

/// Of one target of many that share their tables.
Speed shared_speed(const Pass& pass, Want want) {
    switch (want) {
    case Want::covariances:
        if (pass.is_smallest_ring()) return {3.0, 0.13};
        if (pass.three_letters) return {10.0, 0.55};
        return {10.0, pass.open || pass.width <= 6 ? 0.28 : 0.17};
    case Want::means:
        if (pass.is_smallest_ring()) return {4.0, 0.06};
        if (pass.open) return {5.0, 0.6};
        return {5.0, pass.three_letters ? 0.23 : pass.width <= 5 ? 0.2 : 0.6};
    default:
        if (pass.is_smallest_ring()) return {2.0, 0.05};
        return {2.0, pass.open ? 0.6 : pass.three_letters || pass.width <= 6 ? 0.22 : 0.12};
    }
}
/// Of a target alone.
Speed own_speed(const Pass& pass) { return {1.0, pass.open ? 2.2 : pass.three_letters ? 1.2 : 0.3}; }
Cost at_speed(const Speed& speed, double sites, const Cost& counted, double call = 1000.0) {
    return {call + speed.site * sites + speed.operation * counted.operations, counted.bytes};
}

/// Tables and messages of eight targets side by side.
double lane_bytes(const Pass& pass, double letters, double sites) {
    const double states = std::pow(letters, number(pass.width) - 1.0), starts = pass.open ? 1.0 : states;
    return 64.0 * sites * (states * (letters + starts) + letters);
}

/// What is asked again and again, one call of each.
struct Calls {
    Cost moments, gradient, density;  ///< of all data and p_c: with covariances, means, log Z alone
    Cost sampler;                     ///< of X
    double draw = 0.0;                ///< x, by a sampler that is there
    double prepare = 0.0;             ///< x, for a likelihood
    Cost one_gradient;                ///< means, of one datum by itself
    Cost m, R;                        ///< expectations
};

/// Throws CostError where the engine will.
void require_within(const Cost& cost, const char* what, const char* advice) {
    const TransferMatrix engine;
    if (!(cost.operations <= engine.cost_limit))
        throw CostError(what, cost.operations, engine.cost_limit, "operations", advice);
    if (!(cost.bytes <= engine.memory_limit))
        throw CostError(what, cost.bytes, engine.memory_limit, "bytes", advice);
}

/// Different data, at most.
double different(const FitModel& model, Index samples, const MapNeeds& map) {
    const double kinds = map.parameters == 1 && map.window.width == 1 && map.latent
                             ? number(model.level) + 1.0
                             : std::pow(2.0, number(model.level));
    return std::min(number(samples), std::pow(kinds, std::min(sites_of(model), 60.0)));
}

/// `pairs`: whether correlations are predicted, too.
Calls calls_of(const FitModel& model, double data, bool pairs = true) {
    const MapNeeds map = needs_of(model);
    return with_coarse(model, [&](const auto& p_c) {
        const TransferMatrix engine;
        const double sites = sites_of(model), n = number(model.fine_sites);
        const Index p = coarse_chain_of(model).parameter_count(), d = p + map.parameters;
        Pass pass{model.boundary == Boundary::open, model.letters == 3, p_c.window().width};
        const Speed own = own_speed(pass);
        Calls calls;
        const auto of = [&](Want want) {
            const Cost single = engine.cost(p_c, {}, p, want);
            require_within(single, "TransferMatrix", "shorten the interactions, or open the ring");
            const Cost all = at_speed(own, sites, single) + Cost{map.tables, 0.0};
            if (!map.latent) {
                const double each = want == Want::covariances ? 55.0 : want == Want::means ? 28.0 : 11.0;
                return all + Cost{data * each * sites, 0.0};
            }
            const Cost counted = engine.cost(p_c, map.window, d, want);
            require_within(counted, "TransferMatrix", "shorten the interactions, or open the ring");
            Pass joint = pass;
            joint.width = std::max(pass.width, map.window.width);
            Cost each = at_speed(shared_speed(joint, want), sites, counted, 50.0);
            each.bytes = std::max(each.bytes, lane_bytes(joint, number(model.letters), sites));
            return all + data * each;
        };
        calls.moments = of(Want::covariances);
        calls.gradient = of(Want::means);
        calls.one_gradient = at_speed(own, sites, engine.cost(p_c, map.window, d, Want::covariances));
        calls.density = of(Want::log_partitions);
        calls.sampler = at_speed({6.0, 0.05}, sites, engine.cost(p_c, {}, 0, Want::means));
        calls.draw = (map.fine_moments ? 20.0 : 60.0) * n;
        calls.prepare = (map.fine_moments ? 10.0 : 70.0) * n;
        const Index lags = correlation_of(model).lags();
        const auto moments = [&](int order) -> Cost {
            if (map.fine_moments) {
                const Index coarse_lags = lags < 0 ? lags : lags / model.level + 1;
                Cost cost = engine.cost_of_site_moments(p_c, order, coarse_lags);
                if (order == 2 && pass.open)  // those of fine sites beside
                    cost.bytes += 8.0 * n * (lags < 0 ? n : std::min(number(lags + model.level), n));
                return cost;
            }
            return std::visit(
                [&]<class Map>(const Map& kind) -> Cost {
                    using Letter = std::remove_cvref_t<decltype(p_c.space().values()[0])>;
                    if constexpr (requires { kind.conditional_moments(Index{}, Vector()); }) {
                        const auto given = kind.conditional_moments(p_c.space().size(),
                                                                    Vector::Zero(kind.parameter_count()));
                        if constexpr (ChainConditionalMoments<decltype(given), Letter>)
                            return engine.cost_of_site_moments(p_c, given, order);
                    }
                    return {};
                },
                map_of(model).kind());
        };
        calls.m = at_speed({pass.open ? 200.0 : 10.0, 1.0}, sites, moments(1));
        if (!pairs) return calls;
        const Cost second = moments(2);
        require_within(
            second, "predictions",
            "these are second moments of pairs of sites: fewer --lags, shorter interactions, or a ring");
        const double terms = pass.open ? n : number(model.level);
        calls.R = at_speed({100.0, pass.open ? 0.8 : 1.0}, sites, second) +
                  Cost{(pass.open ? 4.0 : 2.0) * terms * lags_of(model), 0.0};
        return calls;
    });
}

/// Evaluations of all starts together.
double evaluations(const FitModel& model, std::optional<Index> iterations) {
    const MapNeeds map = needs_of(model);
    const Index p = coarse_chain_of(model).parameter_count() + map.parameters;
    const double most = 8.0 * (1.0 + 1.5 * number(iterations.value_or(1000)));
    const bool easy = !map.latent || (p <= 2 && model.letters == 2);
    return std::min(most, easy ? 35.0 : p == 3 && model.letters == 2 ? 60.0 : 150.0);
}

/// Starts of many data climb a part of them first (learning/exact_fit.hpp).
constexpr double part_of_data = 4096.0;

void add_exact_fit(CostEstimate& estimate, const FitModel& model, const Calls& calls, double data,
                   std::optional<Index> iterations, const std::string& name) {
    double times = evaluations(model, iterations);
    if (data >= 4.0 * part_of_data) times = times * part_of_data / data + 8.0;
    estimate.add({name, times * calls.moments,
                  "fewer data, a shorter --pair-range, or an open chain, whose cost grows as 2^range and not "
                  "as 4^range"});
}

void add_sampled_fit(CostEstimate& estimate, const FitModel& model, const FitMethod& method, Index samples,
                     Index iterations) {
    const double width = with_coarse(model, [](const auto& p_c) { return number(p_c.window().width); });
    const double more = number(model.letters) - 1.0, window = std::max(1.0, width - 1.0) * sites_of(model);
    const SideBySide side = chains_side_by_side(model, method);
    // An iteration of the chains of one target; those that move side by side fill blocks of 64.
    const auto of = [&](Index draws, bool side_by_side, double own_window) -> Cost {
        const predcg::MonteCarloSettings s = sampling(draws, side_by_side);
        if (s.chains == 1) return {13.0 * window * own_window * more * number(draws), sites_of(model)};
        const double lanes = 64.0 * std::ceil(number(s.chains) / 64.0);
        const double moves = number(s.refresh) + std::ceil(number(draws) / number(s.chains));
        return {800.0 + 0.25 * window * more * more * lanes * moves, lanes * sites_of(model)};
    };
    const Cost latent = of(method.latent_samples, side.latent, number(needs_of(model).window.width)),
               coarse = of(method.coarse_samples, side.coarse, 1.0);
    const double times = std::min(700.0, number(iterations));
    estimate.add({"the fit by sampling",
                  {times * (number(samples) * latent.operations + coarse.operations),
                   number(samples) * latent.bytes + coarse.bytes},
                  "fewer --latent-samples or --coarse-samples, fewer --iterations, or fewer data"});
}

/// Predictions at the estimate, and the same averages of the data.
void add_comparison(CostEstimate& estimate, const FitModel& model, const Calls& calls, Index samples) {
    const double spins = number(samples) * number(model.fine_sites);
    estimate.add({"correlations of model and data",
                  calls.m + calls.R + Cost{spins * (add_spin + product * lags_of(model)), 0.0},
                  "fewer --lags", false});
}

void add_intervals(CostEstimate& estimate, const FitModel& model, const Calls& calls, double draws,
                   bool correlation) {
    const double n = number(model.fine_sites), lags = correlation ? lags_of(model) : 1.0;
    const Cost single = calls.sampler + Cost{calls.draw + n * (add_spin + product * lags), 0.0};
    Cost all = draws * ((correlation ? calls.R : calls.m) + single + Cost{1000.0 * lags, 0.0});
    all.bytes += 40.0 * draws * lags;
    estimate.add({correlation ? "intervals of the correlation" : "intervals of m", all,
                  correlation ? "fewer --lags or posterior draws" : "fewer posterior draws"});
}

void add_posterior(CostEstimate& estimate, const FitModel& model, const Calls& calls, PosteriorMethod method,
                   double draws) {
    const double size = 8.0 * draws * number(coarse_chain_of(model).parameter_count() + 2);
    const std::string fewer = "fewer --draws or data, --posterior laplace-joint";
    Cost cost;
    if (method == PosteriorMethod::full) {
        constexpr double warm_up = 4.0 * 300.0;
        const double moves = draws + warm_up;
        // Of few parameters most moves are jumps; the more a posterior bends, the more steps a trajectory
        // has.
        const bool few = needs_of(model).parameters <= 1;
        const double trajectories = moves / 16.0 + (few ? 4.0 * 300.0 / 32.0 : moves / 8.0);
        const double fitting = few ? 2400.0 : 16000.0, jumps = few ? 2.0 : 12.0;
        cost = moves * (jumps * calls.density + Cost{3000.0, 0.0}) + fitting * calls.density +
               trajectories * (few ? 4.0 : 8.0) * calls.gradient;
    } else if (method == PosteriorMethod::laplace_joint) {
        cost = draws * calls.density;
    } else {
        cost = calls.moments;
    }
    cost.bytes += size;
    estimate.add({"the posterior", cost, method == PosteriorMethod::full ? fewer : "fewer --draws or data"});
}

void add_checks(CostEstimate& estimate, const FitModel& model, const Calls& calls, Index samples) {
    constexpr double replicates = 1000.0;
    const double n = number(model.fine_sites), S = number(samples);
    const Cost replica = calls.sampler +
                         Cost{S * (calls.draw + 2.0 * n * (add_spin + 3.0 * product) + calls.prepare), 0.0} +
                         2.0 * calls.density;
    estimate.add({"predictive checks", replicates * replica, "fewer data, --posterior none"});
}

/// A configuration of a level, drawn, kept and prepared for the next; nanoseconds.
Cost draw_of_level(double sites) { return {60.0 + 20.0 * sites, 0.0}; }
/// Of vectors that grow, with what the next level makes of them.
double draw_bytes(double sites) { return 60.0 + sites; }

/// The fit of all levels at once with its posterior: letters, width and statistics are those that learning
/// refuses by (model/hierarchy_learner.hpp). 40 ns an operation of one iteration, in all.
Cost joint_fit(const HierarchyModel& model, Index samples) {
    FitModel first = model.of, top = model.of;
    first.fine_sites = model.sites(0);
    first.level = model.levels.front();
    top.fine_sites = model.sites(model.count() - 1);
    top.level = model.levels.back();
    const MapNeeds map = needs_of(first);
    double letters = 1.0, sites = 1.0;  // bits of a letter, sites of X_k below one of the top
    for (std::size_t k = model.count() - 1; k > 0; --k) letters += sites *= number(model.levels[k]);
    const double q = std::pow(2.0, letters), own = number(coarse_chain_of(top).parameter_count()),
                 p = own + number(model.count() - 1) * number(map.parameters),
                 d = p + p * p + number(map.parameters);
    const double width =
        std::max(with_coarse(top, [](const auto& p_c) { return number(p_c.window().width); }),
                 number(map.window.width));
    const bool ring = model.of.boundary == Boundary::periodic;
    const double operations = std::pow(q, ring ? 2.0 * width - 1.0 : width) * sites_of(top) *
                              (2.0 + d * (d + 3.0) / 2.0) * different(first, samples, map);
    // Learning refuses more, in its own words.
    return {operations <= 1e11 ? 40.0 * operations : 0.0, 0.0};
}

}  // namespace

double held_memory(const FitModel& model, Index samples) {
    const double spins = number(samples) * number(model.fine_sites);
    return program_bytes + spins * (1.0 + 8.0 / number(model.level));
}

CostEstimate cost_of_fit(const FitModel& model, const FitMethod& method, const PlannedFit& plan) {
    CostEstimate estimate{held_memory(model, plan.samples), {}};
    const double spins = number(plan.samples) * number(model.fine_sites);
    estimate.add({"data", Cost{read_spin * spins, 0.0}, "fewer data", false});
    const double data = different(model, plan.samples, needs_of(model));
    const Calls calls = calls_of(model, data);
    if (method.engine == Engine::monte_carlo)
        add_sampled_fit(estimate, model, method, plan.samples, plan.iterations.value_or(sampled_iterations));
    else
        add_exact_fit(estimate, model, calls, data, plan.iterations, "the fit");
    if (plan.trajectory)
        estimate.add({"autocorrelation",
                      number(plan.samples) * (calls.one_gradient + Cost{4.0 * number(model.fine_sites), 0.0}),
                      "fewer data", false});
    if (plan.trajectory) add_exact_fit(estimate, model, calls, data, plan.iterations, "the weighted fit");
    add_comparison(estimate, model, calls, plan.samples);
    if (!plan.posterior) return estimate;
    const double draws = number(plan.draws);
    add_posterior(estimate, model, calls, *plan.posterior, draws);
    add_intervals(estimate, model, calls, draws, false);
    add_intervals(estimate, model, calls, draws, true);
    add_checks(estimate, model, calls, plan.samples);
    return estimate;
}

CostEstimate cost_of_matching(const FitModel& model, const FitMethod& method, Index samples, Index iterations,
                              bool by_iterative_boltzmann) {
    CostEstimate estimate{held_memory(model, samples), {}};
    const double spins = number(samples) * number(model.fine_sites);
    estimate.add({"data", Cost{read_spin * spins, 0.0}, "fewer data", false});
    const Calls calls = calls_of(model, 0.0);
    if (method.engine == Engine::monte_carlo)
        add_sampled_fit(estimate, model, method, 0, iterations);
    else if (by_iterative_boltzmann)
        estimate.add({"the fit", std::min(300.0, number(iterations)) * calls.moments, "fewer --iterations"});
    else
        add_exact_fit(estimate, model, calls, 0.0, iterations, "the fit");
    estimate.add({"moments of the data", Cost{50.0 * spins, 0.0}, "fewer data"});
    add_comparison(estimate, model, calls, samples);
    return estimate;
}

CostEstimate cost_of_prediction(FitModel model, bool correlation, Index sites, Index lags, Index draws) {
    model.fine_sites = sites;
    model.lags = lags;
    CostEstimate estimate{held_memory(model, 1), {}};
    const Calls calls = calls_of(model, 1.0, correlation);
    estimate.add(
        {"the prediction", correlation ? calls.R : calls.m, correlation ? "fewer --lags" : "", false});
    if (draws > 0) add_intervals(estimate, model, calls, number(draws), correlation);
    return estimate;
}

CostEstimate cost_of_samples(const FitModel& model, Index sites, Index samples, Index draws) {
    FitModel larger = model;
    larger.fine_sites = sites;
    CostEstimate estimate{program_bytes, {}};
    const double spins = number(samples) * number(sites);
    const Cost sampler = with_coarse(larger, [&](const auto& p_c) {
        return at_speed({6.0, 0.05}, sites_of(larger), TransferMatrix{}.cost(p_c, {}, 0, Want::means));
    });
    Cost all = (draws > 0 ? number(samples) : 1.0) * sampler + Cost{spins * (30.0 + write_spin), 0.0};
    all.bytes += 8.0 * spins;
    estimate.add({"the samples", all, "fewer --samples"});
    return estimate;
}

CostEstimate cost_of_prediction(const HierarchyModel& model, std::size_t k, bool correlation, Index sites,
                                Index lags, Index draws) {
    const double n = number(sites), top = n / (number(model.block(model.count())) / number(model.block(k)));
    const double each =
        n * (40.0 + add_spin) +
        (correlation ? product * n * (lags < 0 ? 0.5 * n + 1.0 : std::min(number(lags), 0.5 * n) + 1.0)
                     : 0.0);
    CostEstimate estimate{program_bytes, {}};
    const double configurations = number(PredictSettings{}.draws);
    estimate.add(
        {"the prediction", Cost{configurations * each + 100.0 * top, 16.0 * n}, "fewer --lags", false});
    if (draws > 0)
        estimate.add({"intervals",
                      Cost{number(draws) * (number(CredibleSettings{}.samples) * each + 100.0 * top), 0.0},
                      "fewer --lags, a fit with fewer --draws"});
    return estimate;
}

CostEstimate cost_of_generate(const FineModel& model, Index samples, double sweeps) {
    CostEstimate estimate{program_bytes, {}};
    const Boltzmann target(ising::chain(model.chain), model.beta);
    const double n = number(model.chain.sites), spins = number(samples) * n;
    if (sweeps > 0.0) {
        estimate.add({"the chain", Cost{sweeps * n * (20.0 + 4.0 * number(model.chain.range)), spins},
                      "fewer --samples, --burn-in or --thinning", false});
    } else {
        const TransferMatrix engine;
        const Cost tables = 2.0 * engine.cost(target, {}, 0, Want::log_partitions);
        require_within(tables, "generate", "a shorter --range, an open chain, or --sampler heat-bath");
        estimate.add({"tables of the exact sampler", tables, "a shorter --range, --sampler heat-bath"});
        estimate.add({"the samples", Cost{20.0 * spins, spins + tables.bytes}, "fewer --samples"});
    }
    estimate.add({"the file", Cost{write_spin * spins, 5.0 * spins}, "fewer --samples", false});
    return estimate;
}

CostEstimate cost_of_truth(const FineModel& model) {
    CostEstimate estimate{program_bytes, {}};
    const Boltzmann target(ising::chain(model.chain), model.beta);
    const TransferMatrix engine;
    const Cost pairs = engine.cost_of_site_moments(target, 2);
    require_within(pairs, "truth", "a shorter --range, fewer --sites, or an open chain");
    estimate.add({"the averages", engine.cost_of_site_moments(target, 1) + pairs, "a shorter --range"});
    return estimate;
}

CostEstimate cost_of_calibration(const FitModel& model, Index samples, PosteriorMethod method, Index draws) {
    CostEstimate estimate{held_memory(model, samples), {}};
    const double data = different(model, samples, needs_of(model));
    const Calls calls = calls_of(model, data);
    add_exact_fit(estimate, model, calls, data, {}, "fits");
    add_posterior(estimate, model, calls, method, number(draws));
    estimate.add({"predictions", number(draws) * (calls.m + calls.R), "fewer --draws"});
    return estimate;
}

CostEstimate cost_of_hierarchy(const HierarchyModel& model, Index samples, const HierarchyChoice& choice) {
    CostEstimate estimate{held_memory(model.of, samples), {}};
    const bool distilled = model.mode == HierarchyMode::distilled;
    const auto method = choice.full ? PosteriorMethod::full : PosteriorMethod::laplace_joint;
    CostEstimate above;  // of one draw of a distilled posterior
    Index given = samples;
    for (std::size_t k = 0; k < model.count(); ++k) {
        FitModel level = model.of;
        level.fine_sites = model.sites(k);
        level.level = model.levels[k];
        const MapNeeds map = needs_of(level);
        const double data = different(level, given, map);
        const Calls calls = calls_of(level, data, false);
        const std::string name = " of level " + std::to_string(k + 1);
        add_exact_fit(estimate, level, calls, data, choice.iterations, "the fit" + name);
        if (k > 0) above.add(estimate.parts.back());
        if (model.learns_jointly()) {
            // There is one posterior, of all levels.
        } else if (!distilled || k == 0) {
            add_posterior(estimate, level, calls, method, number(choice.draws));
            estimate.parts.back().name += name;
        }
        estimate.held += data * sites_of(level) * 9.0;
        if (k + 1 == model.count()) break;
        if (!map.latent) {  // X are the data's, and moments of p_c stand for its draws
            given = static_cast<Index>(data);
            continue;
        }
        const double targets = distilled ? 1.0 : data,
                     states = std::pow(2.0, std::min(sites_of(level), 60.0));
        const double each =
            choice.samples > 0 ? number(choice.samples) * (distilled ? number(samples) : 1.0) : states;
        estimate.add({"X" + name + " for the next",
                      targets * calls.sampler + targets * each * draw_of_level(sites_of(level)),
                      "fewer --samples or data", false});
        // All kinds are there once, however many data have them.
        estimate.parts.back().cost.bytes =
            (choice.samples > 0 ? targets * each : states) * draw_bytes(sites_of(level));
        above.add(estimate.parts.back());
        given = static_cast<Index>(std::min(choice.samples > 0 ? targets * each : states, 1e15));
    }
    if (model.learns_jointly())
        estimate.add({"all levels at once", joint_fit(model, samples), "--mode anchored, fewer data"});
    if (distilled && !above.parts.empty())
        estimate.add(
            above.as_one("the flow of the draws", number(choice.draws), "fewer --draws or --samples"));
    return estimate;
}

}  // namespace cli
