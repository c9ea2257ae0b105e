// Every optional member that algorithms look for is seen where it is there, but not const.
#include <predcg/concepts/spelling.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/priors/priors.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace concepts_spelling_test {
using namespace predcg;

namespace {

using Spins = std::vector<ising::Spin>;

struct Likelihood {
    double log_density(const Spins&) const;
};
struct Map {
    using fine_type = Spins;
    using coarse_type = Spins;
    Index parameter_count() const;
    Likelihood likelihood(const Spins&, const Vector&) const;
    Spins sample(const Spins&, const Vector&, Philox4x32&) const;
};
struct Potential {
    ising::SpinSpace<> space() const;
    Index parameter_count() const;
    Vector features(const Spins&) const;
};
struct Moves {};

// A class that has one member more, const and not, and whether each is found right.
#define EXPECT_SEEN(Base, right, type, name, ...)                                                            \
    do {                                                                                                     \
        struct Const : Base {                                                                                \
            type name(__VA_ARGS__) const;                                                                    \
        };                                                                                                   \
        struct NotConst : Base {                                                                             \
            type name(__VA_ARGS__);                                                                          \
        };                                                                                                   \
        EXPECT_TRUE(right<Const>) << #name << " is const";                                                   \
        EXPECT_FALSE(right<NotConst>) << #name << " is not const";                                           \
    } while (false)

template <class M>
constexpr bool right_map = detail::map_members_are_const<M, Flat>();
template <class F>
struct MapOf : Map {
    F likelihood(const Spins&, const Vector&) const;
};
template <class F>
constexpr bool right_factor = right_map<MapOf<F>>;
template <class U>
constexpr bool right_potential = detail::coarse_members_are_const<U>();

TEST(Spelling, SeesEveryMemberOfAMap) {
    EXPECT_SEEN(Map, right_map, bool, takes, int);
    EXPECT_SEEN(Map, right_map, std::optional<Vector>, maximiser, const Vector&, double, const Flat&);
    EXPECT_SEEN(Map, right_map, Moves, score, const Spins&, const Vector&);
    EXPECT_SEEN(Map, right_map, SiteMoments, fine_moments, const SiteMoments&, const Vector&);
    EXPECT_SEEN(Map, right_map, Moves, conditional_moments, Index, const Vector&);
    EXPECT_SEEN(Map, right_map, Moves, conditional_moments, const Vector&, const Vector&);
    EXPECT_SEEN(Map, right_map, Vector, fine_letters);
    EXPECT_SEEN(Map, right_map, Index, coarse_lags, Index);
    EXPECT_SEEN(Map, right_map, std::optional<Vector>, flipped, const Vector&);
    EXPECT_SEEN(Map, right_map, Flat, weak_prior);
    EXPECT_SEEN(Map, right_map, std::vector<Vector>, more_starts);
    EXPECT_SEEN(Map, right_map, Moves, at, const Vector&, bool);
    EXPECT_SEEN(Map, right_map, double, natural, Index, double);
    EXPECT_SEEN(Map, right_map, double, unconstrained, Index, double);
    EXPECT_SEEN(Map, right_map, std::vector<std::string>, natural_names);
}

TEST(Spelling, SeesEveryMemberOfALikelihood) {
    EXPECT_SEEN(Likelihood, right_factor, Window, window);
    EXPECT_SEEN(Likelihood, right_factor, bool, translation_invariant);
    EXPECT_SEEN(Likelihood, right_factor, Spins, observed);
    EXPECT_SEEN(Likelihood, right_factor, Moves, neighbours);
    EXPECT_SEEN(Likelihood, right_factor, Index, site_class, Index);
    EXPECT_SEEN(Likelihood, right_factor, Index, class_count);
}

TEST(Spelling, SeesEveryMemberOfAPotential) {
    EXPECT_SEEN(Potential, right_potential, Vector, start);
    EXPECT_SEEN(Potential, right_potential, std::optional<Vector>, flipped, const Vector&);
    EXPECT_SEEN(Potential, right_potential, Moves, two_valued_terms);
    EXPECT_SEEN(Potential, right_potential, Moves, neighbours);
    EXPECT_SEEN(Potential, right_potential, Moves, particle_moves, const Vector&);
    EXPECT_SEEN(Potential, right_potential, double, energy_laplacian, const Spins&, const Vector&);
    EXPECT_SEEN(Potential, right_potential, double, energy_and_gradient, const Spins&, const Vector&, Spins&);
    EXPECT_SEEN(Potential, right_potential, Matrix, local_parameter_hessian, Index,
                std::span<const ising::Spin>, const Vector&);
}

}  // namespace
}  // namespace concepts_spelling_test
