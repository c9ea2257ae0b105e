// Learn a coarse Ising chain from 50 configurations and predict the fine magnetisation.
#include <predcg/predcg.hpp>

#include <cstdio>

int main() {
    using namespace predcg;
    const auto fine = ising::chain({.sites = 32, .field = 0.3});
    const auto data = generate(fine, {.beta = 0.3, .samples = 50, .seed = 1});
    const EMCoarseGrainer grainer{fine, ising::coarse_chain({.sites = 16, .pair_range = 1, .field = 0.3}),
                                  ising::bernoulli_map({.level = 2}), TransferMatrix{}};
    const auto fit = grainer.fit(data);
    const ising::Magnetization m;
    std::printf("data       m = %.4f\n", data_mean(data, m)[0]);
    std::printf("fit        %s: pair_1 = %.4f, theta_cf = %.4f\n", to_string(fit.status).data(),
                fit["pair_1"], fit.map.theta_cf(fit.parameters.eta));
    std::printf("prediction m = %.4f\n", predict(fit, m).value());
    std::printf("truth      m = %.4f\n", truth(fine, 0.3, m).value());
}
