#pragma once
// Maps that are given by the density of a block of fine sites.
#include <predcg/concepts/model_parts.hpp>
#include <predcg/concepts/passed_over.hpp>
#include <predcg/concepts/probabilistic_map.hpp>
#include <predcg/core/expansion.hpp>
#include <predcg/core/random.hpp>
#include <predcg/maps/block_moments.hpp>
#include <predcg/maps/block_window.hpp>
#include <predcg/priors/priors.hpp>

#include <cmath>
#include <concepts>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace predcg {

/// What block.given(w, eta) gives: the density of a block under a window of coarse letters.
template <class G>
concept BlockDensity = requires(const G given, std::span<const double> x) {
    { given.log_density(x) } -> RealValue;                     // log p(x_r | w_r, eta)
    { given.expansion(x) } -> std::convertible_to<Expansion>;  // and its derivatives by eta
};

/// The density of a block of l fine sites, given a window of coarse letters around it: all that a learnable,
/// samplable map needs (BlockMap). Letters come as numbers; a neighbour that is missing at an open end is 0.
/// It must be normalised: sum over x of exp(log_density(x)) = 1 for every w and eta.
///
///     struct MyBlock {
///         Index level() const;            // fine sites of a block
///         BlockWindow window() const;     // {first, last}: w holds X_{r+first} .. X_{r+last}
///         Index parameter_count() const;
///         auto given(std::span<const double> w, const Vector& eta) const;   // a BlockDensity
///     };
///
/// Optional: parameter_names(), start(), scales(), more_starts(), prior_mean() (of independent normals, sd 2:
/// weak_prior), sample(w, eta, rng, x), which fills the block (else the 2^l or so patterns are gone through),
/// flipped(eta), the parameters under which w has the density of -w (learning/labels.hpp).
template <class B>
concept BlockModel =
    std::copyable<B> && requires(const B block, std::span<const double> w, const Vector& eta) {
        { block.level() } -> std::convertible_to<Index>;
        { block.window() } -> std::convertible_to<BlockWindow>;
        { block.parameter_count() } -> std::convertible_to<Index>;
        { block.given(w, eta) } -> BlockDensity;
    };

/// Says which coarse letter a block has, whatever the parameters: `double observed(std::span<const double> x)
/// const` (ObservedMap).
template <class B>
concept ObservesLetter = requires(const B block, std::span<const double> x) {
    { block.observed(x) } -> std::convertible_to<double>;
};

/// Says where its parameters lie a priori: `Vector prior_mean() const`, the centre of normals of sd 2.
template <class B>
concept HasPriorMean = requires(const B block) {
    { block.prior_mean() } -> VectorLike;
};

/// Fills a block by draws of its own: `void sample(std::span<const double> w, const Vector& eta, auto& rng,
/// std::span<double> x) const`.
template <class B, class R = Philox4x32>
concept SamplesBlocks = requires(const B block, std::span<const double> w, const Vector& eta, R& rng,
                                 std::span<double> x) { block.sample(w, eta, rng, x); };

namespace detail {
template <class B>
concept WrongPriorMean = requires { requires FunctionMember<decltype(&B::prior_mean)>; } && !HasPriorMean<B>;
template <class B>
concept WrongObserved = requires { requires FunctionMember<decltype(&B::observed)>; } && !ObservesLetter<B>;
template <class B>
concept WrongBlockSample = requires { requires FunctionMember<decltype(&B::sample)>; } && !SamplesBlocks<B>;
/// Optional members of a block that are there, but not as they are asked for.
template <class B>
struct BlockParts : ModelParts<B> {
    static_assert(!WrongMoreStarts<B>,
                  "predcg: more_starts() of a block would be passed over: it takes nothing, and returns "
                  "std::vector<predcg::Vector>");
    static_assert(
        !WrongPriorMean<B>,
        "predcg: prior_mean() of a block would be passed over: it takes nothing, and returns a column "
        "vector of doubles of Eigen's, one for each parameter");
    static_assert(
        !WrongObserved<B>,
        "predcg: observed(x) of a block would be passed over: it takes std::span<const double>, and "
        "returns double");
    static_assert(
        !WrongBlockSample<B>,
        "predcg: sample(w, eta, rng, x) of a block would be passed over: it takes "
        "std::span<const double>, a predcg::Vector, any generator, auto& rng, and std::span<double>");
};
}  // namespace detail

/// Settings of a BlockMap: the chain's ends, and the alphabets as numbers.
struct BlockMapSettings {
    Boundary boundary = Boundary::periodic;
    std::vector<double> coarse_letters{-1.0, 1.0};
    std::vector<double> fine_letters{-1.0, 1.0};
};

namespace detail {

/// What a block's density is in every cell, at some eta.
struct BlockTables {
    std::vector<double> log_density;
    Matrix score;  ///< parameters x cells, where it was asked for
};

/// What likelihood, score and counts of a datum have in common: they are sums over its blocks. A view of
/// datum and map.
class OfBlocks {
public:
    OfBlocks(const BlockGeometry& geometry, const BlockPatterns& blocks)
        : geometry_(&geometry), blocks_(&blocks) {}

    Window window() const { return geometry_->chain_window(); }
    Index site_class(Index i) const { return geometry_->site_class(*blocks_, i); }
    Index class_count() const { return geometry_->class_count(); }

    /// Calls f(cell) for every block of site i's window.
    template <class Letter, class F>
    void for_each_cell(Index i, std::span<const Letter> w, F&& f) const {
        geometry_->visit(*blocks_, i, w,
                         [&](Index pattern, Index code) { f(pattern * geometry_->windows() + code); });
    }
    /// The same for all blocks.
    template <class X, class F>
    void for_each_cell(const X& configuration, F&& f) const {
        geometry_->visit_all(*blocks_, configuration,
                             [&](Index pattern, Index code) { f(pattern * geometry_->windows() + code); });
    }
    /// Blocks of a site, at most.
    Index most_cells() const { return geometry_->blocks_at_a_site(); }

protected:
    const BlockGeometry* geometry_;
    const BlockPatterns* blocks_;
};

/// log p_cf(x | ., eta) as a factor in X.
class BlockLikelihood : public OfBlocks {
public:
    BlockLikelihood(const BlockGeometry& geometry, const BlockPatterns& blocks, const BlockTables& tables)
        : OfBlocks(geometry, blocks), tables_(&tables) {}
    /// Keeps the tables.
    BlockLikelihood(const BlockGeometry& geometry, const BlockPatterns& blocks,
                    std::shared_ptr<const BlockTables> tables)
        : OfBlocks(geometry, blocks), tables_(tables.get()), kept_(std::move(tables)) {}

    template <class X>
    double log_density(const X& configuration) const {
        double sum = 0.0;
        for_each_cell(configuration, [&](Index cell) { sum += value(cell); });
        return sum;
    }
    template <class Letter>
    double local_log_density(Index i, std::span<const Letter> w) const {
        double sum = 0.0;
        for_each_cell(i, w, [&](Index cell) { sum += value(cell); });
        return sum;
    }

private:
    double value(Index cell) const { return tables_->log_density[static_cast<std::size_t>(cell)]; }

    const BlockTables* tables_;
    std::shared_ptr<const BlockTables> kept_;
};

/// Its derivatives by eta, as a statistic in X.
class BlockScore : public OfBlocks {
public:
    BlockScore(const BlockGeometry& geometry, const BlockPatterns& blocks, const BlockTables& tables)
        : OfBlocks(geometry, blocks), tables_(&tables) {}
    BlockScore(const BlockGeometry& geometry, const BlockPatterns& blocks,
               std::shared_ptr<const BlockTables> tables)
        : OfBlocks(geometry, blocks), tables_(tables.get()), kept_(std::move(tables)) {}

    Index size() const { return tables_->score.rows(); }
    template <class X>
    Vector operator()(const X& configuration) const {
        Vector sum = Vector::Zero(size());
        for_each_cell(configuration, [&](Index cell) { add(cell, sum); });
        return sum;
    }
    template <class Letter>
    Vector local(Index i, std::span<const Letter> w) const {
        Vector sum = Vector::Zero(size());
        for_each_cell(i, w, [&](Index cell) { add(cell, sum); });
        return sum;
    }

private:
    void add(Index cell, Vector& sum) const {
        for (Index k = 0; k < sum.size(); ++k) sum[k] += tables_->score(k, cell);
    }

    const BlockTables* tables_;
    std::shared_ptr<const BlockTables> kept_;
};

/// In how many blocks a pattern meets a window: T(X; x), of all cells.
class BlockCounts : public OfBlocks {
public:
    using OfBlocks::OfBlocks;
    static constexpr bool counts_cells = true;  // CellStatistic

    Index size() const { return geometry_->cells(); }
    template <class X>
    Vector operator()(const X& configuration) const {
        Vector counts = Vector::Zero(size());
        for_each_cell(configuration, [&](Index cell) { counts[cell] += 1.0; });
        return counts;
    }
    template <class Letter>
    Vector local(Index i, std::span<const Letter> w) const {
        Vector counts = Vector::Zero(size());
        for_each_cell(i, w, [&](Index cell) { counts[cell] += 1.0; });
        return counts;
    }
};

}  // namespace detail

/// The map that the density of a block makes,
///     log p_cf(x | X, eta) = sum_r log p(x_r | X_{r+first} .. X_{r+last}, eta),
/// block r = fine sites r l .. r l + l - 1: normalised in x on rings and open chains. The likelihood is a
/// factor over windows of the coarse chain, so that q(X|x) stays a chain. E-steps count how often each
/// pattern of a block meets each window (at most q_f^l times the windows); the M-step is a Newton iteration
/// on these counts, which cannot fail where log p is concave in eta.
///
/// Any finite alphabets of numbers. Costs: tables of q_f^l q_c^w densities for each eta.
template <BlockModel Block, class Fine, class Coarse>
class BlockMap : detail::BlockParts<Block> {
public:
    using fine_type = Fine;
    using coarse_type = Coarse;
    using BlockType = Block;

    /// Throws ArgumentError for a bad level, window or alphabet, and for more than 2^20 patterns times
    /// windows.
    explicit BlockMap(Block block, BlockMapSettings settings = {})
        : block_(std::move(block)),
          geometry_(block_.level(), block_.window(), settings.boundary, std::move(settings.fine_letters),
                    std::move(settings.coarse_letters), "BlockMap") {}
    /// Of a block with the level and the window of another map's, whose geometry() it takes.
    BlockMap(Block block, detail::BlockGeometry geometry)
        : block_(std::move(block)), geometry_(std::move(geometry)) {}

    const Block& block() const { return block_; }
    Index level() const { return block_.level(); }
    Index parameter_count() const { return block_.parameter_count(); }
    std::vector<std::string> parameter_names() const { return names_of(block_, "eta_"); }
    Vector start() const {
        if constexpr (HasStart<Block>)
            return block_.start();
        else
            return prior_mean();
    }
    Vector scales() const
        requires HasScales<Block>
    {
        return block_.scales();
    }
    /// Independent normals of sd 2 around the block's prior_mean(), 0 without one.
    Normals weak_prior() const { return {prior_mean(), Vector::Constant(parameter_count(), 2.0)}; }
    /// Other points to start from, where the block names some.
    std::vector<Vector> more_starts() const {
        if constexpr (HasMoreStarts<Block>)
            return block_.more_starts();
        else
            return {};
    }

    /// The parameters under which X has the density of -X (learning/labels.hpp), where the block knows them.
    auto flipped(const Vector& eta) const
        requires HasFlip<Block>
    {
        return block_.flipped(eta);
    }

    /// The patterns of the blocks of any container of numbers with size() and []. Throws ArgumentError where
    /// the level does not divide its size, or a letter is none of the alphabet's.
    template <class X>
    BlockPatterns prepare(const X& x) const {
        return geometry_.encode(x, "BlockMap::prepare");
    }
    /// What was prepared before. Throws ArgumentError for a pattern that no block has.
    BlockPatterns prepare(const BlockPatterns& blocks) const {
        for (const std::uint32_t pattern : blocks.patterns)
            require_range(static_cast<Index>(pattern), 0, geometry_.patterns() - 1, "BlockMap::prepare",
                          "pattern", "the number of patterns - 1");
        return blocks;
    }

    /// Whether a coarse letter is one of the alphabet's.
    bool takes(double letter) const { return geometry_.is_coarse_letter(letter); }

    /// Number of coarse sites a prepared datum belongs to.
    Index coarse_size(const BlockPatterns& blocks) const { return blocks.size(); }

    /// The map at some eta: tables that all data share.
    class At {
    public:
        At(const BlockMap& map, const Vector& eta, bool with_score)
            : map_(&map), tables_(map.tables(eta, with_score)) {}
        detail::BlockLikelihood likelihood(const BlockPatterns& blocks) const {
            return {map_->geometry_, blocks, *tables_};
        }
        detail::BlockScore score(const BlockPatterns& blocks) const {
            return {map_->geometry_, blocks, *tables_};
        }

    private:
        const BlockMap* map_;
        std::shared_ptr<const detail::BlockTables> tables_;
    };
    At at(const Vector& eta, bool with_score = false) const { return {*this, eta, with_score}; }

    /// A view of the datum and the map.
    detail::BlockLikelihood likelihood(const BlockPatterns& blocks, const Vector& eta) const {
        return {geometry_, blocks, tables(eta, false)};
    }
    /// d log p_cf / d eta, a statistic in X.
    detail::BlockScore score(const BlockPatterns& blocks, const Vector& eta) const {
        return {geometry_, blocks, tables(eta, true)};
    }
    detail::BlockCounts sufficient_statistic(const BlockPatterns& blocks) const {
        return {geometry_, blocks};
    }

    /// Sum over the cells of T times the block's log density.
    [[gnu::cold]] Expansion expected_log_density(const Vector& T, double, const Vector& eta) const {
        const Index p = parameter_count();
        require_equal(T.size(), geometry_.cells(), "BlockMap::expected_log_density", "length of T",
                      "the number of cells");
        require_equal(eta.size(), p, "BlockMap", "length of eta", "the number of parameters");
        Expansion sum{0.0, Vector::Zero(p), Matrix::Zero(p, p)};
        for_each_window([&](Index code, std::span<const double> w) {
            const auto given = block_.given(w, eta);
            for_each_pattern([&](Index pattern, std::span<const double> x) {
                const double count = T[pattern * geometry_.windows() + code];
                if (count == 0.0) return;
                const Expansion e = given.expansion(x);
                sum.value += count * e.value;
                for (Index k = 0; k < p; ++k) {
                    sum.gradient[k] += count * e.gradient[k];
                    for (Index l = 0; l < p; ++l) sum.hessian(l, k) += count * e.hessian(l, k);
                }
            });
        });
        return sum;
    }

    /// The alphabet of the fine sites.
    const std::vector<double>& fine_letters() const { return geometry_.fine_letters(); }
    /// E[x_i|X] and E[x_i x_j|X] above so many coarse sites: exact predictions. A view of the map.
    [[gnu::cold]] detail::BlockMoments conditional_moments(Index coarse_sites, const Vector& eta) const {
        return {geometry_, coarse_sites, tables(eta, false)->log_density, fine_letters()};
    }
    /// The same of numbers that the fine letters stand for, in their order.
    [[gnu::cold]] detail::BlockMoments conditional_moments(Index coarse_sites, const Vector& eta,
                                                           const Vector& values) const {
        require_equal(values.size(), std::ssize(fine_letters()), "BlockMap::conditional_moments",
                      "number of values", "the number of fine letters");
        return {geometry_, coarse_sites, tables(eta, false)->log_density, {values.begin(), values.end()}};
    }

    template <RandomBits R>
    Fine sample(const Coarse& X, const Vector& eta, R& rng) const {
        const Index n = static_cast<Index>(X.size()), l = level();
        require_equal(eta.size(), Index(parameter_count()), "BlockMap", "length of eta",
                      "the number of parameters");
        Fine x{};
        if constexpr (Resizable<Fine>) x.resize(static_cast<std::size_t>(n * l));
        std::vector<double> w(static_cast<std::size_t>(geometry_.window().width())),
            block(static_cast<std::size_t>(l));
        for (Index r = 0; r < n; ++r) {
            geometry_.decode_window(geometry_.window_code(X, n, r), w);
            sample_block(w, eta, rng, block);
            for (Index s = 0; s < l; ++s) {
                auto& to = x[static_cast<std::size_t>(r * l + s)];
                to = static_cast<std::remove_reference_t<decltype(to)>>(block[static_cast<std::size_t>(s)]);
            }
        }
        return x;
    }

    const detail::BlockGeometry& geometry() const { return geometry_; }

private:
    Vector prior_mean() const {
        if constexpr (HasPriorMean<Block>)
            return block_.prior_mean();
        else
            return Vector::Zero(parameter_count());
    }

    template <class F>
    void for_each_window(F&& f) const {
        std::vector<double> w(static_cast<std::size_t>(geometry_.window().width()));
        for (Index code = 0; code < geometry_.windows(); ++code)
            if (geometry_.decode_window(code, w)) f(code, std::span<const double>(w));
    }
    template <class F>
    void for_each_pattern(F&& f) const {
        std::vector<double> x(static_cast<std::size_t>(level()));
        for (Index pattern = 0; pattern < geometry_.patterns(); ++pattern) {
            geometry_.decode(pattern, x);
            f(pattern, std::span<const double>(x));
        }
    }

    [[gnu::cold]] std::shared_ptr<const detail::BlockTables> tables(const Vector& eta,
                                                                    bool with_score) const {
        const Index p = parameter_count();
        require_equal(eta.size(), p, "BlockMap", "length of eta", "the number of parameters");
        auto tables = std::make_shared<detail::BlockTables>();
        tables->log_density.assign(static_cast<std::size_t>(geometry_.cells()), 0.0);
        if (with_score) tables->score = Matrix::Zero(p, geometry_.cells());
        for_each_window([&](Index code, std::span<const double> w) {
            const auto given = block_.given(w, eta);
            for_each_pattern([&](Index pattern, std::span<const double> x) {
                const Index cell = pattern * geometry_.windows() + code;
                tables->log_density[static_cast<std::size_t>(cell)] = given.log_density(x);
                if (!with_score) return;
                const Expansion e = given.expansion(x);
                for (Index k = 0; k < p; ++k) tables->score(k, cell) = e.gradient[k];
            });
        });
        return tables;
    }

    template <RandomBits R>
    void sample_block(std::span<const double> w, const Vector& eta, R& rng, std::span<double> x) const {
        if constexpr (SamplesBlocks<Block, R>) {
            block_.sample(w, eta, rng, x);
        } else {
            const auto given = block_.given(w, eta);
            double left = uniform(rng);
            for (Index pattern = 0; pattern < geometry_.patterns(); ++pattern) {
                geometry_.decode(pattern, x);
                left -= std::exp(given.log_density(x));
                if (left < 0.0) return;
            }
        }
    }

    Block block_;
    detail::BlockGeometry geometry_;
};

}  // namespace predcg
