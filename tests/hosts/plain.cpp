// A file of the host in another language level and without RTTI.
#include <predcg/engines/mean_field.hpp>
#include <predcg/learning/online.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/posterior.hpp>
#include <predcg/predcg.hpp>
#include <predcg/relative_entropy.hpp>
#include <predcg/selection.hpp>

namespace host {

std::vector<std::vector<signed char>> samples(long sites) {
    return predcg::generate(predcg::ising::chain({.sites = sites}), {.beta = 0.5, .samples = 100})
        .configurations;
}

/// Thrown and caught without RTTI.
bool refuses() {
    try {
        predcg::ising::chain({.sites = 0});
    } catch (const predcg::ArgumentError& error) {
        return error.argument() == "sites";
    }
    return false;
}

}  // namespace host
