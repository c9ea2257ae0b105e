// Learn from data that several processes hold, each a part of a file:
//     mpirun -np 4 mpi_fit data.csv 0.3
// The file has a configuration on each line, -1 and 1 separated by commas; 0.3 is the inverse temperature.
#include <predcg/mpi.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace predcg;

namespace {

std::ifstream opened(const char* file) {
    std::ifstream in(file);
    if (!in) throw std::runtime_error(std::string(file) + " cannot be read");
    return in;
}

Index lines_of(const char* file) {
    std::ifstream in = opened(file);
    Index lines = 0;
    for (std::string line; std::getline(in, line);) ++lines;
    return lines;
}

/// Reads this process's lines and passes over the others.
std::vector<std::vector<ising::Spin>> read_lines(const char* file, Share share) {
    std::ifstream in = opened(file);
    std::vector<std::vector<ising::Spin>> data;
    std::string line;
    for (Index k = 0; k < share.first + share.count && std::getline(in, line); ++k) {
        if (k < share.first) continue;
        std::istringstream numbers(line);
        std::vector<ising::Spin>& x = data.emplace_back();
        for (std::string number; std::getline(numbers, number, ',');)
            x.push_back(static_cast<ising::Spin>(std::stoi(number)));
    }
    return data;
}

int fit_file(const Processes& processes, const char* file, double beta) {
    const Index lines = processes.sum(processes.rank() == 0 ? lines_of(file) : 0);
    const auto part = read_lines(file, share_of(lines, processes));
    const auto sites = static_cast<Index>(part.front().size()) / 2;
    const EMCoarseGrainer grainer{SamplesOnly<std::vector<ising::Spin>>{},
                                  ising::coarse_chain({.sites = sites, .linear = true, .pair_range = 1}),
                                  ising::bernoulli_map({.level = 2}),
                                  TransferMatrix{},
                                  Newton{},
                                  weak_prior()};
    const auto data = prepare_spread(grainer, processes, part, beta);
    const auto fit = grainer.fit_prepared(data);
    const auto posterior = laplace_joint(grainer, data, fit);
    if (processes.rank() > 0) return 0;  // every process has the same result
    std::printf("%s, %.0f data, log-likelihood %.17g\n", to_string(fit.status).data(), fit.data_count,
                fit.log_likelihood);
    const auto names = posterior.names();
    for (Index k = 0; k < posterior.parameter_count(); ++k)
        std::printf("%-16s %.17g +- %.17g\n", names[static_cast<std::size_t>(k)].c_str(),
                    posterior.draws.row(k).mean(), posterior.sd[k]);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return mpi::run(argc, argv, [&](const Processes& processes) {
        if (argc != 3) throw std::runtime_error("usage: mpi_fit FILE BETA");
        return fit_file(processes, argv[1], std::atof(argv[2]));
    });
}
