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

/// Settings of select_terms.
struct SelectionSettings {
    double first_precision = 0.25;  ///< alpha of every term before the data have been seen
    double tolerance = 1e-3;        ///< relative, of alpha from one fit to the next
    Index rounds = 10;              ///< of fits at most, until alpha stays
    FitSettings fit{};              ///< starts, seed, limits of the first fit and the last
};

/// The terms that stay, and the fit with them alone.
template <class Coarse, class Map, class Engine>
struct Selection {
    std::vector<TermScore> terms;  ///< of all candidates, in the order of the potential; a term that was
                                   ///< dropped has the numbers of when it was
    std::vector<Index> kept;       ///< their places, ascending
    Fit<WithTerms<Coarse>, Map, Engine, ExactEstimate> fit;  ///< under the prior of the grainer
    bool reliable = true;
    std::vector<std::string> remarks;

    std::vector<std::string> kept_names() const {
        std::vector<std::string> names;
        for (const Index k : kept) names.push_back(terms[static_cast<std::size_t>(k)].name);
        return names;
    }
};

namespace detail {

/// The grainer with some terms, and a prior precision for each.
template <class Grainer>
auto with_relevance(const Grainer& grainer, const std::vector<Index>& kept, const Vector& precision) {
    return EMCoarseGrainer{grainer.fine(),      with_terms(grainer.coarse(), kept),
                           grainer.map(),       grainer.engine(),
                           grainer.optimizer(), BlockPriors{Relevance(precision), grainer.prior().map}};
}

/// A set of terms with the prior precisions that belong to it.
template <class Grainer>
class TermStage {
public:
    std::vector<Index> kept;
    Vector precision;  ///< of the kept terms
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
            const double change = (unit - precision).cwiseQuotient(precision).cwiseAbs().sum();
            if (change <= settings.tolerance || round + 1 == settings.rounds) return;
            precision = unit;
        }
    }

    /// Mode, evidence and z-scores at the present precisions.
    void fit(const Grainer& grainer, const typename Grainer::Data& data, const SelectionSettings& settings,
             std::optional<Parameters> start) {
        const auto part = with_relevance(grainer, kept, precision);
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
        TermStage less;
        std::vector<Index> left;
        for (std::size_t k = 0; k < kept.size(); ++k)
            if (k != place) left.push_back(static_cast<Index>(k));
        for (const Index k : left) less.kept.push_back(kept[static_cast<std::size_t>(k)]);
        less.precision = linalg::selected(precision, left);
        std::optional<Parameters> start = Parameters{linalg::selected(mode.theta, left), mode.eta};
        if (!is_admissible(with_terms(grainer.coarse(), less.kept), start->theta))
            start.reset();  // the potential needs the term beside these values of the others: its own start
        less.fit(grainer, data, settings, std::move(start));
        return less;
    }

private:
    Vector information_;  // S of each term
};

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
    require_positive(settings.first_precision, "select_terms", "first_precision");
    require_positive(settings.tolerance, "select_terms", "tolerance");
    require(settings.rounds >= 1, "select_terms", "rounds", settings.rounds, "an integer >= 1");
    require(!settings.fit.start, "select_terms", "fit.start", std::string_view("set"), "absent");
    const auto& data = detail::as_prepared(grainer, any_data, beta);
    const Index p = grainer.coarse().parameter_count();

    std::vector<TermScore> terms(static_cast<std::size_t>(p));
    const auto names = detail::coarse_names_of(grainer.coarse());
    for (std::size_t k = 0; k < terms.size(); ++k) terms[k].name = names[k];

    std::vector<std::string> remarks;
    detail::TermStage<Grainer> stage;
    stage.kept.resize(static_cast<std::size_t>(p));
    std::iota(stage.kept.begin(), stage.kept.end(), Index{0});
    stage.precision = Vector::Constant(p, settings.first_precision);
    stage.settle(grainer, data, settings, std::nullopt);
    while (stage.log_evidence && !stage.kept.empty()) {
        std::optional<std::pair<std::size_t, detail::TermStage<Grainer>>> weakest;
        double least = 0.0;
        for (std::size_t k = 0; k < stage.kept.size(); ++k) {
            TermScore& term = terms[static_cast<std::size_t>(stage.kept[k])];
            const auto at = static_cast<Index>(k);
            auto less = stage.without(k, grainer, data, settings);
            term.estimate = beta * stage.mode.theta[at];
            term.z = stage.z[at];
            term.precision = stage.precision[at];
            if (!less.log_evidence) {
                remarks.push_back("not Gaussian: without " + term.name +
                                  " the information at the mode is not positive definite");
                term.evidence_gain = detail::undefined;
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

    const EMCoarseGrainer chosen{grainer.fine(),      with_terms(grainer.coarse(), stage.kept),
                                 grainer.map(),       grainer.engine(),
                                 grainer.optimizer(), grainer.prior()};
    using Result = Selection<std::remove_cvref_t<decltype(grainer.coarse())>,
                             std::remove_cvref_t<decltype(grainer.map())>,
                             std::remove_cvref_t<decltype(grainer.engine())>>;
    const bool reliable = remarks.empty();
    return Result{std::move(terms), stage.kept, chosen.fit_prepared(data, settings.fit), reliable,
                  std::move(remarks)};
}

}  // namespace predcg
