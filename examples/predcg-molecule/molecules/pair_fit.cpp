#include "molecules/pair_fit.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "molecules/words.hpp"

#include <predcg/geometry/centre_of_mass.hpp>
#include <predcg/geometry/whole_molecules.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace cli::molecules {

using namespace predcg;

namespace {

constexpr Index most_pair_positions = 50'000'000;  // of sites, 1.2 GB

MoleculeKind liquid_kind(const Structure& structure) {
    if (structure.kinds.size() == 1 && structure.kinds.front().count >= 2) return structure.kinds.front();
    throw InputError("--structure",
                     structure.kinds.size() == 1
                         ? "one molecule"
                         : std::to_string(structure.kinds.size()) + " kinds of molecules",
                     "two molecules or more, all of one kind");
}

Point edges_of(const Frame& frame, const std::string& path) {
    if (!frame.box.is_orthorhombic())
        throw InputError("--trajectory", in_quotes(path) + ", of a triclinic box",
                         "a rectangular box: pairs are found by nearest images along its edges");
    const Point edges = frame.box.lengths();
    for (const double edge : edges)
        if (!(edge > 0.0))
            throw InputError("--trajectory", in_quotes(path) + ", of a box that does not repeat everywhere",
                             "a box that repeats along all edges");
    return edges;
}

std::vector<SitePair> site_pairs_of(const std::vector<std::string>& names) {
    const auto pair = [&](std::size_t a, std::size_t b) {
        return SitePair{names[a] + "-" + names[b], static_cast<Index>(a), static_cast<Index>(b)};
    };
    if (names.size() < 2) return {};
    return {pair(0, 0), pair(0, 1), pair(1, 1)};
}

}  // namespace

std::vector<double> masses_of(const std::vector<std::string>& names, const std::vector<double>& given) {
    if (!given.empty()) {
        if (given.size() != names.size())
            throw InputError("--masses", std::to_string(given.size()) + " numbers",
                             "one for each of the " + std::to_string(names.size()) + " sites of a molecule");
        return given;
    }
    const std::vector<std::pair<char, double>> elements{
        {'H', 1.008}, {'C', 12.011}, {'N', 14.0067}, {'O', 15.9994}};
    std::vector<double> masses;
    for (const std::string& name : names) {
        const auto found = std::find_if(elements.begin(), elements.end(), [&](const auto& element) {
            return !name.empty() && name.front() == element.first;
        });
        if (found == elements.end() && names.size() > 1)
            throw InputError("--masses", "none, of a site " + in_quotes(name),
                             "a mass for each site of a molecule, in the order of the sites");
        masses.push_back(found == elements.end() ? 1.0 : found->second);
    }
    return masses;
}

LiquidData read_liquid(const TrajectoryFile& file, const std::string& structure, const FrameChoice& choice,
                       const std::vector<double>& masses) {
    std::optional<Structure> molecules;
    if (!structure.empty()) molecules = read_structure(structure);
    LiquidData data;
    std::optional<WholeMolecules> whole;
    std::optional<CentreOfMass> centre;
    data.frames = for_chosen_frames(file, choice, [&](const Frame& frame) {
        const Point edges = edges_of(frame, file.path);
        if (!whole) {
            if (!molecules) molecules = required_structure_of(frame);
            const MoleculeKind kind = liquid_kind(*molecules);
            data.molecules = kind.count;
            data.names = kind.names;
            data.masses = masses_of(kind.names, masses);
            data.edges = edges;
            whole = WholeMolecules::chains(kind.atoms(), kind.count);
            centre.emplace(data.masses);
        }
        require_atoms(frame, *molecules, file.path);
        for (std::size_t k = 0; k < 3; ++k)
            if (!(std::abs(edges[k] - data.edges[k]) <= 1e-5 * data.edges[k]))
                throw InputError("--trajectory",
                                 in_quotes(file.path) + ", of a box that changes from " +
                                     brief(data.edges[k]) + " to " + brief(edges[k]) + " nm",
                                 "frames at constant volume");
        if (std::ssize(data.sites) >= most_pair_positions / molecules->atoms)
            throw InputError("--trajectory", "more than 5 10^7 positions", "fewer frames; raise --every");
        data.sites.push_back((*whole)(frame.positions, frame.box));
        data.centres.push_back((*centre)(data.sites.back()));
    });
    return data;
}

LearntPair learn_pair(const LiquidData& data, const PairSettings& settings,
                      const std::function<void(const std::string&)>& progress) {
    PairModel model;
    model.molecules = data.molecules;
    model.edges = data.edges;
    model.temperature = settings.temperature;
    model.masses = data.masses;
    model.sites.assign(data.sites.front().begin(), data.sites.front().begin() + std::ssize(data.masses));
    pair::LearnSettings how;
    how.beta = model.beta();
    how.cutoff = settings.cutoff;
    how.knot_distance = settings.knot_distance;
    how.sampling.draws = settings.samples;
    how.sampling.first_draws = std::min(how.sampling.first_draws, settings.samples);
    how.sampling.seed = settings.seed;
    how.sampling.stop = settings.stop;
    how.sampling.checkpoint = settings.checkpoint;
    how.posterior_draws = settings.draws;
    how.sampling.observer = [&](Index round, Index draws, double) {
        progress("round " + std::to_string(round + 1) + ", " + std::to_string(draws) + " samples");
    };
    const pair::Learnt learnt =
        with_option_words([&] { return pair::learn(data.centres, model.box(), how); });
    model.spline = learnt.potential.settings();
    LearntPair result{{model, learnt.posterior},   data.frames,       learnt.status(),
                      learnt.fit.rounds,           learnt.fit.draws,  learnt.fit.effective,
                      learnt.autocorrelation_time, learnt.smoothness, learnt.fit.sd};
    const double from = std::max(0.005, model.spline.core - 0.02);
    const auto steps = static_cast<Index>(std::ceil((settings.cutoff - from) / 0.005));
    const Vector r = Vector::LinSpaced(steps + 1, from, settings.cutoff);
    if (learnt.posterior.draw_count() > 1) {
        result.band = learnt.band(r, settings.credibility);
    } else {  // the posterior says why
        result.band.r = r;
        result.band.u = r.unaryExpr([&](double x) { return learnt.mode().pair_energy(x); });
    }
    return result;
}

void require_liquid_of(const SavedPair& saved, const LiquidData& data) {
    const PairModel& model = saved.model;
    if (data.molecules != model.molecules || data.masses != model.masses)
        throw InputError("--trajectory", std::to_string(data.molecules) + " molecules",
                         "those of the fit, " + std::to_string(model.molecules) + " of the same sites");
    for (std::size_t k = 0; k < 3; ++k)
        if (!(std::abs(data.edges[k] - model.edges[k]) <= 1e-5 * model.edges[k]))
            throw InputError("--trajectory", "a box of " + brief(data.edges[k]) + " nm",
                             "that of the fit, " + brief(model.edges[k]) + " nm");
}

LiquidChecks check_pair(const SavedPair& saved, const LiquidData& data, const PairCheckSettings& settings) {
    require_liquid_of(saved, data);
    const PairModel& model = saved.model;
    LiquidSettings how;
    how.cutoff = model.spline.cutoff;
    how.bins = settings.bins;
    how.draws = settings.draws;
    how.samples = settings.samples;
    how.credibility = settings.credibility;
    how.site_pairs = site_pairs_of(data.names);
    how.pressure = settings.pressure;
    how.seed = settings.seed;
    how.stop = settings.stop;
    how.checkpoint = settings.checkpoint;
    return with_option_words([&] {
        return liquid_checks(saved.posterior, model.potential(),
                             MonteCarlo<SingleParticle>({}, {.warm_up = 500, .thinning = 10}), data.sites,
                             model.rigid(), how);
    });
}

}  // namespace cli::molecules
