// Readers of the programs: data, files of results, numbers and options.
#include "targets.hpp"

#include "library_targets.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "command_line/commands.hpp"
#include "command_line/options.hpp"
#include "files/input.hpp"
#include "files/json.hpp"
#include "files/npy.hpp"
#include "io/data_io.hpp"
#include "io/fit_json.hpp"
#include "io/hierarchy_json.hpp"
#include "io/pair_json.hpp"
#include "io/states_json.hpp"

#include <predcg/core/error.hpp>

#include <bit>
#include <cstdint>
#include <memory>
#include <sstream>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace fuzz {

namespace {

/// What errors of input, and nothing else, throw.
template <class Read>
auto read_or_refuse(Read read) -> std::optional<decltype(read())> {
    try {
        return read();
    } catch (const cli::InputError& error) {
        require(*error.what() != '\0', "an error has words");
    } catch (const predcg::ArgumentError&) {
    } catch (const predcg::CostError&) {
    }
    return {};
}

std::unique_ptr<std::streambuf> buffer_of(std::string_view bytes) {
    return std::make_unique<std::stringbuf>(std::string(bytes), std::ios::in);
}

/// Data that are read are written and read again, the same.
void read_data(std::string_view bytes) {
    const auto data = read_or_refuse([&] {
        cli::InputBuffer unpacked(buffer_of(bytes), "data", std::uintmax_t{1} << 20);
        return cli::configurations_from(unpacked, "data");
    });
    if (!data) return;
    require(!data->empty() && !data->front().empty(), "there are data");
    const auto text = buffer_of(cli::csv_of(*data));
    require(cli::configurations_from(*text, "again") == *data, "data that are written read the same");
}

/// NumPy's files. The letters that they begin with are put where they are missing.
void read_npy(std::string_view bytes) {
    constexpr std::string_view magic = "\x93NUMPY";
    read_data(bytes.starts_with(magic) ? std::string(bytes) : std::string(magic) + std::string(bytes));
}

/// What is unpacked has the length that is allowed at most.
void unpack(std::string_view bytes) {
    constexpr std::uintmax_t most = 100'000;
    (void)read_or_refuse([&] {
        cli::InputBuffer unpacked(buffer_of(bytes), "input", most);
        std::uintmax_t count = 0;
        while (unpacked.sbumpc() != std::streambuf::traits_type::eof()) ++count;
        require(count <= most, "no more bytes than that are allowed");
        return count;
    });
    read_data(bytes);
}

/// A file in memory that has a name.
class MemoryFile {
public:
    explicit MemoryFile(std::string_view bytes) : file_(memfd_create("input", MFD_CLOEXEC)) {
        if (file_ < 0 || ::write(file_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
            throw std::runtime_error("no file in memory");
    }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    ~MemoryFile() { ::close(file_); }
    std::string name() const { return "/proc/self/fd/" + std::to_string(file_); }

private:
    int file_;
};

/// A value that is sealed is unsealed the same.
void read_json(std::string_view bytes) {
    const auto json = read_or_refuse([&] { return cli::parsed(std::string(bytes)); });
    if (!json) return;
    for (const char* of_seal : {"format", "checksum"})
        if (json->contains(of_seal)) return;
    auto again = cli::unsealed(cli::sealed(*json, 1), 1, cli::Schema::object({}));
    again.erase("format");
    require(again.dump() == json->dump(), "what is sealed reads the same");
}

template <class Load>
void read_twice(std::string_view bytes, Load load) {
    const MemoryFile file(bytes);
    const auto text = read_or_refuse([&] { return load(file.name()); });
    if (!text || text->empty()) return;
    const MemoryFile written(*text);
    require(load(written.name()) == *text, "a file that is written reads the same");
}

void read_fit(std::string_view bytes) {
    read_twice(bytes, [](const std::string& name) { return cli::json_of(cli::load_fit(name)); });
}

void read_hierarchy(std::string_view bytes) {
    const MemoryFile file(bytes);
    (void)read_or_refuse([&] { return cli::load_hierarchy(file.name()).has_value(); });
}

void read_states(std::string_view bytes) {
    const MemoryFile file(bytes);
    (void)read_or_refuse([&] { return cli::molecules::load_states(file.name()).sites; });
}

void read_pair(std::string_view bytes) {
    const MemoryFile file(bytes);
    (void)read_or_refuse([&] { return cli::molecules::load_pair(file.name()).model.molecules; });
    const auto potential =
        read_or_refuse([&] { return cli::molecules::load_pair_potential(file.name()).pair_energy(0.5); });
    (void)potential;
}

/// Numbers that are read are written and read again, the same.
void read_number(std::string_view bytes) {
    if (const auto number = cli::parse_number(bytes)) {
        const auto again = cli::parse_number(cli::text_of(*number));
        require(again && (std::bit_cast<std::uint64_t>(*again) == std::bit_cast<std::uint64_t>(*number) ||
                          (*number != *number && *again != *again)),
                "a number that is written reads the same");
    }
    if (const auto number = cli::parse_integer(bytes))
        require(cli::parse_integer(std::to_string(*number)) == number, "an integer reads the same");
    if (const auto number = cli::parse_seed(bytes))
        require(cli::parse_seed(std::to_string(*number)) == number, "a seed reads the same");
    require(cli::in_quotes(bytes).size() <= 45, "a quotation is short");
}

/// Arguments of predcg-ising, one a line; no command runs.
void read_arguments(std::string_view bytes) {
    std::vector<std::string> arguments;
    std::istringstream lines{std::string(bytes)};
    for (std::string line; std::getline(lines, line);) arguments.insert(arguments.begin(), line);
    CLI::App app("", "predcg-ising");
    app.require_subcommand(1);
    const std::vector<cli::Command> commands{
        cli::add_generate(app),  cli::add_truth(app),   cli::add_fit(app),   cli::add_relative_entropy(app),
        cli::add_hierarchy(app), cli::add_predict(app), cli::add_sample(app)};
    try {
        app.parse(arguments);
    } catch (const CLI::ParseError&) {
    } catch (const cli::InputError&) {
    }
}

const std::vector<Target> all = [] {
    std::vector<Target> list{{"csv", read_data},
                             {"npy", read_npy},
                             {"gzip", unpack},
                             {"json", read_json, true},
                             {"fit", read_fit, true},
                             {"hierarchy", read_hierarchy, true},
                             {"states", read_states, true},
                             {"pair", read_pair, true},
                             {"number", read_number},
                             {"arguments", read_arguments}};
    list.insert(list.end(), library_targets.begin(), library_targets.end());
    return list;
}();

}  // namespace

std::span<const Target> targets() { return all; }

}  // namespace fuzz
