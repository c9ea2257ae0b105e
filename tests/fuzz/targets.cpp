// Readers of the programs: data, files of results, numbers and options.
#include "targets.hpp"

#include "library_targets.hpp"

#include "basics/errors.hpp"
#include "basics/numbers.hpp"
#include "command_line/commands.hpp"
#include "command_line/options.hpp"
#include "files/input.hpp"
#include "files/json.hpp"
#include "files/manifest.hpp"
#include "files/npy.hpp"
#include "io/data_io.hpp"
#include "io/fit_json.hpp"
#include "io/hierarchy_json.hpp"
#include "io/pair_json.hpp"
#include "io/states_json.hpp"
#include "reports/report.hpp"

#include <predcg/core/error.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
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

/// A value that is sealed is unsealed the same.
void read_json(std::string_view bytes) {
    const auto json = read_or_refuse([&] { return cli::parsed(std::string(bytes)); });
    if (!json) return;
    for (const char* of_seal : {"format", "checksum"})
        if (json->contains(of_seal)) return;
    static const cli::Schema any = cli::Schema::object({});
    auto again = cli::unsealed(cli::parsed(cli::sealed(*json, 1)), 1, any);
    again.erase("format");
    require(again.dump() == json->dump(), "what is sealed reads the same");
}

/// The text of a result file, plain or packed.
std::string text_in(std::string_view bytes) {
    cli::InputBuffer unpacked(buffer_of(bytes), "input", std::uintmax_t{1} << 30);
    return cli::text_in(unpacked);
}

void read_fit(std::string_view bytes) {
    const auto written = [](const std::string& text) { return cli::json_of(cli::fit_from(text, "input")); };
    const auto text = read_or_refuse([&] { return written(text_in(bytes)); });
    require(!text || written(*text) == *text, "a file that is written reads the same");
}

void read_hierarchy(std::string_view bytes) {
    (void)read_or_refuse([&] { return cli::hierarchy_from(text_in(bytes), "input").has_value(); });
}

void read_states(std::string_view bytes) {
    (void)read_or_refuse([&] { return cli::molecules::states_from(text_in(bytes), "input").sites; });
}

void read_pair(std::string_view bytes) {
    (void)read_or_refuse([&] { return cli::molecules::pair_from(text_in(bytes), "input").model.molecules; });
    (void)read_or_refuse(
        [&] { return cli::molecules::pair_potential_from(text_in(bytes), "input").pair_energy(0.5); });
}

/// What a directory of results says of its files. No name leads out of it.
void read_manifest(std::string_view bytes) {
    const auto manifest = cli::study::manifest_from(std::string(bytes));
    if (!manifest) return;
    for (const auto& [name, file] : manifest->files)
        require(std::filesystem::path("results") / name ==
                    ("results" / std::filesystem::path(name).filename()),
                "a name is of the directory");
    const auto again = cli::study::manifest_from(cli::study::manifest_text(*manifest));
    require(again && again->missing == manifest->missing && again->files == manifest->files,
            "a manifest that is written reads the same");
}

void read_report(std::string_view bytes) {
    const auto written = [](const std::string& text) {
        return cli::study::report_text(cli::study::read_report(text));
    };
    const auto text = read_or_refuse([&] { return written(std::string(bytes)); });
    require(!text || written(*text) == *text, "a report that is written reads the same");
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

/// The command line of predcg-ising; no command runs.
struct CommandLine {
    CLI::App app{"", "predcg-ising"};
    std::vector<cli::Command> commands{
        cli::add_generate(app),  cli::add_truth(app),   cli::add_fit(app),   cli::add_relative_entropy(app),
        cli::add_hierarchy(app), cli::add_predict(app), cli::add_sample(app)};
};

/// One that has forgotten what was given before. It takes as long to make as to use a hundred times, and
/// CLI11 keeps the order of all options that it ever saw: a thousand inputs have the same.
CLI::App& command_line() {
    static std::unique_ptr<CommandLine> made;
    static int left = 0;
    if (left-- == 0) {
        made = std::make_unique<CommandLine>();
        made->app.require_subcommand(1);
        left = 1000;
    }
    made->app.clear();
    return made->app;
}

/// Arguments, one a line.
void read_arguments(std::string_view bytes) {
    std::vector<std::string> arguments;
    for (std::size_t from = 0; from < bytes.size();) {
        const std::size_t end = std::min(bytes.find('\n', from), bytes.size());
        arguments.emplace_back(bytes.substr(from, end - from));
        from = end + 1;
    }
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    try {
        command_line().parse(std::move(arguments));
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
                             {"manifest", read_manifest, true},
                             {"report", read_report, true},
                             {"number", read_number},
                             {"arguments", read_arguments}};
    list.insert(list.end(), library_targets.begin(), library_targets.end());
    return list;
}();

}  // namespace

std::span<const Target> targets() { return all; }

}  // namespace fuzz
