#pragma once
#include <predcg/core/expansion.hpp>
#include <predcg/maps/block_map.hpp>
#include <predcg/models/letters/coarse_chain.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace predcg::letters {

/// Settings of letters::table_map.
struct TableMapSettings {
    Index level = 2;                     ///< l_c, fine sites for each coarse site
    std::vector<Matrix> tables;          ///< g_k(a, b), fine letters x coarse letters
    std::vector<std::string> names{};    ///< one for each table; else eta_1, eta_2..
    std::vector<double> fine_letters{};  ///< in the order of the rows; else 0, 1, 2..
};

/// The density of a block of fine letters that are drawn independently, given their coarse letter,
///     p(x_rs = a | X_r = b) = exp(sum_k eta_k g_k(a, b)) / sum_a' exp(sum_k eta_k g_k(a', b)).
/// Concave in eta: the M-step cannot fail. Of a datum only how often each letter stands in a block matters.
class TableBlock {
public:
    /// Throws ArgumentError for a level < 1, no tables, or tables of other sizes than the first.
    [[gnu::cold]] explicit TableBlock(TableMapSettings settings) : settings_(std::move(settings)) {
        constexpr auto function = "letters::table_map";
        require(settings_.level >= 1, function, "level", settings_.level, "an integer >= 1");
        require(!settings_.tables.empty(), function, "tables", Index{0}, "at least one");
        const Index rows = settings_.tables[0].rows(), columns = settings_.tables[0].cols();
        for (const Matrix& table : settings_.tables) {
            require_equal(table.rows(), rows, function, "rows of a table", "those of the first");
            require_equal(table.cols(), columns, function, "columns of a table", "those of the first");
        }
        if (settings_.fine_letters.empty())
            for (Index a = 0; a < rows; ++a) settings_.fine_letters.push_back(static_cast<double>(a));
        require_equal(std::ssize(settings_.fine_letters), rows, function, "number of fine letters",
                      "the rows of the tables");
    }

    Index level() const { return settings_.level; }
    BlockWindow window() const { return {}; }
    Index parameter_count() const { return std::ssize(settings_.tables); }
    const std::vector<std::string>& parameter_names() const { return settings_.names; }
    const std::vector<double>& fine_letters() const { return settings_.fine_letters; }
    Index coarse_letters() const { return settings_.tables[0].cols(); }

    /// The first coefficient is 1, the others 0.
    Vector prior_mean() const { return Vector::Unit(parameter_count(), 0); }

    /// The density at a letter and eta. A view of the block.
    class Given {
    public:
        Given(const TableBlock& block, std::span<const double> w, const Vector& eta)
            : block_(&block), letter_(static_cast<Index>(w[0])), log_p_(block.settings_.tables[0].rows()) {
            const auto& tables = block.settings_.tables;
            for (Index a = 0; a < log_p_.size(); ++a) {
                log_p_[a] = 0.0;
                for (std::size_t k = 0; k < tables.size(); ++k)
                    log_p_[a] += eta[static_cast<Index>(k)] * tables[k](a, letter_);
            }
            double largest = log_p_[0], sum = 0.0;
            for (Index a = 1; a < log_p_.size(); ++a) largest = std::max(largest, log_p_[a]);
            for (const double log_p : log_p_) sum += std::exp(log_p - largest);
            for (double& log_p : log_p_) log_p -= largest + std::log(sum);
        }

        double log_density(std::span<const double> x) const {
            double sum = 0.0;
            for (const double letter : x) sum += log_p_[block_->place(letter)];
            return sum;
        }

        Expansion expansion(std::span<const double> x) const {
            const auto& tables = block_->settings_.tables;
            const auto l = static_cast<double>(x.size());
            const Index p = block_->parameter_count();
            Expansion e{log_density(x), Vector::Zero(p), Matrix::Zero(p, p)};
            const auto g = [&](Index k, Index a) { return tables[static_cast<std::size_t>(k)](a, letter_); };
            Vector mean = Vector::Zero(p);
            for (Index a = 0; a < log_p_.size(); ++a)
                for (Index k = 0; k < p; ++k) mean[k] += std::exp(log_p_[a]) * g(k, a);
            for (Index k = 0; k < p; ++k) {
                for (const double letter : x) e.gradient[k] += g(k, block_->place(letter)) - mean[k];
                for (Index j = 0; j < p; ++j)
                    for (Index a = 0; a < log_p_.size(); ++a)
                        e.hessian(j, k) -=
                            l * std::exp(log_p_[a]) * (g(j, a) - mean[j]) * (g(k, a) - mean[k]);
            }
            return e;
        }

        /// A letter of the density.
        template <RandomBits R>
        double draw(R& rng) const {
            double left = uniform(rng);
            Index a = 0;
            for (; a + 1 < log_p_.size(); ++a) {
                left -= std::exp(log_p_[a]);
                if (left < 0.0) break;
            }
            return block_->settings_.fine_letters[static_cast<std::size_t>(a)];
        }

    private:
        const TableBlock* block_;
        Index letter_;
        Vector log_p_;  // of every fine letter
    };
    Given given(std::span<const double> w, const Vector& eta) const { return {*this, w, eta}; }

    template <RandomBits R>
    void sample(std::span<const double> w, const Vector& eta, R& rng, std::span<double> x) const {
        const Given at(*this, w, eta);
        for (double& letter : x) letter = at.draw(rng);
    }

private:
    Index place(double letter) const {
        return std::ranges::find(settings_.fine_letters, letter) - settings_.fine_letters.begin();
    }

    TableMapSettings settings_;
};

/// The map of these settings, from coarse letters 0, 1, 2.. (columns) to configurations of type Fine.
template <class Fine = std::vector<Letter>>
BlockMap<TableBlock, Fine, std::vector<Letter>> table_map(TableMapSettings settings) {
    TableBlock block(std::move(settings));
    BlockMapSettings alphabets{.coarse_letters = {}, .fine_letters = block.fine_letters()};
    for (Index b = 0; b < block.coarse_letters(); ++b)
        alphabets.coarse_letters.push_back(static_cast<double>(b));
    return BlockMap<TableBlock, Fine, std::vector<Letter>>(std::move(block), std::move(alphabets));
}

}  // namespace predcg::letters
