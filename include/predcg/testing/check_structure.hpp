#pragma once
// Checks of optional structure, the same for potentials, likelihoods, targets and statistics: windows,
// differences of one site, gradients by X, quadratic forms.
#include <predcg/concepts/configuration_space.hpp>
#include <predcg/concepts/factor.hpp>
#include <predcg/concepts/fine_potential.hpp>
#include <predcg/concepts/site_classes.hpp>
#include <predcg/concepts/statistic.hpp>
#include <predcg/core/box_window.hpp>
#include <predcg/core/neighbours.hpp>
#include <predcg/testing/findings.hpp>

#include <algorithm>
#include <span>

namespace predcg::detail {

/// A random configuration of a finite space with its letters, to cut windows from.
template <FiniteSpace Space>
struct Spelled {
    using Letter = letter_t<Space>;

    Spelled(const Space& space, Philox4x32& rng) : configuration(blank_configuration(space)) {
        const auto& alphabet = space.values();
        for (Index i = 0; i < Index(space.size()); ++i) {
            const Index place = uniform_index(rng, static_cast<Index>(std::ranges::size(alphabet)));
            letters.push_back(std::ranges::begin(alphabet)[place]);
            configuration[static_cast<std::size_t>(i)] = letters.back();
        }
    }

    /// w_i, see core/window.hpp.
    std::vector<Letter> window(Index i, Window window) const {
        std::vector<Letter> w;
        for (const Index site : window_sites(BoxWindow{window}, {static_cast<Index>(letters.size())}, i))
            w.push_back(letters[static_cast<std::size_t>(site)]);
        return w;
    }

    configuration_t<Space> configuration;
    std::vector<Letter> letters;
};

/// The sum of local(i, w_i) over the chain is whole(X); a window that claims to be the same everywhere is.
template <FiniteSpace Space, class Local, class Whole>
void check_windows(FindingList& list, const Space& space, Window window, bool invariant,
                   const std::string& local_name, Local&& local, const std::string& whole_name, Whole&& whole,
                   Philox4x32& rng) {
    const Index n = space.size();
    if (window.width < 1 || (window.boundary == Boundary::periodic && window.width > n)) {
        list.add("window()", "has width " + to_text(window.width) + "; on a ring of " + to_text(n) +
                                 " sites it must be 1 to " + to_text(n));
        return;
    }
    using Letter = letter_t<Space>;
    for (int repeat = 0; repeat < 8; ++repeat) {
        const Spelled<Space> X(space, rng);
        const auto expected = whole(X.configuration);
        auto sum = FindingList::zero_like(expected);
        for (Index i = 0; i < n; ++i) {
            const std::vector<Letter> w = X.window(i, window);
            const auto value = local(i, std::span<const Letter>(w));
            if (!list.same_shape(local_name, value, expected)) return;
            sum += value;
            if (!invariant || static_cast<Index>(w.size()) != window.width) continue;
            list.close(local_name + " at a site, as translation_invariant() is true,", value,
                       "the same window at site 0", local(0, std::span<const Letter>(w)), sum_tolerance);
        }
        list.close("the sum of " + local_name + " over the windows", sum, whole_name, expected,
                   sum_tolerance * static_cast<double>(n));
    }
}

/// What sites of each class were seen to be at a window: the same at all sites of all data.
template <FiniteSpace Space>
class ClassesSeen {
    using Letter = letter_t<Space>;

public:
    /// local(i, w) is the part at a window.
    template <class Part, class Local>
    void check(FindingList& list, const std::string& name, const Part& part, const Space& space,
               Local&& local, Philox4x32& rng) {
        for (int repeat = 0; repeat < 8; ++repeat) {
            const Spelled<Space> X(space, rng);
            for (Index i = 0; i < Index(space.size()); ++i) {
                const Index site_class = part.site_class(i);
                if (site_class < 0 || site_class >= Index(part.class_count())) {
                    list.add(name + ".site_class(i)", "is " + to_text(site_class) +
                                                          ", but class_count() is " +
                                                          to_text(Index(part.class_count())));
                    return;
                }
                const std::vector<Letter> w = X.window(i, part.window());
                const Vector value = local(i, std::span<const Letter>(w));
                const auto same = std::find_if(seen_.begin(), seen_.end(), [&](const Entry& entry) {
                    return entry.site_class == site_class && entry.window == w;
                });
                if (same == seen_.end())
                    seen_.push_back({site_class, w, value});
                else
                    list.close(name + " at a site", value, "the same window at another site of its class",
                               same->value, sum_tolerance);
            }
        }
    }

private:
    struct Entry {
        Index site_class;
        std::vector<Letter> window;
        Vector value;
    };
    std::vector<Entry> seen_;
};

/// difference(X, i, v) does not depend on the letters of other sites than i and its neighbours.
template <FiniteSpace Space, class Difference>
void check_neighbours(FindingList& list, const Space& space, const NeighbourList& neighbours,
                      const std::string& name, Difference&& difference, Philox4x32& rng) {
    if (neighbours.size() != Index(space.size())) {
        list.add("neighbours()", "has " + to_text(neighbours.size()) + " sites, but the space " +
                                     to_text(Index(space.size())));
        return;
    }
    const auto& letters = space.values();  // may be a value
    const auto letter = *std::ranges::begin(letters);
    for (int repeat = 0; repeat < 4; ++repeat) {
        const Spelled<Space> X(space, rng), Y(space, rng);
        for (Index i = 0; i < Index(space.size()); ++i) {
            auto changed = Y.configuration;
            changed[static_cast<std::size_t>(i)] = X.configuration[static_cast<std::size_t>(i)];
            for (const Index j : neighbours[i])
                changed[static_cast<std::size_t>(j)] = X.configuration[static_cast<std::size_t>(j)];
            list.close(name, difference(X.configuration, i, letter), "that with other letters far from i",
                       difference(changed, i, letter), sum_tolerance);
        }
    }
}

/// Sites with as many neighbours are alike, as translation_invariant() says, and have them in the same order:
/// with the same letters there difference(X, i, v) is that of the first of them. Tables of one serve all.
template <FiniteSpace Space, class Difference>
void check_alike(FindingList& list, const Space& space, const NeighbourList& neighbours,
                 const std::string& name, Difference&& difference, Philox4x32& rng) {
    if (neighbours.size() != Index(space.size())) return;
    const auto& letters = space.values();  // may be a value
    const auto letter = *std::ranges::begin(letters);
    for (int repeat = 0; repeat < 4; ++repeat) {
        const Spelled<Space> X(space, rng), Y(space, rng);
        for (Index i = 1; i < Index(space.size()); ++i) {
            Index first = 0;
            while (neighbours[first].size() != neighbours[i].size()) ++first;
            auto moved = Y.configuration;
            moved[static_cast<std::size_t>(i)] = X.letters[static_cast<std::size_t>(first)];
            for (std::size_t k = 0; k < neighbours[i].size(); ++k)
                moved[static_cast<std::size_t>(neighbours[i][k])] =
                    X.letters[static_cast<std::size_t>(neighbours[first][k])];
            list.close(name + " at a site, as translation_invariant() is true,", difference(moved, i, letter),
                       "that of another with the same letters at its neighbours, in their order",
                       difference(X.configuration, first, letter), sum_tolerance);
        }
    }
}

/// difference(X, i, v) is whole(X with X_i := v) - whole(X).
template <FiniteSpace Space, class Difference, class Whole>
void check_differences(FindingList& list, const Space& space, const std::string& name,
                       Difference&& difference, const std::string& whole_name, Whole&& whole,
                       Philox4x32& rng) {
    for (int repeat = 0; repeat < 8; ++repeat) {
        Spelled<Space> X(space, rng);
        const double before = whole(X.configuration);
        for (Index i = 0; i < Index(space.size()); ++i)
            for (const auto& letter : space.values()) {
                auto changed = X.configuration;
                changed[static_cast<std::size_t>(i)] = letter;
                const double after = whole(changed);
                if (std::isfinite(before) && std::isfinite(after))
                    list.close(name, difference(X.configuration, i, letter),
                               "the difference of " + whole_name, after - before, sum_tolerance,
                               std::abs(before));
            }
    }
}

/// The form is symmetric, of the right size, and has the value at X.
template <class X>
void check_quadratic(FindingList& list, const std::string& name, const QuadraticForm& form, const X& at,
                     Index size, const std::string& whole_name, double whole) {
    if (!list.length(name + ".b", form.b.size(), size) ||
        !list.length(name + ".A, rows of which", form.A.rows(), size) ||
        !list.length(name + ".A, columns of which", form.A.cols(), size))
        return;
    list.close(name + ".A", form.A, "its transpose", Matrix(form.A.transpose()), 1e-12);
    if constexpr (RealConfiguration<X>) {
        list.close(name, form(coordinates_of(at)), whole_name, whole, 1e-9, std::abs(form.c));
    }
}

/// The gradient by X is the derivative of whole(X).
template <class G, class Whole, class X>
void check_gradient(FindingList& list, const std::string& name, const G& gradient,
                    const std::string& whole_name, Whole&& whole, const X& configuration) {
    const Vector at = coordinates_of(configuration);
    Vector slope;
    if constexpr (VectorLike<G>)
        slope = gradient;
    else
        read_coordinates(gradient, slope);
    if (!list.length(name, slope.size(), at.size())) return;
    const auto whole_at = [&](const Vector& coordinates) -> double {
        X there = configuration;
        set_coordinates(there, coordinates);
        return whole(std::as_const(there));
    };
    for (Index k = 0; k < at.size(); ++k)
        list.close(name + "[" + to_text(k) + "]", slope[k], "the central difference of " + whole_name,
                   difference(whole_at, at, k), difference_tolerance, std::abs(whole(configuration)));
}

/// dU/dX, under its own name or as what energy_and_gradient leaves; and the energy that this returns.
template <class U, class X, class Whole, class... Theta>
void check_energy_gradient(FindingList& list, const std::string& arguments, const U& u, const X& x,
                           Whole&& energy, const Theta&... theta) {
    if constexpr (HasGradientAlone<U, X, Theta...>)
        check_gradient(list, "energy_gradient(" + arguments + ")", u.energy_gradient(x, theta...),
                       "energy(" + arguments + ")", energy, x);
    if constexpr (HasEnergyAndGradient<U, X, Theta...>) {
        const std::string name = "energy_and_gradient(" + arguments + ", gradient)";
        X gradient = x;  // not zero: is it overwritten?
        list.close(name, u.energy_and_gradient(x, theta..., gradient), "energy(" + arguments + ")", energy(x),
                   sum_tolerance);
        check_gradient(list, name, gradient, "energy(" + arguments + ")", energy, x);
    }
}

/// The structure of a factor or target, called `name`, against its log_density.
template <class F, ConfigurationSpace Space>
void check_factor(FindingList& list, const std::string& name, const F& factor, const Space& space,
                  const configuration_t<Space>& X, Philox4x32& rng) {
    using Configuration = configuration_t<Space>;
    const auto whole = [&](const Configuration& at) -> double { return factor.log_density(at); };
    if constexpr (QuadraticFactor<F>)
        check_quadratic(list, name + ".quadratic()", factor.quadratic(), X, space.size(), "log_density(X)",
                        whole(X));
    if constexpr (RealConfiguration<Configuration> && DifferentiableFactor<F, Configuration>)
        check_gradient(list, name + ".log_density_gradient(X)", factor.log_density_gradient(X),
                       "log_density(X)", whole, X);
    if constexpr (FiniteSpace<Space>) {
        if constexpr (ChainFactor<F, letter_t<Space>>)
            check_windows(
                list, space, factor.window(), is_translation_invariant(factor),
                name + ".local_log_density(i, w)",
                [&](Index i, auto w) -> double { return factor.local_log_density(i, w); }, "log_density(X)",
                whole, rng);
        if constexpr (LocalFactor<F, Configuration, letter_t<Space>>)
            check_differences(
                list, space, name + ".log_density_difference(X, i, v)",
                [&](const Configuration& at, Index i, const auto& v) -> double {
                    return factor.log_density_difference(at, i, v);
                },
                "log_density(X)", whole, rng);
    }
}

/// The structure of a statistic, called `name`, against its values.
template <class S, ConfigurationSpace Space>
void check_statistic(FindingList& list, const std::string& name, const S& statistic, const Space& space,
                     const configuration_t<Space>& X, Philox4x32& rng) {
    const Vector T = statistic(X);
    if (!list.length(name + "(X)", T.size(), statistic.size())) return;
    if constexpr (QuadraticStatistic<S>)
        for (Index k = 0; k < T.size(); ++k)
            check_quadratic(list, name + ".quadratic(" + to_text(k) + ")", statistic.quadratic(k), X,
                            space.size(), "the statistic", T[k]);
    if constexpr (FiniteSpace<Space>)
        if constexpr (ChainStatistic<S, letter_t<Space>>)
            check_windows(
                list, space, statistic.window(), is_translation_invariant(statistic), name + ".local(i, w)",
                [&](Index i, auto w) -> Vector { return statistic.local(i, w); }, "the statistic",
                [&](const configuration_t<Space>& at) -> Vector { return statistic(at); }, rng);
}

}  // namespace predcg::detail
