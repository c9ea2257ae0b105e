#include "studies/maps_findings.hpp"

#include "studies/maps_report.hpp"

#include <algorithm>
#include <cmath>

namespace cli::study {

namespace {

/// (KL - KL*) 2N/p that counts as theory's 1.
constexpr double ratio_from = 0.7, ratio_to = 1.3;

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (std::size_t k = 0; k < parts.size(); ++k)
        text += (k == 0 ? "" : k + 1 == parts.size() ? " and " : ", ") + parts[k];
    return text;
}

std::string law_text(const MapsResult& result) {
    const auto& samples = result.settings.samples;
    Index inside = 0, plainly = 0, all = 0;
    double sum = 0.0;
    std::vector<std::string> outside;
    for (std::size_t n = 0; n < samples.size(); ++n)
        for (std::size_t c = 0; c < maps_cases; ++c)
            for (std::size_t k = 0; k < compared_maps.size(); ++k) {
                if (samples[n] < 500) continue;  // theory is of many data
                const SizeDivergence at = divergence_at(result, c, k, n);
                // Outside beyond what the number of data sets leaves open.
                const bool as_theory = at.ratio > ratio_from - 2.0 * at.ratio_error &&
                                       at.ratio < ratio_to + 2.0 * at.ratio_error;
                ++all;
                sum += at.ratio;
                plainly += at.ratio > ratio_from && at.ratio < ratio_to ? 1 : 0;
                inside += as_theory ? 1 : 0;
                if (!as_theory)
                    outside.push_back(std::string(maps_case(c).name) + " " + compared_maps[k].title +
                                      ", N = " + std::to_string(samples[n]) + ": " +
                                      html_number(at.ratio, 2) + " &plusmn; " +
                                      html_number(at.ratio_error, 2));
            }
    if (all == 0) return {};
    const Verdict verdict = inside == all           ? Verdict::confirmed
                            : 4 * inside >= 3 * all ? Verdict::in_part
                                                    : Verdict::contradicted;
    return "<p>Theory: from N data the mean is KL* + p/2N, where N is large. " + html_of(verdict) +
           ": with 500 data and more (KL &minus; KL*) 2N/p is from " + html_number(ratio_from, 1) + " to " +
           html_number(ratio_to, 1) + " in " + std::to_string(plainly) + " of " + std::to_string(all) +
           " cases as measured, and in " + std::to_string(inside) +
           " if two standard errors are granted; the mean of all is " +
           html_number(sum / static_cast<double>(all), 2) +
           (outside.empty() ? "." : "; not for " + joined(outside) + ".") + "</p>";
}

}  // namespace

std::string divergence_text(const MapsResult& result) {
    std::string html = "<p>Bars: standard errors over data sets. Lines: the divergence KL* of the fit to all "
                       "configurations, and 1/2N for each parameter that predictions depend on.</p><ul>";
    for (std::size_t c = 0; c < maps_cases; ++c) {
        std::vector<std::string> exact, lossy;
        for (std::size_t k = 0; k < compared_maps.size(); ++k) {
            const double least = result.cases[c].losses[k].least;
            if (least < exact_below)
                exact.push_back(compared_maps[k].title);
            else
                lossy.push_back(std::string(compared_maps[k].title) + " " + html_number(least, 3));
        }
        html += std::string("<li>") + maps_case(c).name + ", " + maps_case(c).words + ": ";
        html += exact.empty() ? "no map is exact" : "nothing is lost by " + joined(exact);
        html += (lossy.empty() ? "" : "; whatever the data, lost are, in nats: " + joined(lossy)) + ".</li>";
    }
    return html + "</ul>" + law_text(result);
}

std::string correlation_text(const MapsResult& result) {
    std::string html = "<p>First data set, " + std::to_string(result.settings.banded_samples) +
                       " configurations; R<sub>1</sub> is the correlation of neighbours.</p><ul>";
    for (std::size_t c = 0; c < banded_cases; ++c)
        for (std::size_t k = 0; k < banded_maps.size(); ++k) {
            const auto& truth = result.cases[c].truth;
            const auto& bands = result.cases[c].bands[k].first;
            Index held = 0;
            for (std::size_t o = 1; o < truth.size(); ++o) held += bands[o].holds(truth[o]) ? 1 : 0;
            html += std::string("<li>") + maps_case(c).name + ", " + compared_maps[banded_maps[k]].title +
                    ": the band holds " + std::to_string(held) + " of " + std::to_string(truth.size() - 1) +
                    " lags; R<sub>1</sub> truth " + html_number(truth[1], 3) + ", band " +
                    html_number(bands[1].lower, 3) + " to " + html_number(bands[1].upper, 3) + ".</li>";
        }
    return html + "</ul>";
}

std::string coverage_text(const MapsResult& result) {
    const double nominal = result.settings.credibility;
    std::string html = "<p>Bars: 95 % intervals of Clopper and Pearson. &ldquo;Too rarely&rdquo; is said "
                       "where a 99 % interval lies below the nominal level.</p><ul>";
    for (std::size_t k = 0; k < banded_maps.size(); ++k) {
        std::vector<std::string> rare, first;
        Index unreliable = 0, open = 0;
        for (std::size_t c = 0; c < banded_cases; ++c) {
            const auto R1 = coverage_of(result, c, k, 1);
            first.push_back(std::to_string(R1.successes) + " of " + std::to_string(R1.trials) + " (" +
                            percent(R1.value(), 0) + ") in " + maps_case(c).name);
            unreliable += result.cases[c].bands[k].unreliable;
            open += result.cases[c].losses[banded_maps[k]].open;
            std::vector<std::string> here;
            for (std::size_t o = 0; o < covered; ++o)
                if (coverage_of(result, c, k, o).upper(0.99) < nominal)
                    here.push_back(o == 0 ? "m" : "R<sub>" + std::to_string(o) + "</sub>");
            if (!here.empty()) rare.push_back(joined(here) + " in " + maps_case(c).name);
        }
        html += std::string("<li>") + compared_maps[banded_maps[k]].title +
                ": the interval of R<sub>1</sub> holds the truth in " + joined(first) + ". Too rarely: " +
                (rare.empty() ? "none of m, R<sub>1</sub> .. R<sub>6</sub>" : joined(rare)) + ".";
        if (unreliable > 0)
            html += " " + std::to_string(unreliable) +
                    (unreliable == 1 ? " posterior was" : " posteriors were") +
                    " flagged by diagnostics of their parameters" +
                    (open == 0 ? "." : ", some of which trade with others and change no prediction.");
        html += "</li>";
    }
    return html + "</ul>";
}

namespace {

Answer which_map(const MapsResult& result) {
    const auto& samples = result.settings.samples;
    const std::size_t last = samples.size() - 1;
    double worst = 0.0;
    std::vector<std::string> favourites, worst_case, bernoulli;
    for (std::size_t c = 0; c < maps_cases; ++c) {
        const ChosenByBic chosen = chosen_by_bic(result, c, last);
        favourites.push_back(
            std::string(compared_maps[chosen.favourite].title) + " in " + std::to_string(chosen.times) +
            " of " + std::to_string(result.settings.data_sets) + " data sets of " + maps_case(c).name);
        const double times = divergence_at(result, c, 0, last).mean / chosen.mean;
        bernoulli.push_back(html_number(times, times < 10.0 ? 1 : 0) + " times in " + maps_case(c).name);
        for (std::size_t n = 0; n <= last; ++n) {
            const double mean = chosen_by_bic(result, c, n).mean,
                         nearest = divergence_at(result, c, nearest_map(result, c, n), n).mean;
            if (mean / nearest > worst) {
                worst = mean / nearest;
                worst_case = {maps_case(c).name, std::to_string(samples[n])};
            }
        }
    }
    constexpr double well = 1.5;
    return {"How to select mappings from coarse to fine?",
            std::string("<strong>") + (worst < well ? "By the data" : "By the data, where they are enough") +
                ".</strong> Among six maps the one with the least BIC is, with " +
                std::to_string(samples[last]) + " data, " + joined(favourites) +
                ". What it chooses is at worst " + html_number(worst, 2) +
                " times as far from the truth as the map that is nearest on average (" + worst_case[0] +
                ", N = " + worst_case[1] +
                "). With Bernoulli&rsquo;s map one is further from it than with the choice, " +
                joined(bernoulli) + " from " + std::to_string(samples[last]) + " data.",
            "maps_divergence"};
}

Answer which_link(const MapsResult& result) {
    std::vector<std::string> parts;
    double largest = 0.0;
    int probit = 0, logit = 0;
    const auto add = [&](const char* what, std::size_t c, double with_logit, double with_probit) {
        if (std::max(with_logit, with_probit) < exact_below) {
            parts.push_back(std::string(maps_case(c).name) + " " + what + " exact with both");
            return;
        }
        parts.push_back(std::string(maps_case(c).name) + " " + what + " " + html_number(with_logit, 4) +
                        " with logit, " + html_number(with_probit, 4) + " with probit");
        (with_logit < with_probit ? logit : probit) += 1;
        largest = std::max(largest, std::abs(with_logit - with_probit));
    };
    for (std::size_t c = 0; c < maps_cases; ++c) {
        add("logistic", c, result.cases[c].losses[1].least, result.cases[c].logistic_probit);
        add("autoregressive", c, result.cases[c].losses[2].least, result.cases[c].autoregressive_probit);
    }
    double bernoulli = result.cases[0].losses[0].least, between = bernoulli;
    for (const MapsCaseResult& of : result.cases) {
        bernoulli = std::max(bernoulli, of.losses[0].least);
        between = std::max(between, of.losses[0].least - of.losses[2].least);
    }
    return {
        "Probit- or Logit-classification model",
        std::string("<strong>") +
            (largest < 0.1 * between ? "Either"
             : logit > probit        ? "Logit"
                                     : "Probit") +
            ".</strong> The fits to all configurations lose, in nats: " + joined(parts) +
            ". The two links differ by at most " + html_number(largest, 4) +
            "; what counts is what a spin looks at: beside its own coarse spin the neighbours and the spin "
            "before it, which gains up to " +
            html_number(between, 3) + " against Bernoulli.",
        "maps_divergence"};
}

Answer more_letters(const MapsResult& result) {
    std::vector<std::string> parts, pays;
    for (std::size_t c = 0; c < maps_cases; ++c) {
        const MapsCaseResult& of = result.cases[c];
        parts.push_back(std::string(maps_case(c).name) + " " + html_number(of.three_letters, 3) +
                        " against " + html_number(of.two_letters, 3) +
                        " (link2: " + html_number(of.losses[3].least, 3) + ")");
        if (of.three_letters < 0.9 * of.two_letters) pays.push_back(maps_case(c).name);
    }
    bool link_is_better = true;
    for (const MapsCaseResult& of : result.cases)
        link_is_better = link_is_better && of.losses[3].least < of.three_letters;
    return {"O model for coarse variables",
            std::string("<strong>") + (link_is_better ? "Better maps first" : "It depends on the chain") +
                ".</strong> Coarse letters &minus;1, 0, +1 with four parameters lose, in nats, against two "
                "letters with four: " +
                joined(parts) + ". They pay in " +
                (pays.empty() ? std::string("none of the chains") : joined(pays)) +
                ", and a map that looks at two "
                "coarse letters loses " +
                (link_is_better ? "less in every chain." : "less in some chains only.") +
                " Vectors as coarse variables are in the library, but not in this study.",
            "maps_divergence"};
}

}  // namespace

std::vector<Answer> answers_of(const MapsResult& result) {
    return {which_map(result), which_link(result), more_letters(result)};
}

}  // namespace cli::study
