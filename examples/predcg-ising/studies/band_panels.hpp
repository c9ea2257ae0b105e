#pragma once
// Figures of panels one above the other, each with credible bands, truth and data.
#include "reports/gnuplot.hpp"

#include <string>
#include <vector>

namespace cli::study {

struct BandPanel {
    std::string title;  ///< gnuplot's enhanced text
    std::string file;   ///< table with columns truth, data, full_lower, full_upper
};

struct BandPanels {
    std::string name{};  ///< of the figure
    std::vector<BandPanel> panels{};
    bool slides = false;  ///< slides_lower, slides_upper, too
};

/// m against the field; the truth is the line of a table of its own.
Figure magnetization_panels(const BandPanels& panels, const std::string& truth_file);
/// m less the truth.
Figure difference_panels(BandPanels panels, const std::string& name);
/// R_l against the lag.
Figure correlation_panels(const BandPanels& panels);

}  // namespace cli::study
