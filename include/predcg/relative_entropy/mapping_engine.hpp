#pragma once
#include <predcg/core/error.hpp>
#include <predcg/engines/batch.hpp>
#include <predcg/relative_entropy/mapped_data.hpp>
#include <predcg/structure/boltzmann.hpp>
#include <predcg/structure/product.hpp>
#include <predcg/structure/statistics.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace predcg {

namespace detail {

/// Calls f(probability, letters) for every choice of letters at sites first, ..., first + count - 1 (mod
/// size).
template <class Letter, class F>
void visit_letters(const SiteLetters<Letter>& image, Index first, Index count, F&& f) {
    const auto n = static_cast<std::size_t>(count);
    const auto site = [&](std::size_t j) { return (first + static_cast<Index>(j)) % image.size(); };
    std::vector<std::size_t> digits(n, 0);
    std::vector<Letter> letters;
    for (std::size_t j = 0; j < n; ++j) letters.push_back(image.letters(site(j))[0]);
    for (;;) {
        double probability = 1.0;
        for (std::size_t j = 0; j < n; ++j) probability *= image.probabilities(site(j))[digits[j]];
        f(probability, letters);
        std::size_t j = 0;
        for (; j < n; ++j) {
            const auto choice = image.letters(site(j));
            digits[j] = digits[j] + 1 == choice.size() ? 0 : digits[j] + 1;
            letters[j] = choice[digits[j]];
            if (digits[j] > 0) break;
        }
        if (j == n) return;
    }
}

/// How often visit_letters calls.
template <class Letter>
double letters_count(const SiteLetters<Letter>& image, Index first, Index count) {
    double product = 1.0;
    for (Index j = 0; j < count; ++j)
        product *= static_cast<double>(image.letters((first + j) % image.size()).size());
    return product;
}

template <class F>
inline constexpr bool is_mapped_factor = false;
template <class X>
inline constexpr bool is_mapped_factor<MappedFactor<X>> = true;

}  // namespace detail

/// The engine for q(X|x) of mapped data: E[s(X)] over what a deterministic map says of X, exactly, with
/// covariance 0; the place of log Z has E[log p_c(X)], unnormalised, so that a fit's log-likelihood is
/// sum_i E_xi[log p_c(xi(x_i))].
///
/// Ties are averaged over all outcomes: a chain statistic window by window (sum over windows of the product
/// of its ties' numbers of letters), any other over whole configurations (the product over all sites). A
/// datum that costs more than `limit` evaluations is refused by CostError.
struct MappingEngine {
    double limit = 4'194'304.0;  ///< evaluations for one datum (2^22: seconds)

    /// It takes batches only, and keeps nothing.
    using BatchState = NoState;
    static constexpr bool normalises_batches = true;  ///< Averages over images are normalised.

    /// Data of a chunk (engines/batch.hpp).
    template <class B>
    static Index chunk(const B& batch) {
        return chunk_of(30.0 * static_cast<double>(batch.common().space().size()));
    }

    /// The sums of E[(s, t_k)] and of E[log common(X)].
    template <class B, class States>
        requires detail::is_mapped_factor<typename B::Factor>
    BatchMoments expect_batch(const B& batch, Want want, States&, const StreamKey&) const {
        using Common = typename B::Common;
        const LogDensity<Common> log_density(batch.common());
        const auto& space = batch.common().space();
        BatchMoments sums = BatchMoments::zero(batch.common_size() + batch.own_size(), want);
        if (want == Want::log_partitions) sums.log_partitions.resize(std::ssize(batch.which()));
        Index at = 0;
        for (const Index k : batch.which()) {
            const auto factor = batch.factor(k);
            if (want == Want::log_partitions) {
                sums.log_partitions[at] = average(factor.image(), space, log_density)[0];
                *sums.log_partition += batch.weight(k) * sums.log_partitions[at++];
                continue;
            }
            const Index d = sums.mean.size();
            const Vector all = average(factor.image(), space, Stack(batch.joint(k), log_density));
            sums.add({all.head(d), Matrix::Zero(d, d), Vector::Zero(d), all[d]}, batch.weight(k));
        }
        return sums;
    }

    /// E[s(X)] over an image: s of the point, or the average over letters.
    template <class X, class Space, class S>
    Vector average(const X& image, const Space& space, const S& statistic) const {
        if constexpr (detail::is_site_letters<X>) {
            static_assert(FiniteSpace<Space>, "predcg: a map to SiteLetters needs a finite coarse space");
            if constexpr (FiniteSpace<Space>)
                return average_of_letters(image, space, statistic);
            else
                return {};
        } else {
            return statistic(image);
        }
    }

private:
    template <class Letter, class Space, class S>
    Vector average_of_letters(const SiteLetters<Letter>& image, const Space& space,
                              const S& statistic) const {
        const Index n = image.size();
        Vector sum = Vector::Zero(statistic.size());
        const double configurations = detail::letters_count(image, 0, n);
        if constexpr (ChainStatistic<S, Letter>) {
            const Window window = statistic.window();
            const auto width = [&](Index i) {
                return window.boundary == Boundary::open ? std::min(window.width, n - i) : window.width;
            };
            double windows = 0.0;
            for (Index i = 0; i < n; ++i) windows += detail::letters_count(image, i, width(i));
            if (windows < configurations) {
                check(windows);
                for (Index i = 0; i < n; ++i)
                    detail::visit_letters(image, i, width(i), [&](double p, const auto& letters) {
                        sum += p * statistic.local(i, std::span<const Letter>(letters));
                    });
                return sum;
            }
        }
        check(configurations);
        auto X = blank_configuration(space);
        detail::visit_letters(image, 0, n, [&](double p, const auto& letters) {
            for (std::size_t i = 0; i < letters.size(); ++i) X[i] = letters[i];
            sum += p * statistic(X);
        });
        return sum;
    }

    void check(double cost) const {
        if (!(cost <= limit))
            throw CostError("MappingEngine", cost, limit, "evaluations for one datum",
                            "draw ties instead of averaging over them (Ties::draw), or raise "
                            "MappingEngine::limit");
    }
};

}  // namespace predcg
