#pragma once
// Draws of a posterior in files that grow while they are drawn.
#include <predcg/posterior/posterior.hpp>

#include <filesystem>
#include <initializer_list>
#include <string>
#include <vector>

namespace cli {

/// A file of CSV for each chain: NAME_1.csv, NAME_2.csv, .. of NAME.csv. The first lines begin with # and say
/// which work it is of, and the units of the columns; then come the columns' names (chain, draw, and the
/// parameters) and a line for each draw, which is handed to the system when the draw is made: a program that
/// is killed loses none. Work that goes on writes the lines after its checkpoint once more, which are the
/// same: what stands there stays.
class DrawFiles {
public:
    /// `work`: in one line, what the draws are of, which begins with predcg; files of other work are
    /// replaced. Throws InputError, naming `option`, for a name that is one of `others`, inputs and result,
    /// for files that are there and no draws of such work, symbolic links among them, and where no file can
    /// be made.
    DrawFiles(const std::string& option, const std::filesystem::path& path, const std::string& work,
              std::initializer_list<std::filesystem::path> others);
    DrawFiles(const DrawFiles&) = delete;
    DrawFiles& operator=(const DrawFiles&) = delete;
    /// Closes the files.
    ~DrawFiles();

    /// Names and units of the parameters, before the first draw.
    void set_columns(const std::vector<std::string>& names, const std::vector<std::string>& units);

    /// Takes draws: ChainSettings::on_draws. Throws std::runtime_error where the system does not.
    void add(const predcg::DrawsOfChain& draws);

    /// All draws were made: the files end with them, and are synchronised.
    void finish();

private:
    struct Chain {
        int file = -1;
        std::size_t size = 0;  // that was written
    };

    std::filesystem::path name_of(predcg::Index chain) const;
    std::string lines_of(const predcg::DrawsOfChain& draws) const;
    void begin(Chain& chain, predcg::Index number, const std::string& text) const;
    void write(Chain& chain, predcg::Index number, const std::string& text) const;

    std::filesystem::path path_;
    std::string work_, columns_;
    std::vector<Chain> chains_;
};

}  // namespace cli
