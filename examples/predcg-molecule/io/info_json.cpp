#include "io/info_json.hpp"

#include "files/json.hpp"

#include <predcg/version.hpp>

namespace cli::molecules {

namespace {

Json json_of(const predcg::Point& x) { return {x[0], x[1], x[2]}; }

Json kinds_of(const Structure& structure) {
    Json kinds = Json::array();
    for (const MoleculeKind& kind : structure.kinds)
        kinds.push_back({{"molecules", kind.count}, {"atoms", kind.atoms()}, {"names", kind.names}});
    return kinds;
}

}  // namespace

std::string json_of(const TrajectoryInfo& info) {
    Json edges = Json::array();
    for (const predcg::Point& edge : info.box.edges) edges.push_back(json_of(edge));
    Json json{{"format", word_for(formats, info.format)},
              {"frames", info.frames},
              {"atoms", {{"fewest", info.fewest_atoms}, {"most", info.most_atoms}}},
              {"time_ps",
               {{"first", known(info.first_time)},
                {"last", known(info.last_time)},
                {"shortest_step", known(info.shortest_step)},
                {"longest_step", known(info.longest_step)}}},
              {"box_nm",
               {{"first", edges},
                {"shortest_edges", json_of(info.shortest_edges)},
                {"longest_edges", json_of(info.longest_edges)},
                {"orthorhombic", info.orthorhombic}}},
              {"molecules", nullptr},
              {"version", predcg::version_string}};
    if (info.structure) json["molecules"] = kinds_of(*info.structure);
    return json.dump(1) + "\n";
}

}  // namespace cli::molecules
