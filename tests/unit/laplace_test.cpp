#include <gtest/gtest.h>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/posterior/laplace.hpp>
#include <predcg/predict/credible_interval.hpp>
#include <predcg/ising/observables.hpp>
#include "ising_grainer.hpp"
#include "reference.hpp"
#include "test_seed.hpp"
using namespace predcg;
TEST(Try, A) {
    for (const char* set : {"A","B","C"}) {
    const reference::Json exact = reference::load(set);
    const auto grainer = support::ising_grainer({.sites = 16, .linear = true, .pair_range = 1, .field = exact["truth"]["field"]}, 2,
                                  support::any_prior(weak_prior()));
    const auto data = grainer.prepare(reference::load_data(set), exact["truth"]["beta"]);
    const auto fit = grainer.fit_prepared(data, {});
    const auto joint = laplace_joint(grainer, data, fit, {.draws=1000});
    const auto slides = laplace_slides(grainer, data, fit, {.draws=1000});
    std::cout << set << " k " << *joint.pareto_k << " reliable " << joint.reliable << " sd " << joint.sd.transpose() << "\n slides sd " << slides.sd.transpose()<<"\n";
    for (auto& r : joint.remarks) std::cout << r << "\n";
    if (joint.reliable) { auto c = predict(joint, ising::Magnetization{}); std::cout << c.mean << " [" << c.lower << ", " << c.upper << "] pred [" << c.predictive_lower << "," << c.predictive_upper << "]\n"; }
    auto c = predict(slides, ising::Magnetization{}); std::cout << c.mean << " [" << c.lower << ", " << c.upper << "]\n";
    const auto full = full_posterior(grainer, data, fit, {.draws = 1000});
    c = predict(full, ising::Magnetization{}); std::cout << c.mean << " [" << c.lower << ", " << c.upper << "]\n";
    c = predict(full, ising::Correlation{}); std::cout << c.mean[1] << " [" << c.lower[1] << ", " << c.upper[1] << "]\n";
    }
}
