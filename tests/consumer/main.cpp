// Needs the headers of predcg, Eigen and Boost, and C++20; cheap to compile.
#include <predcg/core/random.hpp>
#include <predcg/core/types.hpp>
#include <predcg/version.hpp>

#include <iostream>

int main() {
    predcg::Philox4x32 rng = predcg::make_stream({.seed = 1});
    predcg::Vector v(2);
    v << predcg::uniform(rng), predcg::uniform(rng);
    std::cout << "predcg " << predcg::version_string << ", " << (v.minCoeff() >= 0.0 ? "works" : "fails")
              << '\n';
    return v.minCoeff() >= 0.0 && v.maxCoeff() < 1.0 ? 0 : 1;
}
