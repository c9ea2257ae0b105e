#pragma once
// The reference data sets and exact answers, made by an independent program (transfer matrix for the truth,
// enumeration of all coarse states for the rest).
#include <predcg/core/types.hpp>
#include <predcg/models/ising/chain.hpp>
#include <predcg/models/ising/coarse_chain.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace reference {

using predcg::Index;
using predcg::Matrix;
using predcg::Vector;
using Json = nlohmann::json;

inline Json load(const std::string& set) {
    std::ifstream in(std::string(PREDCG_TEST_DATA) + "/exact_" + set + ".json");
    return Json::parse(in);
}

inline std::vector<std::vector<predcg::ising::Spin>> load_data(const std::string& set) {
    std::ifstream in(std::string(PREDCG_TEST_DATA) + "/data_" + set + ".csv");
    std::vector<std::vector<predcg::ising::Spin>> data;
    for (std::string line; std::getline(in, line);) {
        std::istringstream cells(line);
        data.emplace_back();
        for (std::string cell; std::getline(cells, cell, ',');)
            data.back().push_back(static_cast<predcg::ising::Spin>(std::stoi(cell)));
    }
    return data;
}

inline Vector vector_of(const Json& list) {
    Vector v(static_cast<Index>(list.size()));
    for (Index k = 0; k < v.size(); ++k) v[k] = list[static_cast<std::size_t>(k)];
    return v;
}

inline Matrix matrix_of(const Json& rows) {
    Matrix m(static_cast<Index>(rows.size()), static_cast<Index>(rows.size()));
    for (Index k = 0; k < m.rows(); ++k) m.row(k) = vector_of(rows[static_cast<std::size_t>(k)]).transpose();
    return m;
}

/// The coarse potential of a reference model, from its parameter names.
inline predcg::ising::CoarseChain<> coarse_chain(const Json& model, double field) {
    predcg::ising::CoarseChainSettings settings;
    settings.sites = model["coarse_sites"];
    settings.field = field;
    for (const std::string name : model["parameters"]) {
        if (name == "linear") settings.linear = true;
        if (name.starts_with("pair_")) ++settings.pair_range;
        if (name.starts_with("triplet_")) settings.triplets.push_back({name[8] - '0', name[10] - '0'});
    }
    return predcg::ising::coarse_chain(settings);
}

inline predcg::ising::FineChain<> fine_chain(const Json& truth) {
    return predcg::ising::chain({.sites = truth["sites"],
                                 .strength = truth["J0"],
                                 .range = truth["range"],
                                 .exponent = truth["exponent"],
                                 .field = truth["field"]});
}

/// |a - b| <= tolerance max(1, |b|), componentwise.
template <class A, class B>
void expect_close(const A& a, const B& b, double tolerance, const std::string& what) {
    ASSERT_EQ(a.rows(), b.rows()) << what;
    ASSERT_EQ(a.cols(), b.cols()) << what;
    for (Index j = 0; j < b.cols(); ++j)
        for (Index i = 0; i < b.rows(); ++i)
            EXPECT_NEAR(a(i, j), b(i, j), tolerance * std::max(1.0, std::abs(b(i, j))))
                << what << " (" << i << ", " << j << ")";
}

inline void expect_near(double a, double b, double tolerance, const std::string& what) {
    EXPECT_NEAR(a, b, tolerance * std::max(1.0, std::abs(b))) << what;
}

}  // namespace reference
