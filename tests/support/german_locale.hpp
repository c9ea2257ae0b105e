#pragma once
// A locale with a decimal comma and points between thousands, made where the system has its sources.
#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <locale>
#include <stdexcept>
#include <string>

namespace support {

/// de_DE.UTF-8 in a directory of its own, for LOCPATH. Not there where the system cannot make it (Debian's
/// package locales can).
class GermanLocale {
public:
    static constexpr const char* name = "de_DE.UTF-8";

    GermanLocale() {
        std::string directory = (std::filesystem::temp_directory_path() / "predcg-locale-XXXXXX").string();
        if (mkdtemp(directory.data()) == nullptr) throw std::runtime_error("no temporary directory");
        directory_ = directory;
        const std::string make =
            "localedef -i de_DE -f UTF-8 '" + (directory_ / name).string() + "' >/dev/null 2>&1";
        is_there_ = std::system(make.c_str()) == 0;
    }
    GermanLocale(const GermanLocale&) = delete;
    GermanLocale& operator=(const GermanLocale&) = delete;
    ~GermanLocale() {
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }

    bool is_there() const { return is_there_; }
    const std::filesystem::path& directory() const { return directory_; }

private:
    std::filesystem::path directory_;
    bool is_there_ = false;
};

}  // namespace support
