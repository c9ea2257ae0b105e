#include "molecules/chain_data.hpp"

#include "basics/errors.hpp"

#include <predcg/geometry/whole_molecules.hpp>

#include <utility>

namespace cli::molecules {

using namespace predcg;

namespace {

constexpr Index most_positions = 100'000'000;  // 2.4 GB

MoleculeKind chain_kind(const Structure& structure) {
    const auto& kinds = structure.kinds;
    if (kinds.size() == 1 && kinds.front().atoms() >= 5) return kinds.front();
    throw InputError("--structure",
                     kinds.size() == 1 ? "molecules of " + std::to_string(kinds.front().atoms()) + " atoms"
                                       : std::to_string(kinds.size()) + " kinds of molecules",
                     "molecules of one kind, of five sites or more, in their order along the chain; write a "
                     "trajectory of the chains' backbones alone");
}

}  // namespace

Index for_chosen_frames(const TrajectoryFile& file, const FrameChoice& choice,
                        const std::function<void(const Frame&)>& use) {
    Index read = 0, chosen = 0;
    file.for_each_frame([&](const Frame& frame) {
        const Index since = read++ - choice.first;
        if (since < 0 || since % choice.every != 0) return true;
        use(frame);
        return ++chosen < choice.most;
    });
    if (chosen == 0)
        throw InputError("--first", std::to_string(choice.first),
                         "fewer than the " + std::to_string(read) + " frames of " + file.path);
    return chosen;
}

void require_atoms(const Frame& frame, const Structure& structure, const std::string& path) {
    if (std::ssize(frame.positions) != structure.atoms)
        throw InputError("--structure", std::to_string(structure.atoms) + " atoms",
                         "the " + std::to_string(frame.positions.size()) + " atoms of the frames of " + path);
}

ChainData read_chains(const TrajectoryFile& file, const std::string& structure, const FrameChoice& choice) {
    std::optional<Structure> molecules;
    if (!structure.empty()) molecules = read_structure(structure);
    ChainData data;
    std::optional<WholeMolecules> whole;
    std::vector<std::vector<Points>> of_chain;
    data.frames = for_chosen_frames(file, choice, [&](const Frame& frame) {
        if (!whole) {
            if (!molecules) molecules = required_structure_of(frame);
            const MoleculeKind kind = chain_kind(*molecules);
            data.sites = kind.atoms();
            data.chains = kind.count;
            whole = WholeMolecules::chains(data.sites, data.chains);
            of_chain.resize(static_cast<std::size_t>(data.chains));
        }
        require_atoms(frame, *molecules, file.path);
        if (std::ssize(of_chain.front()) >= most_positions / molecules->atoms)
            throw InputError("--trajectory", "more than 10^8 positions", "fewer frames; raise --every");
        const Points x = (*whole)(frame.positions, frame.box);
        for (Index c = 0; c < data.chains; ++c)
            of_chain[static_cast<std::size_t>(c)].emplace_back(x.begin() + c * data.sites,
                                                               x.begin() + (c + 1) * data.sites);
    });
    for (auto& chain : of_chain)
        for (Points& x : chain) data.molecules.push_back(std::move(x));
    return data;
}

}  // namespace cli::molecules
