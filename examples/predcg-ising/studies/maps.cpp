#include "studies/maps.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "model/ising_population.hpp"
#include "studies/bands.hpp"
#include "studies/kept_results.hpp"
#include "terminal/progress.hpp"

#include <predcg/models/ising/observables.hpp>
#include <predcg/predict/fine_scale.hpp>

#include <algorithm>
#include <cmath>

namespace cli::study {

using namespace predcg;

namespace {

/// What a population counts: the prior then moves divergences by less than 1e-6.
constexpr double population_count = 1e4;
/// The model's own, the map's others, and one drawn: maps with many parameters have several maxima.
constexpr Index map_starts = 2;

/// Of the fit to a population.
struct PopulationLoss {
    double divergence = 0.0;
    Index parameters = 0, open = 0;

    /// To be saved.
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.divergence, self.parameters, self.open);
    }
};

/// Of one map with so many data.
struct DataLoss {
    double divergence = 0.0, bic = 0.0;

    /// To be saved.
    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.divergence, self.bic);
    }
};

FineModel with_sites(FineModel fine, Index sites) {
    fine.chain.sites = sites;
    return fine;
}

FitModel model_of(const FineModel& fine, Index level, const ComparedMap& map) {
    FitModel model = linear_pair_model(fine, level);
    model.map = map.choice;
    model.reflected = map.reflected;
    return model;
}

/// Everything that needs no data.
void fit_populations(const MapsSettings& settings, MapsResult& result,
                     const std::vector<FinePopulation>& populations, SharedProgress& progress) {
    struct Task {
        std::size_t at;
        FitModel model;
        double* divergence;
        MapLosses* losses;
    };
    std::vector<Task> tasks;
    for (std::size_t c = 0; c < maps_cases; ++c) {
        const FineModel fine = with_sites(maps_case(c).fine, settings.sites);
        MapsCaseResult& of = result.cases[c];
        for (std::size_t k = 0; k < compared_maps.size(); ++k) {
            const FitModel model = model_of(fine, settings.level, compared_maps[k]);
            tasks.push_back({c, model, &of.losses[k].least, &of.losses[k]});
            if (!is_logistic(model.map)) continue;
            FitModel probit = model;
            probit.probit = true;
            tasks.push_back(
                {c, probit,
                 model.map == MapChoice::logistic ? &of.logistic_probit : &of.autoregressive_probit,
                 nullptr});
        }
        FitModel two = model_of(fine, settings.level, compared_maps[0]);
        two.pair_range = 2;
        tasks.push_back({c, two, &of.two_letters, nullptr});
        FitModel three = model_of(fine, settings.level, compared_maps[0]);
        three.letters = 3;
        three.square = true;
        tasks.push_back({c, three, &of.three_letters, nullptr});
    }
    const auto found = kept_results<PopulationLoss>(
        settings.checkpoint.within("populations"), static_cast<Index>(tasks.size()),
        [&](Index t, const CheckpointPlace& place) -> PopulationLoss {
            const Task& task = tasks[static_cast<std::size_t>(t)];
            const FinePopulation& population = populations[task.at];
            const IsingFit fit =
                fit_population(task.model, population, population_count,
                               {.starts = map_starts, .stop = settings.stop, .checkpoint = place});
            return {divergence_of(task.model, population, fit),
                    fit.coarse.parameter_count() + fit.map.parameter_count(),
                    static_cast<Index>(fit.directions.size())};
        },
        [&] { progress.count("populations"); });
    for (std::size_t t = 0; t < tasks.size(); ++t) {
        *tasks[t].divergence = found[t].divergence;
        if (!tasks[t].losses) continue;
        tasks[t].losses->parameters = found[t].parameters;
        tasks[t].losses->open = found[t].open;
    }
}

/// Divergences of fits to data.
void fit_data_sets(const MapsSettings& settings, MapsResult& result,
                   const std::vector<FinePopulation>& populations, SharedProgress& progress) {
    const std::size_t sizes = settings.samples.size(), sets = static_cast<std::size_t>(settings.data_sets);
    for (MapsCaseResult& of : result.cases)
        for (MapLosses& losses : of.losses)
            losses.divergence = losses.bic =
                std::vector<std::vector<double>>(sizes, std::vector<double>(sets));
    // One task is one data set; its fits are tasks, too, the maps fastest.
    const auto losses_of = [&](Index task, const CheckpointPlace& of_set) {
        const std::size_t c = static_cast<std::size_t>(task) % maps_cases,
                          set = static_cast<std::size_t>(task) / maps_cases;
        const FineModel fine = with_sites(maps_case(c).fine, settings.sites);
        Configurations all = samples_of(
            fine, *std::max_element(settings.samples.begin(), settings.samples.end()), settings.seed + set);
        for (Configuration& x : all) x = first_rotation(x, settings.level);
        const auto loss_of = [&](Index at, const CheckpointPlace& place) -> DataLoss {
            const std::size_t n = static_cast<std::size_t>(at) / compared_maps.size(),
                              k = static_cast<std::size_t>(at) % compared_maps.size();
            const FitModel model = model_of(fine, settings.level, compared_maps[k]);
            const IsingFit fit =
                fit_samples(model, Configurations(all.begin(), all.begin() + settings.samples[n]),
                            {.starts = map_starts,
                             .seed = settings.seed + set,
                             .stop = settings.stop,
                             .checkpoint = place});
            return {divergence_of(model, populations[c], fit),
                    -2.0 * fit.log_likelihood.value() +
                        static_cast<double>(result.cases[c].losses[k].parameters) *
                            std::log(static_cast<double>(settings.samples[n]))};
        };
        return kept_results<DataLoss>(of_set, static_cast<Index>(sizes * compared_maps.size()), loss_of,
                                      [] {});
    };
    const auto found = kept_results<std::vector<DataLoss>>(
        settings.checkpoint.within("data sets"), Index{maps_cases} * settings.data_sets, losses_of, [&] {
            for (std::size_t n = 0; n < sizes * compared_maps.size(); ++n) progress.count("divergences");
        });
    for (std::size_t task = 0; task < found.size(); ++task)
        for (std::size_t n = 0; n < sizes; ++n)
            for (std::size_t k = 0; k < compared_maps.size(); ++k) {
                MapLosses& losses = result.cases[task % maps_cases].losses[k];
                const DataLoss& one = found[task][n * compared_maps.size() + k];
                losses.divergence[n][task / maps_cases] = one.divergence;
                losses.bic[n][task / maps_cases] = one.bic;
            }
}

/// Intervals of m and R_l.
void find_bands(const MapsSettings& settings, MapsResult& result, SharedProgress& progress) {
    const auto sets = static_cast<std::size_t>(settings.posteriors);
    for (std::size_t c = 0; c < banded_cases; ++c) {
        const FineModel fine = with_sites(maps_case(c).fine, settings.banded_sites);
        MapsCaseResult& of = result.cases[c];
        const ising::Correlation R{fine.chain.boundary};
        const auto m_and_R = [](double m, const Vector& correlation) {
            std::vector<double> all{m};
            all.insert(all.end(), correlation.begin() + 1, correlation.end());
            return all;
        };
        of.truth = m_and_R(true_magnetization(fine), true_correlation(fine));
        const auto data_of = [&](std::size_t set) {
            return samples_of(fine, settings.banded_samples, settings.seed + set);
        };
        const Configurations first = data_of(0);
        of.data = m_and_R(data_mean(first, ising::Magnetization{})[0], data_mean(first, R));
        const auto bands_of = [&](Index task, const CheckpointPlace& place) {
            const std::size_t k = static_cast<std::size_t>(task) % banded_maps.size(),
                              set = static_cast<std::size_t>(task) / banded_maps.size();
            const FitModel model = model_of(fine, settings.level, compared_maps[banded_maps[k]]);
            const Configurations data = data_of(set);
            const IsingFit fit = fit_samples(model, data,
                                             {.starts = map_starts,
                                              .seed = settings.seed + set,
                                              .stop = settings.stop,
                                              .checkpoint = place.within("fit")});
            const IsingPosterior posterior = posterior_of(model, data, fit,
                                                          {.draws = settings.draws,
                                                           .seed = settings.seed + set,
                                                           .stop = settings.stop,
                                                           .checkpoint = place.within("posterior")});
            std::vector<Band> bands =
                correlation_bands(posterior, model.boundary, settings.credibility, settings.stop);
            bands[0] = magnetization_band(posterior, settings.credibility, settings.stop);
            return bands;
        };
        const auto found = kept_results<std::vector<Band>>(
            settings.checkpoint.within(std::string("bands of ") + maps_case(c).name),
            static_cast<Index>(banded_maps.size() * sets), bands_of,
            [&] { progress.count(std::string(maps_case(c).name) + ", posteriors"); });
        for (std::size_t k = 0; k < banded_maps.size(); ++k) {
            MapBands& bands = of.bands[k];
            bands.first = found[k];
            bands.held.assign(of.truth.size(), 0);
            bands.width.assign(of.truth.size(), 0.0);
            for (std::size_t set = 0; set < sets; ++set) {
                const std::vector<Band>& one = found[set * banded_maps.size() + k];
                bands.unreliable += one.front().reliable ? 0 : 1;
                for (std::size_t o = 0; o < one.size(); ++o) {
                    bands.held[o] += one[o].holds(of.truth[o]) ? 1 : 0;
                    bands.width[o] += (one[o].upper - one[o].lower) / static_cast<double>(sets);
                }
            }
        }
    }
}

}  // namespace

MapsCase maps_case(std::size_t number) {
    constexpr Index sites = 12;
    switch (number) {
    case 0:
        return {"S1", "weak couplings", {.chain = {.sites = sites, .field = 0.3}, .beta = 0.3}};
    case 1:
        return {"S2", "strong couplings", {.chain = {.sites = sites}, .beta = 1.0}};
    default:
        return {"S3",
                "long couplings",
                {.chain = {.sites = sites, .strength = 1.5, .range = 5, .field = 0.3}, .beta = 0.3}};
    }
}

std::vector<Index> sizes_up_to(Index most) {
    std::vector<Index> sizes;
    for (const Index usual : MapsSettings{}.samples)
        if (usual < most) sizes.push_back(usual);
    sizes.push_back(most);
    return sizes;
}

void check(const MapsSettings& settings) {
    if (settings.sites < 10 || settings.sites > 16)  // long couplings; a fit to all configurations
        throw InputError("--sites", std::to_string(settings.sites), "an integer from 10 to 16");
    if (settings.banded_sites < 12)  // six lags
        throw InputError("--banded-sites", std::to_string(settings.banded_sites), "an integer >= 12");
    for (const Index sites : {settings.sites, settings.banded_sites})
        if (settings.level < 1 || sites % settings.level != 0 || sites / settings.level < 4)
            throw InputError("--level", std::to_string(settings.level),
                             "a divisor of the " + std::to_string(sites) +
                                 " fine sites that leaves at least four coarse sites");
}

MapsResult run_maps(const MapsSettings& settings) {
    check(settings);
    MapsResult result{settings, {}};
    std::vector<FinePopulation> populations;
    for (std::size_t c = 0; c < maps_cases; ++c)
        populations.push_back(population_of(with_sites(maps_case(c).fine, settings.sites), settings.level));
    SharedProgress progress("fits", maps_cases * (compared_maps.size() + 4 +
                                                  compared_maps.size() * settings.samples.size() *
                                                      static_cast<std::size_t>(settings.data_sets)) +
                                        banded_cases * banded_maps.size() *
                                            static_cast<std::size_t>(settings.posteriors));
    fit_populations(settings, result, populations, progress);
    fit_data_sets(settings, result, populations, progress);
    find_bands(settings, result, progress);
    return result;
}

}  // namespace cli::study
