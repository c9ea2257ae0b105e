// A melt of short chains runs in LAMMPS inside this program. While it runs, its configurations go to an
// OnlineFit, which learns a pair potential of the chains' centres. The potential goes back into LAMMPS, which
// runs the centres alone.
#include <Eigen/LU>
#include <predcg/learning/online.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/relative_entropy.hpp>

#include "melt.hpp"
#include "pair_potential.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>

namespace {

using namespace predcg;

/// The deterministic map: a configuration of all beads to the centres of the chains.
struct Centres {
    using fine_type = host::Points;
    using coarse_type = Vector;
    host::Melt melt;

    Vector operator()(const host::Points& x) const {
        const host::Points centres = melt.centres(x);
        return Eigen::Map<const Vector>(centres.front().data(), static_cast<Index>(3 * centres.size()));
    }
};

/// What a fit says of the pair potential.
class Learnt {
public:
    template <class Fit>
    explicit Learnt(const Fit& fit) : potential_(fit.coarse), theta_(fit.parameters.theta) {
        // Correlations by the information of the data, standard errors by all that the fit knows.
        covariance_ = fit.likelihood.observed().inverse();
        const Vector sd = covariance_.diagonal().cwiseSqrt();
        const Vector scale = fit.errors.theta.cwiseQuotient(sd);
        covariance_ = scale.asDiagonal() * covariance_ * scale.asDiagonal();
    }
    double energy(double r) const { return theta_.dot(row(r, false)); }
    double force(double r) const { return -theta_.dot(row(r, true)); }
    double error(double r) const { return std::sqrt(row(r, false).dot(covariance_ * row(r, false))); }

private:
    Vector row(double r, bool slope) const {
        const auto splines = potential_.at(r);
        Vector values = Vector::Zero(theta_.size());
        for (std::size_t k = 0; k < splines.many; ++k)
            values[static_cast<Index>(splines.first + k)] = slope ? splines.slope[k] : splines.value[k];
        return values;
    }

    host::PairPotential potential_;
    Vector theta_;
    Matrix covariance_;
};

int run(int frames) {
    const host::Melt melt;
    host::Distances seen(melt.side, 4.4, 22, static_cast<std::size_t>(frames)), again = seen;

    // ---- couple
    const RelativeEntropy learner{
        host::PairPotential(host::Melt::chains, melt.side, 1.0, 3.4, 8), Centres{melt},
        MonteCarlo(Hamiltonian{.path = 0.2}, {.samples = 800, .warm_up = 200}), Newton{}, weak_prior()};
    OnlineFit online{learner, {.beta = 1.0}};
    host::Lammps fine;
    melt.begin(fine, 20000);
    for (int frame = 0; frame < frames; ++frame) {
        fine.command("run 500 pre no post no");
        const host::Points x = fine.positions();
        online.add(x);
        seen.add(melt.centres(x));
    }
    const auto fit = online.estimate();
    // ---- end
    std::printf("%td configurations of %zu chains: %s\n", online.configurations(), host::Melt::chains,
                to_string(fit.status).data());
    for (const std::string& remark : fit.remarks) std::printf("  %s\n", remark.c_str());

    const Learnt u(fit);
    host::Lammps coarse;
    const host::Fluid fluid{melt.side, fit.coarse.cutoff()};
    fluid.begin(coarse, melt.centres(fine.positions()), 20000, [&](double r) {
        return std::pair{u.energy(r), u.force(r)};
    });
    for (int frame = 0; frame < frames; ++frame) {
        coarse.command("run 200 pre no post no");
        again.add(coarse.positions());
    }

    std::printf("\n   r     u(r)            g(r), chains    g(r), points\n");
    double squares = 0.0, noise = 0.0;
    constexpr std::size_t bins = 22;
    for (std::size_t k = 0; k < bins; ++k) {
        const double r = seen.at(k), difference = again.g(k) - seen.g(k);
        squares += difference * difference / static_cast<double>(bins);
        noise += (std::pow(seen.error(k), 2) + std::pow(again.error(k), 2)) / static_cast<double>(bins);
        std::printf("%5.2f  %6.3f +- %5.3f  %5.3f +- %5.3f  %5.3f +- %5.3f\n", r, u.energy(r), u.error(r),
                    seen.g(k), seen.error(k), again.g(k), again.error(k));
    }
    // Noise adds to the squares. Where it alone is more than the limit, only what is far off can be told.
    constexpr double limit = 0.03 * 0.03;
    const double excess = squares - noise;
    const bool is_known = noise < limit || excess > limit + noise, is_close = excess < limit,
               agree = is_known && is_close && fit.status == Status::converged;
    std::printf(
        "\nThe radial distribution functions %s: they differ by %.3f (root mean square), and noise alone "
        "makes %.3f.\n",
        !is_known                         ? "are too noisy to tell"
        : !is_close                       ? "do NOT agree"
        : fit.status != Status::converged ? "are alike, but the fit has not converged"
                                          : "agree",
        std::sqrt(squares), std::sqrt(noise));
    return agree ? 0 : 1;
}

/// The number of frames: an integer from 20 to a million.
int frames_of(const char* text) {
    int frames = 0;
    const char* const end = text + std::strlen(text);
    const auto [stop, error] = std::from_chars(text, end, frames);
    if (error != std::errc{} || stop != end || frames < 20 || frames > 1000000)
        throw std::invalid_argument(std::string("the number of configurations is '") + text +
                                    "'; allowed: an integer from 20 to 1000000");
    return frames;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (argc > 2) throw std::invalid_argument("one argument at most: the number of configurations");
        return run(argc > 1 ? frames_of(argv[1]) : 200);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "host_lammps: %s\n", error.what());
        return 1;
    }
}
