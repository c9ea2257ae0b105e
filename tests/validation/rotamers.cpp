// Chains of rotational states with von Mises angles: how often 95 % intervals of the parameters hold the
// truth, data sets drawn from the model that was fitted to decane; and ranks of parameters drawn from the
// prior. A study, not a test: run once, its tables stand in docs/validation.md.
//     validation_rotamers coverage DATA_SETS FRAMES DRAWS SEED
//     validation_rotamers sbc REPLICATES FRAMES DRAWS SEED
//     validation_rotamers models DRAWS SEED
// The last compares models of the pairs on decane, and gives the posterior of the parameters.
// Tables go to standard output, what came out of every data set to standard error.
#include <predcg/geometry/internal_coordinates.hpp>
#include <predcg/geometry/whole_molecules.hpp>
#include <predcg/judge/effective_data.hpp>
#include <predcg/judge/model_score.hpp>
#include <predcg/judge/simulation_based.hpp>
#include <predcg/models/rotamers/map.hpp>
#include <predcg/models/rotamers/observables.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>
#include <predcg/predict/coarse_scale.hpp>
#include <predcg/predict/credible_interval.hpp>
#include <predcg/statistics/proportion.hpp>
#include <predcg/trajectories/trajectory.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

using namespace predcg;

namespace {

constexpr double beta = 1.0 / (0.0083144626 * 400.0);

auto make_grainer(const rotamers::CoarseChainSettings& settings = {}) {
    const auto map = rotamers::von_mises_map();
    return EMCoarseGrainer{SamplesOnly<Vector>{}, rotamers::chain(settings), map, TransferMatrix{}, Newton{},
                           weak_prior(map)};
}

std::vector<Vector> decane() {
    const auto whole = WholeMolecules::chains(10);
    const auto chain = ZMatrix::chain(10);
    std::vector<Vector> data;
    for (const Frame& frame : Trajectory(PREDCG_EXAMPLE_DATA "/decane.xtc"))
        data.push_back(chain.internal(whole(frame.positions, frame.box)).dihedrals);
    return data;
}

void held(Index sets, Index frames, Index draws, std::uint64_t seed) {
    const auto grainer = make_grainer();
    const auto fitted = grainer.fit(decane(), {.beta = beta});
    const Vector truth = linalg::joined(fitted.parameters.theta, fitted.parameters.eta);
    auto X = TransferMatrix{}.sampler(boltzmann(grainer.coarse(), fitted.parameters.theta, beta));
    const auto d = static_cast<std::size_t>(truth.size());
    std::vector<Index> inside(d), below(d), normal(d);
    std::vector<double> width(d);
    Index flagged = 0, without = 0;
    std::vector<std::string> names;
    for (Index s = 0; s < sets; ++s) {
        const std::uint64_t its = seed + static_cast<std::uint64_t>(s);
        Philox4x32 rng = make_stream(its, Purpose::generate);
        std::vector<Vector> data;
        for (Index k = 0; k < frames; ++k)
            data.push_back(grainer.map().sample(X.draw(rng), fitted.parameters.eta, rng));
        const auto fit = grainer.fit(data, {.beta = beta, .seed = its});
        const auto posterior = full_posterior(grainer, data, fit, {.draws = draws, .seed = its});
        const auto laplace = laplace_joint(grainer, data, fit, {.draws = 400, .seed = its});
        flagged += !posterior.reliable;
        without += !laplace.reliable;
        names = posterior.names();
        std::fprintf(stderr, "%td %d %d", s, posterior.reliable, laplace.reliable);
        for (std::size_t k = 0; k < d; ++k) {
            const auto at = static_cast<Index>(k);
            const Vector values = linalg::row_of(posterior.draws, at);
            const double low = statistics::quantile(values, 0.025),
                         high = statistics::quantile(values, 0.975);
            inside[k] += low <= truth[at] && truth[at] <= high;
            below[k] += high < truth[at];
            width[k] += (high - low) / static_cast<double>(sets);
            normal[k] += std::abs(laplace.mean[at] - truth[at]) <= 1.959964 * laplace.sd[at];
            std::fprintf(stderr, "  %.3f %.3f", low, high);
        }
        std::fprintf(stderr, "\n");
    }
    std::printf(
        "| | truth | full: held, %% | 95 %% of that | below the truth | mean width | Laplace: held, %% |\n"
        "|---|---|---|---|---|---|---|\n");
    for (std::size_t k = 0; k < d; ++k) {
        const statistics::Proportion share{inside[k], sets};
        std::printf("| %s | %.3f | %.1f | %.1f to %.1f | %td | %.3f | %.1f |\n", names[k].c_str(),
                    truth[static_cast<Index>(k)], 100.0 * share.value(), 100.0 * share.lower(),
                    100.0 * share.upper(), below[k], width[k],
                    100.0 * static_cast<double>(normal[k]) / static_cast<double>(sets));
    }
    std::printf("%td of %td full posteriors flagged; Laplace approximations refused: %td\n", flagged, sets,
                without);
}

void ranked(Index replicates, Index frames, Index draws, std::uint64_t seed) {
    const auto learner = make_grainer();
    const auto ranks = simulation_based_calibration(
        learner, {.beta = beta, .data = frames, .replicates = replicates, .seed = seed},
        [&](const auto&, const auto& data, std::uint64_t its) {
            const auto fit = learner.fit_prepared(data, {.beta = beta, .seed = its});
            auto posterior = full_posterior(learner, data, fit, {.draws = draws, .chains = 2, .seed = its});
            double least = 1e9;
            for (const statistics::Diagnostics& of : posterior.diagnostics)
                least = std::min(least, of.ess_bulk);
            std::fprintf(stderr, "%llu %d %.0f\n", static_cast<unsigned long long>(its), posterior.reliable,
                         least);
            return posterior;
        });
    std::printf("| | chi^2 | p | counts |\n|---|---|---|---|\n");
    for (std::size_t k = 0; k < ranks.names.size(); ++k) {
        std::printf("| %s | %.1f | %.2g |", ranks.names[k].c_str(), ranks.histograms[k].chi_square,
                    ranks.histograms[k].p_value);
        for (const Index count : ranks.histograms[k].counts) std::printf(" %td", count);
        std::printf(" |\n");
    }
    std::printf("%td of %td flagged\n", ranks.unreliable, replicates);
}

template <class P>
void print_posterior(const char* name, const P& posterior) {
    for (Index k = 0; k < posterior.parameter_count(); ++k) {
        const Vector values = linalg::row_of(posterior.draws, k);
        std::printf("| %s | %s | %.3f | %.3f | %.3f to %.3f |\n", name,
                    posterior.names()[static_cast<std::size_t>(k)].c_str(), posterior.mean[k],
                    posterior.sd[k], statistics::quantile(values, 0.025),
                    statistics::quantile(values, 0.975));
    }
    const auto counts = predict(coarse_scale(posterior), rotamers::Counts{}, {.predictive = false});
    const std::array what{"gauche", "same", "opposite"};
    for (std::size_t k = 0; k < 3; ++k) {
        const auto at = static_cast<Index>(k);
        std::printf("| %s | %s a chain | %.4f | %.4f | %.4f to %.4f |\n", name, what[k], counts.mean[at],
                    counts.sd[at], counts.lower[at], counts.upper[at]);
    }
    std::fflush(stdout);
}

void models(Index draws, std::uint64_t seed) {
    const auto data = decane();
    const auto best = make_grainer();
    const auto fitted = best.fit(data, {.beta = beta});
    const auto worth = effective_data(data, checked("score", Score(best, beta, fitted.parameters)));
    for (std::size_t k = 0; k < worth.names.size(); ++k)
        std::printf("%s: autocorrelation time %.2f frames\n", worth.names[k].c_str(),
                    worth.autocorrelation_times[static_cast<Index>(k)]);
    std::printf("%td frames are worth %.0f\n", worth.count, worth.effective);
    const auto weights = worth.weights();

    std::printf(
        "| model | parameters | log-likelihood | log evidence | error | Laplace | Laplace, weighted | elpd | "
        "p_loo | "
        "worst k | elpd - best | error | time |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    std::vector<std::pair<const char*, rotamers::CoarseChainSettings>> all{
        {"same, opposite", {}},
        {"independent", {.same = false, .opposite = false}},
        {"same", {.opposite = false}},
        {"opposite", {.same = false}},
        {"same, opposite, second", {.second_neighbours = true}}};
    Vector reference;
    for (const auto& [name, settings] : all) {
        const auto grainer = make_grainer(settings);
        ScoreSettings how;
        how.posterior.draws = draws;
        how.posterior.seed = seed;
        const ModelScore score = score_model(name, grainer, data, beta, how);
        const auto weighted = grainer.prepare(data, beta, weights);
        const auto evidence = laplace_evidence(grainer, weighted, grainer.fit_prepared(weighted));
        if (reference.size() == 0) reference = score.leave_one_out.log_density;
        const Vector less = score.leave_one_out.log_density - reference;
        const double n = static_cast<double>(less.size()), difference = less.sum();
        const double time =
            difference == 0.0 ? 1.0 : std::max(1.0, statistics::integrated_autocorrelation_time(less));
        const double variance = (less.array() - difference / n).square().sum() / (n - 1.0);
        std::printf(
            "| %s | %td | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f | %.1f |\n",
            name, score.parameters, score.log_likelihood, score.exact.log_evidence.value_or(NAN),
            score.exact.standard_error, score.laplace.log_evidence.value_or(NAN),
            evidence.log_evidence.value_or(NAN), score.leave_one_out.elpd, score.leave_one_out.p_loo,
            score.leave_one_out.worst_k, difference, std::sqrt(n * variance * time), time);
        for (const Evidence* e : {&score.exact, &score.laplace})
            for (const std::string& remark : e->remarks) std::printf("%s\n", remark.c_str());
        for (const std::string& remark : score.leave_one_out.remarks) std::printf("%s\n", remark.c_str());
        std::fflush(stdout);
    }

    std::printf("| posterior | | mean | sd | 95 %% |\n|---|---|---|---|---|\n");
    const auto prepared = best.prepare(data, beta), weighted = best.prepare(data, beta, weights);
    print_posterior("Laplace", laplace_joint(best, prepared, fitted));
    print_posterior("full", full_posterior(best, prepared, fitted, {.draws = draws, .seed = seed}));
    const auto fewer = best.fit_prepared(weighted);
    print_posterior("weighted, Laplace", laplace_joint(best, weighted, fewer));
    print_posterior("weighted, full", full_posterior(best, weighted, fewer, {.draws = draws, .seed = seed}));
}

}  // namespace

int main(int count, char** words) {
    const std::string what = count >= 2 ? words[1] : "";
    const auto number = [&](int k) { return std::stol(words[k]); };
    if (what == "coverage" && count == 6)
        held(number(2), number(3), number(4), std::stoull(words[5]));
    else if (what == "sbc" && count == 6)
        ranked(number(2), number(3), number(4), std::stoull(words[5]));
    else if (what == "models" && count == 4)
        models(number(2), std::stoull(words[3]));
    else
        return std::fputs("usage: validation_rotamers coverage|sbc DATA_SETS FRAMES DRAWS SEED, or models "
                          "DRAWS SEED\n",
                          stderr),
               2;
}
