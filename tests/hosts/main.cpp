#include <predcg/engines/mean_field.hpp>
#include <predcg/learning/online.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>
#include <predcg/relative_entropy.hpp>
#include <predcg/selection.hpp>

#include "coarse.hpp"

#include <cmath>
#include <cstdio>

namespace host {
std::vector<std::vector<signed char>> samples(long sites);
bool refuses();
}  // namespace host

int main() {
    host::Generator generator(7);
    const auto learnt = host::coarse_grain(host::samples(12), 0.5, generator);
    const auto& information = learnt.information;
    bool fine = learnt.parameters.size() == 2 && information.rows == 2 && learnt.run.size() == 100 &&
                information(0, 0) > 0.0 && std::abs(information(0, 1) - information(1, 0)) < 1e-9;
    for (const double value : learnt.parameters) fine = fine && std::isfinite(value);
    std::printf("pair %.3f, logit %.3f\n", learnt.parameters[0], learnt.parameters[1]);

    // exceptions of the library cross the boundary of the shared library
    bool caught = false;
    try {
        host::coarse_grain(host::samples(10), 0.5, generator);
    } catch (const predcg::ArgumentError& error) {
        caught = error.value() == "10";
        std::printf("%s\n", error.what());
    }
    const bool refused = host::refuses();
    if (!fine) std::printf("what was learnt came out wrong\n");
    if (!caught) std::printf("the exception was not caught as what it is\n");
    if (!refused) std::printf("without RTTI the exception was not caught as what it is\n");
    return fine && caught && refused ? 0 : 1;
}
