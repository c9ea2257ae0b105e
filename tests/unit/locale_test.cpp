// A host that has set a locale with a decimal comma: what is read and written does not change.
#include <predcg/core/philox.hpp>
#include <predcg/judge/checks.hpp>
#include <predcg/judge/latent_noise.hpp>
#include <predcg/learning/identifiability.hpp>
#include <predcg/tables/bonded_tables.hpp>
#include <predcg/tables/columns.hpp>
#include <predcg/trajectories/trajectory.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <iomanip>
#include <sstream>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
#define PREDCG_LOOKS_FOR_LEAKS
#endif
#endif

#include "german_locale.hpp"
#include "thrown.hpp"

namespace locale_test {
using namespace predcg;

namespace {

/// glibc keeps its list of LOCPATH's directories for good.
struct OfTheSystem {
#ifdef PREDCG_LOOKS_FOR_LEAKS
    OfTheSystem() { __lsan_disable(); }
    ~OfTheSystem() { __lsan_enable(); }
#endif
};

/// The locale of C and that of C++ streams, until the end.
class Within {
public:
    explicit Within(const support::GermanLocale& german) {
        [[maybe_unused]] const OfTheSystem leaks;
        setenv("LOCPATH", german.directory().c_str(), 1);
        std::locale::global(std::locale(support::GermanLocale::name));  // sets C's, too
    }
    Within(const Within&) = delete;
    Within& operator=(const Within&) = delete;
    ~Within() {
        std::locale::global(std::locale::classic());
        unsetenv("LOCPATH");
    }
};

std::string text_of(double x) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f", x);
    return text.data();
}

std::string said_by(const auto& f) {
    try {
        f();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "nothing";
}

/// Everything of the library that makes text of numbers or numbers of text.
std::vector<std::string> texts() {
    std::vector<std::string> all;
    std::ostringstream out;
    const auto take = [&] {
        all.push_back(out.str());
        out.str("");
    };
    Philox4x32 rng;
    rng.set_key({123456789u, 987654321u});
    rng.discard(4'000'000'001);
    out << rng;
    take();
    {
        std::istringstream in(all.back());
        Philox4x32 read;
        in >> read;
        out << (read == rng);
        take();
    }
    const Columns columns{Vector{{0.5, 1000.25, 20000.125}}, Vector{{-1.5, 1e-7, 123456.75}}, Vector{}};
    write_csv(out, columns);
    take();
    std::istringstream in(all.back());
    const Columns read = read_columns(in);
    for (Index i = 0; i < read.x.size(); ++i) all.push_back(to_text(read.x[i]) + " " + to_text(read.u[i]));
    for (const auto& [format, frames] :
         {std::pair{TrajectoryFormat::gro,
                    "Water t= 12.5 step= 25\n 1\n    1SOL     OW    1   0.100  -0.200   0.300\n"
                    "  1.25 2.5 3.0\n"},
          std::pair{TrajectoryFormat::extended_xyz,
                    "1\nLattice=\"1.5 0 0 0 2.5 0 0 0 3.5\" Time=0.5\nC 0.125 0.25 0.5\n"},
          std::pair{
              TrajectoryFormat::lammps_dump,
              "ITEM: TIMESTEP\n1000\nITEM: NUMBER OF ATOMS\n1\nITEM: BOX BOUNDS pp pp pp\n0.0 1.5\n0.0 2.5\n"
              "0.0 3.5\nITEM: ATOMS id x y z\n1 0.125 0.25 0.5\n"}}) {
        std::istringstream stream(frames);
        for (const Frame& frame : Trajectory(stream, format, {.length_in_nm = 0.1}))
            for (const double x : frame.positions.front()) all.push_back(to_text(x));
    }
    Direction direction{0.01, Vector{{0.9512, -0.3086}}, ""};
    detail::describe(direction, {"pair_1", "linear"});
    all.push_back(direction.text);
    all.push_back(detail::with_sign(0.12345));
    all.push_back(summary({{.name = "m", .observed = 0.5, .replicated_mean = 1234.5, .contradicted = true}}));
    all.push_back(said_by([] { require_positive(-1234.5, "f", "x"); }));
    all.push_back(said_by([] { throw CostError("f", 1234567.5, 1000000.5, "seconds", "wait"); }));
    return all;
}

TEST(Locale, OfAHostChangesNoText) {
    const support::GermanLocale german;
    if (!german.is_there()) GTEST_SKIP() << "localedef cannot make de_DE.UTF-8 (Debian: locales)";
    const auto classic = texts();
    const Within within(german);
    ASSERT_EQ(text_of(0.5), "0,5") << "the locale is in force";
    std::ostringstream number;
    number << 1234567;
    ASSERT_EQ(number.str(), "1.234.567") << "and in streams";
    EXPECT_EQ(texts(), classic);
}

}  // namespace
}  // namespace locale_test
