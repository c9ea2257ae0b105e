// Readers of the library: trajectories, tables, checkpoints, saved fits of running simulations.
#include "library_targets.hpp"

#include "read_all.hpp"
#include "targets.hpp"

#include <predcg/core/checkpoint.hpp>
#include <predcg/engines/transfer_matrix.hpp>
#include <predcg/learning/online.hpp>
#include <predcg/models/ising/bernoulli_map.hpp>
#include <predcg/models/ising/coarse_chain.hpp>
#include <predcg/monte_carlo.hpp>
#include <predcg/tables/columns.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace fuzz {

namespace {

template <predcg::TrajectoryFormat format>
void read_trajectory(std::string_view bytes) {
    // The unit of a dump is known, or its own words say it.
    const double length = !bytes.empty() && bytes.back() % 2 != 0 ? 0.1 : 0.0;
    (void)support::read_all(format, std::string(bytes), {.length_in_nm = length});
}

/// What is read is written and read again, to equal numbers.
void read_table(std::string_view bytes) {
    std::istringstream in{std::string(bytes)};
    predcg::Columns columns;
    try {
        columns = predcg::read_columns(in, {.most_rows = 1000});
    } catch (const predcg::ArgumentError&) {
        return;
    }
    require(columns.x.allFinite() && columns.u.allFinite() && columns.f.allFinite(), "numbers are finite");
    require(std::adjacent_find(columns.x.begin(), columns.x.end(),
                               [](double a, double b) { return !(a < b); }) == columns.x.end(),
            "x increases");
    std::stringstream text;
    predcg::write_csv(text, columns);
    const predcg::Columns again = predcg::read_columns(text);
    require(again.x == columns.x && again.u == columns.u && again.f.size() == columns.f.size() &&
                (again.f.size() == 0 || again.f == columns.f),
            "a table that is written reads the same");
    try {
        (void)columns.curve();
    } catch (const predcg::ArgumentError&) {
    }
}

/// Values of all kinds that are saved.
struct Saved {
    predcg::Index integer = 0;
    double number = 0.0;
    bool flag = false;
    std::string text{};
    std::vector<double> numbers{};
    predcg::Vector vector{};
    std::optional<predcg::Matrix> matrix{};
    std::vector<std::string> names{};
    std::array<std::uint64_t, 2> words{};
    std::vector<std::vector<std::int8_t>> letters{};

    template <class Self, class Visit>
    static void members(Self& self, Visit&& visit) {
        visit(self.integer, self.number, self.flag, self.text, self.numbers, self.vector, self.matrix,
              self.names, self.words, self.letters);
    }
};

std::string bytes_of(const Saved& saved) {
    predcg::detail::ByteWriter write;
    write(saved);
    return write.bytes;
}

/// A checkpoint, and a part of one: what is read is written and read again, to equal bytes.
void resume_checkpoint(std::string_view bytes) {
    // Damage that the checksum finds, and what is behind it.
    std::ostringstream framed;
    predcg::detail::ByteFrame{{'p', 'c', 'g', 'w', 'o', 'r', 'k', '\n'}, 1}.write(framed, std::string(bytes),
                                                                                  "fuzz");
    for (const std::string& whole : {std::string(bytes), framed.str()}) {
        predcg::Checkpoint first("work"), second("work");
        try {
            first.resume(whole);
        } catch (const predcg::ArgumentError&) {
            continue;
        }
        second.resume(first.bytes());
        require(second.bytes() == first.bytes(), "a checkpoint that is written reads the same");
    }
    const auto store = std::make_shared<predcg::Checkpoint>("work");
    store->put("", std::string(bytes));
    Saved saved, again;
    try {
        (void)predcg::CheckpointPlace(store).restore(saved);
    } catch (const predcg::ArgumentError&) {
        return;
    }
    const std::string written = bytes_of(saved);
    store->put("", written);
    (void)predcg::CheckpointPlace(store).restore(again);
    require(bytes_of(again) == written, "a part that is kept is restored the same");
}

template <class Engine, class Optimizer>
auto learner(const Engine& engine, const Optimizer& optimizer) {
    return predcg::EMCoarseGrainer{predcg::SamplesOnly<std::vector<predcg::ising::Spin>>{},
                                   predcg::ising::coarse_chain({.sites = 4, .linear = true, .pair_range = 1}),
                                   predcg::ising::bernoulli_map({.level = 2}),
                                   engine,
                                   optimizer,
                                   predcg::weak_prior()};
}

template <class Fit>
std::string bytes_of_fit(const Fit& fit) {
    std::ostringstream out;
    fit.save(out);
    return out.str();
}

/// What is loaded is saved and loaded again, to equal bytes, and goes on.
template <class Fit>
void load_into(const Fit& fresh, const std::string& whole) {
    Fit fit = fresh;
    std::istringstream in(whole);
    try {
        fit.load(in);
    } catch (const predcg::ArgumentError&) {
        return;
    }
    const std::string bytes = bytes_of_fit(fit);
    Fit again = fresh;
    std::istringstream once_more(bytes);
    again.load(once_more);
    require(bytes_of_fit(again) == bytes, "a fit that is saved is loaded the same");
    try {
        const std::vector<predcg::ising::Spin> up(8, 1), down(8, -1);
        for (const auto* spins : {&up, &down, &up}) fit.add(*spins);
        (void)fit.estimate();
    } catch (const predcg::ArgumentError&) {
    } catch (const predcg::NumericalError&) {
    }
}

/// A fit of a running simulation, exact or with chains: damage that the checksum finds, and what is behind
/// it.
void load_online(std::string_view bytes) {
    static const predcg::OnlineFit exact{learner(predcg::TransferMatrix{}, predcg::Newton{}), {.beta = 0.3}};
    static const predcg::OnlineFit sampled{
        learner(predcg::MonteCarlo(predcg::HeatBath{}, {.samples = 4, .chains = 2, .warm_up = 2}),
                predcg::StochasticNewton{}),
        {.beta = 0.3, .batch = 4}};
    std::ostringstream framed;
    predcg::detail::ByteFrame{{'p', 'r', 'e', 'd', 'c', 'g', 'o', 'n'}, 4}.write(framed, std::string(bytes),
                                                                                 "fuzz");
    const bool is_framed = bytes.starts_with("predcgon");
    const std::string whole = is_framed ? std::string(bytes) : framed.str();
    load_into(exact, whole);
    load_into(sampled, whole);
}

}  // namespace

const std::array<Target, 7> library_targets{
    {{"xtc", read_trajectory<predcg::TrajectoryFormat::xtc>},
     {"gro", read_trajectory<predcg::TrajectoryFormat::gro>},
     {"xyz", read_trajectory<predcg::TrajectoryFormat::extended_xyz>},
     {"lammps", read_trajectory<predcg::TrajectoryFormat::lammps_dump>},
     {"table", read_table},
     {"checkpoint", resume_checkpoint},
     {"online", load_online}}};

}  // namespace fuzz
