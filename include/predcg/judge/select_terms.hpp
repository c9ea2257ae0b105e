#pragma once
#include <predcg/judge/evidence.hpp>
#include <predcg/judge/term_relevance.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/priors/relevance.hpp>
#include <predcg/structure/with_terms.hpp>

#include <numeric>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace predcg {

/// Settings of select_terms and select_parameters.
struct SelectionSettings {
    double first_precision = 0.25;  ///< alpha of every term before the data have been seen
    double tolerance = 1e-3;        ///< relative, of alpha from one fit to the next
    Index rounds = 10;              ///< of fits at most, until alpha stays
    FitSettings fit{};              ///< starts, seed, limits of the first fit and the last
};

/// The terms that stay, and the fit with them alone.
template <class Coarse, class Map, class Engine>
struct Selection {
    std::vector<TermScore> terms;  ///< of all candidates, in the order of (theta_c, eta); a term that was
                                   ///< dropped has the numbers of when it was
    std::vector<Index> kept;       ///< their places, ascending
    Fit<Coarse, Map, Engine, ExactEstimate> fit;  ///< under the prior of the grainer
    bool reliable = true;
    std::vector<std::string> remarks;

    std::vector<std::string> kept_names() const {
        std::vector<std::string> names;
        names.reserve(kept.size());
        for (const Index k : kept) names.push_back(terms[static_cast<std::size_t>(k)].name);
        return names;
    }
};

namespace detail {

/// Places in (theta_c, eta) as those in theta_c and those in eta.
struct BlockPlaces {
    std::vector<Index> coarse, map;

    BlockPlaces(const std::vector<Index>& places, Index coarse_count) {
        for (const Index k : places)
            if (k < coarse_count)
                coarse.push_back(k);
            else
                map.push_back(k - coarse_count);
    }
};

/// The grainer with some of its parameters: terms of the coarse potential, and those of the map, where these
/// are candidates, too.
template <bool of_map, class Grainer, class Prior>
auto with_parameters(const Grainer& grainer, const BlockPlaces& kept, Prior prior) {
    const auto map = [&] {
        if constexpr (of_map)
            return with_terms(grainer.map(), kept.map);
        else
            return grainer.map();
    };
    return EMCoarseGrainer{grainer.fine(),
                           with_terms(grainer.coarse(), kept.coarse),
                           map(),
                           grainer.engine(),
                           grainer.optimizer(),
                           std::move(prior)};
}

/// A set of candidates with the prior precisions that belong to it.
template <bool of_map, class Grainer>
class TermStage {
public:
    std::vector<Index> kept;  ///< places in (theta_c, eta)
    Vector precision;         ///< of the kept ones
    Parameters mode;
    std::optional<double> log_evidence;  ///< Laplace; absent where the information is not positive definite
    Vector z;

    /// Fits until the precisions are those of unit information, S_k / N at the mode.
    void settle(const Grainer& grainer, const typename Grainer::Data& data, const SelectionSettings& settings,
                std::optional<Parameters> start) {
        for (Index round = 0; round < settings.rounds; ++round) {
            fit(grainer, data, settings, std::move(start));
            start = mode;
            if (!log_evidence) return;
            const Vector unit = information_ / data.count;
            double change = 0.0;
            for (Index k = 0; k < unit.size(); ++k)
                change += std::abs((unit[k] - precision[k]) / precision[k]);
            if (change <= settings.tolerance || round + 1 == settings.rounds) return;
            precision = unit;
        }
    }

    /// Mode, evidence and z-scores at the present precisions.
    void fit(const Grainer& grainer, const typename Grainer::Data& data, const SelectionSettings& settings,
             std::optional<Parameters> start) {
        const auto part = part_of(grainer);
        FitSettings fit_settings = settings.fit;
        fit_settings.start = std::move(start);
        const auto found = part.fit_prepared(data, fit_settings);
        if (found.status == Status::stopped) throw Stopped("select_terms");
        mode = found.parameters;
        information_ = z = Vector(0);
        log_evidence = found.log_likelihood;
        if (mode.theta.size() + mode.eta.size() == 0) return;
        const auto problem = part.problem(data);
        const LearningPoint point = problem.point(problem.coordinates().z(mode));
        log_evidence = laplace_integral(point, LogPosterior(problem).space().walls());
        const linalg::Cholesky information(point.posterior_information);
        if (!information.ok()) log_evidence.reset();
        if (!log_evidence) return;
        const TermInformation terms(information, point.z.size(), point.z.head(precision.size()), precision);
        information_ = terms.precision;
        z = terms.z;
    }

    /// The stage without its term `place`, at the same precisions of the others, fitted from this mode.
    TermStage without(std::size_t place, const Grainer& grainer, const typename Grainer::Data& data,
                      const SelectionSettings& settings) const {
        TermStage less = *this;
        const auto at = static_cast<Index>(place);
        less.kept.erase(less.kept.begin() + at);
        less.precision = linalg::without(precision, at);
        const Index coarse = mode.theta.size();
        if (at < coarse)
            less.mode.theta = linalg::without(mode.theta, at);
        else
            less.mode.eta = linalg::without(mode.eta, at - coarse);
        std::optional<Parameters> start = less.mode;
        if (!is_admissible(less.part_of(grainer).coarse(), start->theta))
            start.reset();  // the potential needs the term beside these values of the others: its own start
        less.fit(grainer, data, settings, std::move(start));
        return less;
    }

    /// Of the kept parameter `place`, beta theta or eta.
    double estimate(Index place, double beta) const {
        const Index coarse = mode.theta.size();
        return place < coarse ? beta * mode.theta[place] : mode.eta[place - coarse];
    }

private:
    auto part_of(const Grainer& grainer) const {
        const BlockPlaces places(kept, grainer.coarse().parameter_count());
        const Index coarse = std::ssize(places.coarse);
        Relevance of_coarse(linalg::part(precision, 0, coarse));
        if constexpr (of_map)
            return with_parameters<of_map>(
                grainer, places,
                BlockPriors{std::move(of_coarse),
                            Relevance(linalg::part(precision, coarse, precision.size() - coarse))});
        else
            return with_parameters<of_map>(grainer, places,
                                           BlockPriors{std::move(of_coarse), grainer.prior().map});
    }

    Vector information_;  // S of each term
};

template <bool of_map, class Grainer, class AnyData>
auto select_relevant(const Grainer& grainer, const AnyData& any_data, double beta,
                     const SelectionSettings& settings) {
    constexpr auto function = of_map ? "select_parameters" : "select_terms";
    require_positive(settings.first_precision, function, "first_precision");
    require_positive(settings.tolerance, function, "tolerance");
    require(settings.rounds >= 1, function, "rounds", settings.rounds, "an integer >= 1");
    require(!settings.fit.start, function, "fit.start", std::string_view("set"), "absent");
    const auto& data = as_prepared(grainer, any_data, beta);
    std::vector<std::string> names = coarse_names_of(grainer.coarse());
    if constexpr (of_map)
        for (std::string& name : map_names_of(grainer.map())) names.push_back(std::move(name));
    std::vector<TermScore> terms(names.size());
    for (std::size_t k = 0; k < terms.size(); ++k) terms[k].name = std::move(names[k]);

    std::vector<std::string> remarks;
    TermStage<of_map, Grainer> stage;
    stage.kept.resize(terms.size());
    std::iota(stage.kept.begin(), stage.kept.end(), Index{0});
    stage.precision = Vector::Constant(std::ssize(terms), settings.first_precision);
    stage.settle(grainer, data, settings, std::nullopt);
    while (stage.log_evidence && !stage.kept.empty()) {
        std::optional<std::pair<std::size_t, TermStage<of_map, Grainer>>> weakest;
        double least = 0.0;
        for (std::size_t k = 0; k < stage.kept.size(); ++k) {
            TermScore& term = terms[static_cast<std::size_t>(stage.kept[k])];
            const auto at = static_cast<Index>(k);
            auto less = stage.without(k, grainer, data, settings);
            term.estimate = stage.estimate(at, beta);
            term.z = stage.z[at];
            term.precision = stage.precision[at];
            if (!less.log_evidence) {
                remarks.push_back("not Gaussian: without " + term.name +
                                  " the information at the mode is not positive definite");
                term.evidence_gain = undefined;
                continue;
            }
            term.evidence_gain = *stage.log_evidence - *less.log_evidence;
            if (term.evidence_gain < least) {
                least = term.evidence_gain;
                weakest.emplace(k, std::move(less));
            }
        }
        if (!weakest) break;
        terms[static_cast<std::size_t>(stage.kept[weakest->first])].kept = false;
        stage = std::move(weakest->second);
        const Parameters mode = stage.mode;
        stage.settle(grainer, data, settings, mode);
    }
    if (!stage.log_evidence)
        remarks.push_back("not Gaussian: the information at the mode is not positive definite");

    const BlockPlaces kept(stage.kept, grainer.coarse().parameter_count());
    const auto chosen = [&] {
        auto of_coarse = of_places(grainer.prior().coarse, kept.coarse);
        if constexpr (of_map)
            return with_parameters<of_map>(
                grainer, kept, BlockPriors{std::move(of_coarse), of_places(grainer.prior().map, kept.map)});
        else
            return with_parameters<of_map>(grainer, kept,
                                           BlockPriors{std::move(of_coarse), grainer.prior().map});
    }();
    using Result =
        Selection<std::remove_cvref_t<decltype(chosen.coarse())>, std::remove_cvref_t<decltype(chosen.map())>,
                  std::remove_cvref_t<decltype(chosen.engine())>>;
    const bool reliable = remarks.empty();
    return Result{std::move(terms), stage.kept, chosen.fit_prepared(data, settings.fit), reliable,
                  std::move(remarks)};
}

}  // namespace detail

/// Automatic relevance determination of the terms of a linear coarse potential. Each term has a prior
/// precision of its own, beta theta_k ~ N(0, 1/alpha_k), that of unit information: alpha_k = S_k / N, with
/// S_k what the data say about the term (detail::TermInformation) and N their number, so that the prior is
/// worth one datum. A term stays iff the Laplace evidence with it exceeds that without it, other precisions
/// unchanged; by unit_information_gain that is z_k^2 > (1 + 1/N) log(N+1), about log N, where the posterior
/// is normal. From all terms the one that the evidence most wants gone is dropped, and so on, until all that
/// are left are wanted. The prior of the map is the grainer's. Deterministic.
///
/// No Pareto k is computed: gains as small as the error of the Laplace evidence decide nothing.
/// Evidence maximised over alpha (MacKay, Tipping) would keep every term with z^2 > 1: too many.
/// Terms that are dropped cost no less: the window stays. reliable is false where an information is not
/// positive definite: what was reached then is returned, and remarks say so. Cost: of the order of p fits for
/// each term dropped, begun at the mode with it (where the potential admits it without the term). Needs an
/// exact engine. Throws as fit does, and Stopped where a fit was.
template <class Grainer, class AnyData>
auto select_terms(const Grainer& grainer, const AnyData& any_data, double beta,
                  const SelectionSettings& settings = {}) {
    static_assert(
        LinearCoarsePotential<std::remove_cvref_t<decltype(grainer.coarse())>>,
        "predcg: select_terms drops terms of a potential linear in theta (features(X)); in others a "
        "parameter of 0 need not mean that something is absent");
    return detail::select_relevant<false>(grainer, any_data, beta, settings);
}

/// The same, where the map's parameters are candidates, too: eta_k / s_k ~ N(0, 1/alpha_k). The map is one of
/// which with_terms makes a part (block maps, maps/block_with_terms.hpp), and whose parameters mean nothing
/// at 0: coefficients. kept has places in (theta_c, eta). Directions that trade are resolved, as one of their
/// parameters goes. The evidence is that of the mode which the fit found; of its flip (learning/labels.hpp)
/// it does not know.
template <class Grainer, class AnyData>
auto select_parameters(const Grainer& grainer, const AnyData& any_data, double beta,
                       const SelectionSettings& settings = {}) {
    static_assert(LinearCoarsePotential<std::remove_cvref_t<decltype(grainer.coarse())>>,
                  "predcg: select_parameters drops terms of a potential linear in theta (features(X)), and "
                  "parameters of the map");
    constexpr bool has_parts = requires(const std::vector<Index>& kept) { with_terms(grainer.map(), kept); };
    static_assert(has_parts,
                  "predcg: select_parameters needs with_terms(map, kept), the map with some of its "
                  "parameters alone: block maps have it (predcg/maps/block_with_terms.hpp)");
    if constexpr (has_parts) return detail::select_relevant<true>(grainer, any_data, beta, settings);
}

}  // namespace predcg
