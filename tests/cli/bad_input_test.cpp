// Bad usage and bad input: exit code 2, a message that names the place, the value and what is allowed, and no
// file made or changed.
#include "program.hpp"

#include <cstdlib>

namespace bad_input_test {

namespace {

struct BadFile {
    const char* name;
    const char* content;
    std::vector<std::string> parts;
};

void PrintTo(const BadFile& bad, std::ostream* out) { *out << bad.name; }

class BadData : public cli_test::Program, public testing::WithParamInterface<BadFile> {};

TEST_P(BadData, IsRefused) {
    write("data.csv", GetParam().content);
    write("fit.json", "earlier result");
    expect_refused("fit --data data.csv --out fit.json", GetParam().parts);
    expect_refused("fit --data data.csv --out new.json", GetParam().parts);
}

INSTANTIATE_TEST_SUITE_P(
    Files, BadData,
    testing::Values(
        BadFile{"Empty", "", {"data.csv:", "no samples", "at least one line"}},
        BadFile{"EmptyLinesOnly", "\n\r\n", {"data.csv:", "no samples", "at least one line"}},
        BadFile{"Ragged", "1,-1,1,1\n1,-1,1\n", {"data.csv:2:", "3 values", "4, as on line 1"}},
        BadFile{"OtherValue", "1,-1\n1,2\n", {"data.csv:2:", "'2' in column 2", "-1 or +1"}},
        BadFile{"Fraction", "1,0.5\n", {"data.csv:1:", "'0.5' in column 2", "-1 or +1"}},
        BadFile{"ZeroAndOne", "1,0,1,1\n", {"data.csv:1:", "'0' in column 2", "-1 or +1", "x = 2 b - 1"}},
        BadFile{"NotANumber", "1,1\n1,nan\n", {"data.csv:2:", "'nan' in column 2", "-1 or +1"}},
        BadFile{"Word", "1,-1\nup,1\n", {"data.csv:2:", "'up' in column 1", "-1 or +1"}},
        BadFile{"Header", "x0,x1\n1,1\n", {"data.csv:1:", "'x0'", "no header line"}},
        BadFile{"Spaces", "1 -1 1\n", {"data.csv:1:", "'1 -1 1'", "separated by commas"}},
        BadFile{
            "TrailingComma", "1,-1\n1,1,\n", {"data.csv:2:", "nothing in column 3", "no comma at the end"}},
        BadFile{"MissingValue", "1,,1,1\n", {"data.csv:1:", "nothing in column 2", "-1 or +1"}},
        BadFile{"EmptyLineBetween", "1,-1\n\n1,1\n", {"data.csv:2:", "an empty line", "at the end only"}},
        BadFile{"LongGarbage",
                "1,xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
                {"data.csv:1:", "xxx...' in column 2"}}),
    [](const auto& test) { return std::string(test.param.name); });

struct BadArguments {
    const char* name;
    const char* arguments;
    std::vector<std::string> parts;
};

void PrintTo(const BadArguments& bad, std::ostream* out) { *out << bad.name; }

class BadUsage : public cli_test::Program, public testing::WithParamInterface<BadArguments> {};

/// data.csv holds two samples of 8 sites.
TEST_P(BadUsage, IsRefused) {
    write("data.csv", "1,1,-1,1,-1,-1,1,1\n1,1,1,1,-1,-1,1,-1\n");
    expect_refused(GetParam().arguments, GetParam().parts);
}

const auto name_of = [](const auto& test) { return std::string(test.param.name); };

INSTANTIATE_TEST_SUITE_P(
    Fit, BadUsage,
    testing::Values(
        BadArguments{
            "NoSuchFile", "fit --data none.csv --out f.json", {"--data", "'none.csv'", "no such file"}},
        BadArguments{"DataIsDirectory", "fit --data . --out f.json", {"--data", "'.'", "it is a directory"}},
        BadArguments{"LevelNoDivisor",
                     "fit --data data.csv --level 3 --out f.json",
                     {"--level: value 3", "1, 2, 4, 8"}},
        BadArguments{"LevelZero", "fit --data data.csv --level 0 --out f.json", {"--level", "'0'", ">= 1"}},
        BadArguments{
            "LevelNegative", "fit --data data.csv --level -2 --out f.json", {"--level", "'-2'", ">= 1"}},
        BadArguments{"LevelTooLarge",
                     "fit --data data.csv --level 16 --out f.json",
                     {"--level: value 16", "1, 2, 4, 8"}},
        BadArguments{
            "LevelWord", "fit --data data.csv --level two --out f.json", {"--level", "'two'", ">= 1"}},
        BadArguments{"PairRangeTooLong",
                     "fit --data data.csv --pair-range 3 --out f.json",
                     {"--pair-range: value 3", "0 to 2", "half the coarse sites"}},
        BadArguments{"PairRangeNegative",
                     "fit --data data.csv --pair-range -1 --out f.json",
                     {"--pair-range", "'-1'", ">= 0"}},
        BadArguments{"TripletRepeatsSite",
                     "fit --data data.csv --triplet 2,2 --out f.json",
                     {"--triplet: value 2,2", "three different sites"}},
        BadArguments{"TripletTwice",
                     "fit --data data.csv --triplet 1,2 --triplet 2,1 --out f.json",
                     {"--triplet: value 1,2", "each triplet once"}},
        BadArguments{"TripletRound",
                     "fit --data data.csv --triplet 999999999,999999999 --out f.json",
                     {"--triplet: value 999999999,999999999", "below the coarse sites"}},
        BadArguments{"TripletOfTheSameSites",
                     "fit --data data.csv --triplet 1,1 --triplet 1,2 --out f.json",
                     {"--triplet: value 1,2", "each triplet once"}},
        BadArguments{"StudyPairRange",
                     "study models --pair-range 10000000 --estimate --out d",
                     {"--pair-range: value 10000000", "half the coarse sites"}},
        BadArguments{"TripletZero",
                     "fit --data data.csv --triplet 0,1 --out f.json",
                     {"--triplet", "'0,1'", "from 1"}},
        BadArguments{
            "TripletOneNumber", "fit --data data.csv --triplet 1 --out f.json", {"--triplet", "'1'", "m,n"}},
        BadArguments{"TripletOutsideOpen",
                     "fit --data data.csv --boundary open --triplet 2,2 --out f.json",
                     {"--triplet: value 2,2", "less than the coarse sites"}},
        BadArguments{"BetaZero", "fit --data data.csv --beta 0 --out f.json", {"--beta", "'0'", "> 0"}},
        BadArguments{
            "BetaNegative", "fit --data data.csv --beta -0.3 --out f.json", {"--beta", "'-0.3'", "> 0"}},
        BadArguments{"BetaNaN", "fit --data data.csv --beta nan --out f.json", {"--beta", "'nan'", "finite"}},
        BadArguments{
            "BetaInfinite", "fit --data data.csv --beta inf --out f.json", {"--beta", "'inf'", "finite"}},
        BadArguments{
            "FieldNaN", "fit --data data.csv --field nan --out f.json", {"--field", "'nan'", "finite"}},
        BadArguments{"Prior",
                     "fit --data data.csv --prior strong --out f.json",
                     {"--prior", "'strong'", "weak or flat"}},
        BadArguments{"Engine",
                     "fit --data data.csv --engine mcmc --out f.json",
                     {"--engine", "'mcmc'", "allowed: exact or monte-carlo"}},
        BadArguments{"Optimizer",
                     "fit --data data.csv --optimizer sgd --out f.json",
                     {"--optimizer", "'sgd'", "allowed: newton or robbins-monro"}},
        BadArguments{"OptimizerOfTheOtherEngine",
                     "fit --data data.csv --optimizer robbins-monro --out f.json",
                     {"--optimizer", "'robbins-monro'", "only with --engine monte-carlo"}},
        BadArguments{"SamplesWithoutSampling",
                     "fit --data data.csv --latent-samples 50 --out f.json",
                     {"--latent-samples", "'50'", "only with --engine monte-carlo"}},
        BadArguments{"CoarseSamplesWithExactEngine",
                     "fit --data data.csv --engine exact --coarse-samples 200 --out f.json",
                     {"--coarse-samples", "'200'", "only with --engine monte-carlo"}},
        BadArguments{"SamplerWithoutSampling",
                     "fit --data data.csv --sampler heat-bath --out f.json",
                     {"--sampler", "'heat-bath'", "only with --engine monte-carlo"}},
        BadArguments{"LatentSamplesOne",
                     "fit --data data.csv --engine monte-carlo --latent-samples 1 --out f.json",
                     {"--latent-samples", "'1'", ">= 2"}},
        BadArguments{"LatentSamplesNegative",
                     "fit --data data.csv --engine monte-carlo --latent-samples -50 --out f.json",
                     {"--latent-samples", "'-50'", ">= 2"}},
        BadArguments{"CoarseSamplesZero",
                     "fit --data data.csv --engine monte-carlo --coarse-samples 0 --out f.json",
                     {"--coarse-samples", "'0'", ">= 2"}},
        BadArguments{"CoarseSamplesFraction",
                     "fit --data data.csv --engine monte-carlo --coarse-samples 1e2 --out f.json",
                     {"--coarse-samples", "'1e2'", ">= 2"}},
        BadArguments{"SamplerExact",
                     "fit --data data.csv --engine monte-carlo --sampler exact --out f.json",
                     {"--sampler", "'exact'", "heat-bath or metropolis"}},
        BadArguments{"Boundary",
                     "fit --data data.csv --boundary closed --out f.json",
                     {"--boundary", "'closed'", "periodic or open"}},
        BadArguments{"Iterations",
                     "fit --data data.csv --iterations -1 --out f.json",
                     {"--iterations", "'-1'", ">= 0"}},
        BadArguments{"NoData", "fit --out f.json", {"--data", "required"}},
        BadArguments{"NoOut", "fit --data data.csv", {"--out", "required"}},
        BadArguments{"OutIsData", "fit --data data.csv --out data.csv", {"--out", "it is what is read"}},
        BadArguments{
            "EndlessLine", "fit --data /dev/zero --out f.json", {"/dev/zero:1", "more than 2^26 bytes"}},
        BadArguments{"OutInNoDirectory",
                     "fit --data data.csv --out none/f.json",
                     {"--out", "'none/f.json'", "no directory 'none'"}},
        BadArguments{"OutIsDirectory", "fit --data data.csv --out .", {"--out", "'.'", "directory"}},
        BadArguments{"OutUnderFile", "fit --data data.csv --out data.csv/f.json", {"--out", "no directory"}},
        BadArguments{"OutNotWritable",
                     "fit --data data.csv --out /proc/f.json",
                     {"--out", "'/proc/f.json'", "cannot be written"}},
        BadArguments{"OutEmpty", "fit --data data.csv --out ''", {"--out"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Fine, BadUsage,
    testing::Values(
        BadArguments{"NoSamples", "generate --samples 0 --out d.csv", {"--samples", "'0'", ">= 1"}},
        BadArguments{"SamplesNegative", "generate --samples -5 --out d.csv", {"--samples", "'-5'", ">= 1"}},
        BadArguments{"SamplesTooMany",
                     "generate --samples 1000000001 --out d.csv",
                     {"--samples", "'1000000001'", "at most 1000000000"}},
        BadArguments{"SpinsTooMany",
                     "generate --samples 1000000000 --sites 1000000000 --range 1 --out d.csv",
                     {"--samples: value 1000000000 of 1000000000 sites", "2^30 spins"}},
        BadArguments{"BurnInForEver",
                     "generate --sampler heat-bath --burn-in 9223372036854775807 --out d.csv",
                     {"--burn-in", "at most 1000000000"}},
        BadArguments{"SamplesFraction", "generate --samples 1.5 --out d.csv", {"--samples", "'1.5'", ">= 1"}},
        BadArguments{"Sampler",
                     "generate --sampler gibbs --out d.csv",
                     {"--sampler", "'gibbs'", "exact or heat-bath or metropolis"}},
        BadArguments{"BurnInOfExactSamples",
                     "generate --burn-in 100 --out d.csv",
                     {"--burn-in", "'100'", "only with --sampler heat-bath or metropolis"}},
        BadArguments{"ThinningOfExactSamples",
                     "generate --sampler exact --thinning 10 --out d.csv",
                     {"--thinning", "'10'", "only with --sampler heat-bath or metropolis"}},
        BadArguments{
            "BurnIn", "generate --sampler heat-bath --burn-in -1 --out d.csv", {"--burn-in", "'-1'", ">= 0"}},
        BadArguments{"Thinning",
                     "generate --sampler metropolis --thinning 0 --out d.csv",
                     {"--thinning", "'0'", ">= 1"}},
        BadArguments{"Seed", "generate --seed -1 --out d.csv", {"--seed", "'-1'", "0 to 2^64 - 1"}},
        BadArguments{"Sites", "generate --sites 0 --out d.csv", {"--sites", "'0'", ">= 1"}},
        BadArguments{"Range", "generate --sites 8 --range 8 --out d.csv", {"--range: value 8", "0 to 7"}},
        BadArguments{"Strength", "truth --strength inf --out t.json", {"--strength", "'inf'", "finite"}},
        BadArguments{"Exponent", "truth --exponent x --out t.json", {"--exponent", "'x'", "finite"}},
        BadArguments{"Normalisation",
                     "truth --normalisation none --out t.json",
                     {"--normalisation", "'none'", "slides or total"}},
        BadArguments{"Beta", "truth --beta 0 --out t.json", {"--beta", "'0'", "> 0"}},
        BadArguments{"OutInNoDirectory", "generate --out none/d.csv", {"--out", "no directory 'none'"}},
        BadArguments{"TruthOutInNoDirectory", "truth --out none/t.json", {"--out", "no directory 'none'"}},
        BadArguments{"TooCostly", "truth --sites 64 --range 25 --out t.json", {"cost", "limit"}},
        BadArguments{"NoSubcommand", "", {"subcommand", "see predcg-ising --help"}},
        BadArguments{"UnknownSubcommand",
                     "simulate",
                     {"'simulate'",
                      "generate, truth, fit, relative-entropy, hierarchy, predict, sample, calibrate, study",
                      "predcg-ising --help"}},
        BadArguments{"UnknownOption", "generate --colour red --out d.csv", {"--colour", "generate --help"}},
        BadArguments{"NoThreads", "generate --threads 0 --out d.csv", {"--threads", "'0'", "1 to 4096"}},
        BadArguments{"HalfAThread", "truth --threads 0.5 --out d.csv", {"--threads", "'0.5'", "1 to 4096"}},
        BadArguments{"OptionTwice", "generate --beta 1 --beta 2 --out d.csv", {"--beta"}},
        BadArguments{"ValueMissing", "generate --out", {"--out"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Study, BadUsage,
    testing::Values(
        BadArguments{"NoStudy", "study", {"subcommand", "study --help"}},
        BadArguments{
            "UnknownStudy", "study nothing", {"'nothing'", "allowed: sweep", "predcg-ising study --help"}},
        BadArguments{"OutIsFile", "study sweep --out data.csv", {"--out", "'data.csv'", "it is a file"}},
        BadArguments{"OutUnderFile", "study sweep --out data.csv/sweep", {"--out"}},
        BadArguments{"OutNotWritable", "study sweep --out /proc/sweep", {"--out", "'/proc/sweep'"}},
        BadArguments{"Level", "study sweep --level 3 --out s", {"--level: value 3", "divisor"}},
        BadArguments{"LevelTooLarge",
                     "study sweep --level 32 --out s",
                     {"--level: value 32", "at least two coarse sites"}},
        BadArguments{"DataSetsTooMany",
                     "study data-size --data-sets 368934881474191033 --out s",
                     {"--data-sets", "'368934881474191033'", "at most 1000000"}},
        BadArguments{"Step", "study sweep --field-step 0 --out s", {"--field-step", "'0'", "> 0"}},
        BadArguments{"StepTooSmall", "study sweep --field-step 1e-9 --out s", {"--field-step: value 1e-09"}},
        BadArguments{"FieldsBackwards",
                     "study sweep --field-from 1 --field-to 0 --out s",
                     {"--field-to: value 0", "at least --field-from, 1"}},
        BadArguments{"Samples", "study sweep --samples 0 --out s", {"--samples", "'0'", ">= 1"}},
        BadArguments{"Prior", "study sweep --prior none --out s", {"--prior", "weak or flat"}}),
    name_of);

class BadEnvironment : public cli_test::Program {
protected:
    BadEnvironment() { setenv("PREDCG_THREADS", "two", 1); }
    ~BadEnvironment() override { unsetenv("PREDCG_THREADS"); }
};

TEST_F(BadEnvironment, IsRefused) {
    expect_refused("generate --out d.csv", {"PREDCG_THREADS", "two", "1 to 4096"});
    run_well("generate --sites 8 --threads 2 --out d.csv");  // the option stands over it
}

}  // namespace
}  // namespace bad_input_test
