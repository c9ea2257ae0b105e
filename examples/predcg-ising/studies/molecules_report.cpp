// The report of the study of molecules.
#include "studies/molecules_report.hpp"

#include "basics/numbers.hpp"
#include "studies/setting_rows.hpp"

#include <predcg/statistics/quantile.hpp>

#include <cmath>

namespace cli::study {

using molecules::StatesPrediction;
using predcg::Vector;

namespace {

/// "2.65 (2.21 to 3.10)".
std::string with_limits(double value, double lower, double upper, int digits) {
    return html_number(value, digits) + " (" + html_number(lower, digits) + " to " +
           html_number(upper, digits) + ")";
}

std::string energies_text(const MoleculesResult& result) {
    const auto& posterior = *result.chains.posterior;
    constexpr std::array<const char*, 3> names{"E<sub>gauche</sub>", "E<sub>same</sub>",
                                               "E<sub>opposite</sub>"};
    const double low = 0.5 * (1.0 - result.settings.credibility);
    std::string html = "<ul>";
    for (std::size_t k = 0; k < names.size(); ++k) {
        const Vector draws = posterior.draws.row(static_cast<Index>(k)).transpose();
        html += std::string("<li>") + names[k] + " = " +
                with_limits(posterior.mean[static_cast<Index>(k)], predcg::statistics::quantile(draws, low),
                            predcg::statistics::quantile(draws, 1.0 - low), 2) +
                " kJ/mol; published " + html_number(published_energies[k], 1) + ".</li>";
    }
    return html + "</ul><p>Published energies are those that are quoted of Abe, Jernigan and Flory (1966) "
                  "for polyethylene; the "
                  "force field of this trajectory has others of its own. E<sub>opposite</sub> is the pentane "
                  "effect.</p>";
}

/// How far the data are from the band, in words.
std::string distance_text(const molecules::DistributionBand& band) {
    Index inside = 0, bins = 0;
    for (Index k = 0; k < band.at.size(); ++k) {
        if (!(band.data[k] > 0.0 || band.mean[k] > 0.0)) continue;
        ++bins;
        const double model = 0.25 * (band.upper[k] - band.lower[k]);  // a standard deviation
        if (std::abs(band.data[k] - band.mean[k]) <= 2.0 * std::hypot(band.data_error[k], model)) ++inside;
    }
    return "<p>Bars: standard errors of correlated frames. In " + std::to_string(inside) + " of " +
           std::to_string(bins) + " bins trajectory and model agree within two standard errors of both.</p>";
}

const StatesPrediction& transfer_to(const MoleculesResult& result, Index sites, double temperature) {
    for (const StatesPrediction& p : result.transfer)
        if (p.sites == sites && p.temperature == temperature) return p;
    return result.transfer.front();
}

std::string transfer_text(const MoleculesResult& result) {
    std::string html = "<p>Characteristic ratio C<sub>n</sub> = &lang;R<sub>ee</sub>&sup2;&rang; / (n "
                       "&lang;b&sup2;&rang;) of longer chains, from the same energies.</p><ul>";
    for (const Index sites : {10, 20, 100})
        for (const double temperature : {decane_temperature, water_temperature}) {
            if (sites == 10 && temperature == water_temperature) continue;
            const StatesPrediction& p = transfer_to(result, sites, temperature);
            constexpr auto C = StatesPrediction::characteristic_ratio, R = StatesPrediction::end_to_end;
            html += "<li>" + std::to_string(sites) + " sites, " + brief(temperature) +
                    " K: C<sub>n</sub> = " +
                    with_limits(p.interval->mean[C], p.interval->lower[C], p.interval->upper[C], 2) +
                    ", &lang;R<sub>ee</sub>&sup2;&rang; = " +
                    with_limits(p.interval->mean[R], p.interval->lower[R], p.interval->upper[R], 2) +
                    " nm&sup2;.</li>";
        }
    return html + "</ul>";
}

std::string potential_text(const MoleculesResult& result) {
    std::string html = "<ul>";
    for (const LearntLiquid& liquid : result.liquids) {
        const auto& learnt = liquid.learnt;
        html += "<li>" + std::to_string(learnt.frames) + " frames, worth " +
                html_number(static_cast<double>(learnt.frames) / learnt.autocorrelation_time, 1) + ": " +
                std::string(to_string(learnt.status));
        if (learnt.band.lower.size() > 0) {
            double width = 0.0;
            Index count = 0;
            for (Index k = 0; k < learnt.band.r.size(); ++k)
                if (learnt.band.r[k] >= 0.3 && learnt.band.r[k] <= 0.8) {
                    width += learnt.band.upper[k] - learnt.band.lower[k];
                    ++count;
                }
            html += ", mean width of the band from 0.3 to 0.8 nm " +
                    html_number(width / static_cast<double>(std::max<Index>(1, count)), 3) + " kJ/mol";
        }
        html += ".</li>";
    }
    return html + "</ul><p>A band that is wide at small distances says that no pairs were seen there.</p>";
}

std::string radial_text(const predcg::LiquidChecks& checks) {
    std::string html = "<p>Of the sites by the way back: rigid molecules, turned at random around their "
                       "centres.</p><ul>";
    for (const predcg::RadialBand& band : checks.bands)
        html += "<li>" + escaped(band.name) + ": root mean square deviation " + html_number(band.rms, 3) +
                ".</li>";
    return html + "</ul>";
}

std::string number_text(double value) {
    return std::isfinite(value) ? html_number(value, std::abs(value) < 100.0 ? 3 : 0) : "&ndash;";
}

std::string checks_details(const MoleculesResult& result) {
    HtmlTable table{{"statistic", "trajectory", "model", "z", "contradicted"}, {}};
    const auto verdict = [](bool contradicted) {
        return std::string(contradicted ? "<strong>yes</strong>" : "no");
    };
    for (const auto& c : result.chains.checks)
        table.rows.push_back({"decane: " + escaped(c.name), number_text(c.observed),
                              number_text(c.replicated_mean), number_text(c.z), verdict(c.contradicted)});
    if (const auto& checks = result.liquids.back().checks)
        for (const auto& c : checks->checks)
            table.rows.push_back({"water: " + escaped(c.name), c.data ? number_text(*c.data) : "not known",
                                  number_text(c.model), c.data ? number_text(c.z) : "&ndash;",
                                  c.data ? verdict(c.contradicted) : "&ndash;"});
    std::string html = "<h3>What fails</h3>\n" + html_of(table);
    if (const auto& checks = result.liquids.back().checks)
        html += "<p>Water: " + escaped(checks->summary()) + "</p>\n<p>Is the centre of mass enough? " +
                escaped(checks->noise.words) + ".</p>\n";
    return html;
}

std::vector<HtmlFigure> figures_of(const MoleculesResult& result) {
    std::vector<HtmlFigure> figures{
        {"molecules_dihedrals",
         "Decane: dihedral angles",
         "Density of all dihedral angles, trajectory and model with its band",
         distance_text(result.distributions.dihedral),
         {"molecules_dihedrals.csv"}},
        {"molecules_energies",
         "Decane: energies of rotational states",
         "Energies of gauche states and of neighbouring gauche states with intervals",
         energies_text(result),
         {"molecules_energies.csv"}},
        {"molecules_end_to_end",
         "Decane: distance of the ends",
         "Density of the end-to-end distance, trajectory and model with its band",
         distance_text(result.distributions.end_to_end),
         {"molecules_end_to_end.csv"}},
        {"molecules_transfer",
         "Longer chains, another temperature",
         "Characteristic ratio against the number of sites at two temperatures, with bands",
         transfer_text(result),
         {"molecules_transfer.csv"}},
        {"molecules_potential",
         "Water: pair potential of centres of mass",
         "Pair potential against distance with bands, from few and many frames",
         potential_text(result),
         {"molecules_potential.csv"}}};
    if (const auto& checks = result.liquids.back().checks)
        figures.push_back({"molecules_radial",
                           "Water: radial distributions",
                           "Radial distributions of centres and sites, trajectory and model with its band",
                           radial_text(*checks),
                           {"molecules_radial.csv", "molecules_checks.csv"}});
    return figures;
}

std::vector<Answer> answers_of(const MoleculesResult& result) {
    const auto& checks = result.liquids.back().checks;
    if (!checks) return {};
    std::string failed;
    for (const auto& c : result.chains.checks)
        if (c.contradicted) failed += (failed.empty() ? "" : ", ") + escaped(c.name);
    const double rms = checks->bands.front().rms;
    return {{"Figure: Coarse-graining water",
             "<strong>A pair potential of 216 molecules of water is learnt with a band.</strong> g(r) of the "
             "centres "
             "deviates by " +
                 html_number(rms, 3) + " (root mean square). " + escaped(checks->summary()) +
                 " For decane, chains of rotational states with intervals" +
                 (failed.empty() ? ", of which the trajectory contradicts nothing that was checked."
                                 : "; the trajectory contradicts: " + failed + "."),
             "molecules_radial"}};
}

}  // namespace

std::string write_molecules(const MoleculesResult& result, const std::function<double()>& seconds,
                            const ResultDirectory& directory) {
    write_molecules_tables(result, directory);
    const MoleculesSettings& s = result.settings;
    const auto& chains = result.chains;
    return write_report(
        {.title = "Molecules",
         .lead =
             "<p>From trajectories of molecular dynamics: united-atom n-decane, whose dihedral angles become "
             "rotational states t, g+ and g&minus;, learnt exactly; and 216 molecules of SPC/E water, whose "
             "centres of mass get a pair potential by relative entropy. Shaded: " +
             percent(s.credibility, 0) + " credible intervals of expectations.</p>\n",
         .figures = figures_of(result),
         .answers = answers_of(result),
         .details = checks_details(result),
         .settings = {{"decane", std::to_string(chains.frames) + " frames, worth " +
                                     fixed(chains.effective_frames(), 0) + ", " + brief(decane_temperature) +
                                     " K"},
                      {"states", "independent von Mises densities of angles given states; weak priors; full "
                                 "posterior, " +
                                     std::to_string(s.draws) + " draws"},
                      {"water", list_of(s.frames) + " frames, " + brief(water_temperature) + " K"},
                      {"pair potential", "cubic spline to 0.9 nm, knots every " + brief(s.knot_distance) +
                                             " nm, smoothness by evidence; Laplace; " +
                                             std::to_string(s.liquid_samples) + " samples in the last round"},
                      {"checks", std::to_string(s.check_samples) + " samples of water at the mode"},
                      {"seed", std::to_string(s.seed)}},
         .command = command_of(s)},
        molecules_figures(result), seconds, directory);
}

}  // namespace cli::study
