// No random stream is made twice in a study, but for what is shared on purpose.
#include "stream_recorder.hpp"

#include "studies/calibration.hpp"
#include "studies/data_size.hpp"
#include "studies/flow.hpp"
#include "studies/levels.hpp"
#include "studies/maps.hpp"
#include "studies/model_study.hpp"
#include "studies/molecules.hpp"
#include "studies/sweep.hpp"

namespace stream_keys_test {
using namespace cli;
using namespace cli::study;
using predcg::PosteriorMethod;
using predcg::Purpose;
using support::expect_distinct_streams;
using support::expect_shared_streams;

namespace {

const FineModel small{.chain = {.sites = 8, .strength = 1.5, .range = 2}};
const FieldRange two_fields{.from = 0.3, .to = 0.9, .step = 0.6};

TEST(StreamKeysOfStudies, Sweep) {
    expect_distinct_streams(
        {Purpose::generate, Purpose::start, Purpose::posterior, Purpose::latent, Purpose::coarse,
         Purpose::predict_chain, Purpose::predict_fine},
        [] { (void)run_sweep({.fine = small, .fields = two_fields, .samples = 5, .draws = 16}); });
}

TEST(StreamKeysOfStudies, DataSize) {
    expect_distinct_streams({Purpose::generate, Purpose::start, Purpose::posterior, Purpose::laplace_slides},
                            [] {
                                (void)run_data_size({.fine = small,
                                                     .fields = two_fields,
                                                     .samples = {5, 10},
                                                     .banded = {5, 10},
                                                     .data_sets = 2,
                                                     .posteriors = 2,
                                                     .draws = 16});
                            });
}

TEST(StreamKeysOfStudies, Levels) {
    expect_distinct_streams({Purpose::generate, Purpose::start, Purpose::posterior}, [] {
        (void)run_levels({.fine = small, .fields = two_fields, .samples = 5, .data_sets = 2, .draws = 16});
    });
}

TEST(StreamKeysOfStudies, Models) {
    expect_distinct_streams({Purpose::generate, Purpose::laplace, Purpose::posterior, Purpose::evidence}, [] {
        (void)run_models({.fine = small,
                          .fields = two_fields,
                          .pair_range = 1,
                          .samples = 5,
                          .data_sets = 2,
                          .draws = 32});
    });
}

TEST(StreamKeysOfStudies, Maps) {
    expect_shared_streams({Purpose::generate, Purpose::start, Purpose::posterior}, "study maps", [] {
        (void)run_maps({.sites = 10,
                        .samples = {20},
                        .data_sets = 2,
                        .banded_sites = 12,
                        .banded_samples = 10,
                        .posteriors = 2,
                        .draws = 16});
    });
}

TEST(StreamKeysOfStudies, Flow) {
    expect_distinct_streams({Purpose::generate, Purpose::renormalise}, [] {
        (void)run_flow({.sites = 48, .samples = 20, .data_sets = 2, .draws = 25});
    });
}

TEST(StreamKeysOfStudies, Decane) {
    expect_shared_streams(
        {Purpose::start, Purpose::posterior, Purpose::geometry, Purpose::replicate, Purpose::predict},
        "weighted fit", [] { (void)run_molecules({.draws = 16, .samples = 2, .frames = {}}); });
}

// A minute: --gtest_also_run_disabled_tests. What is made for one liquid is listened to in the unit
// tests.
TEST(StreamKeysOfStudies, DISABLED_Molecules) {
    expect_shared_streams(
        {Purpose::start, Purpose::posterior, Purpose::geometry, Purpose::replicate, Purpose::predict,
         Purpose::coarse, Purpose::laplace, Purpose::sampling_error, Purpose::draw_chains,
         Purpose::liquid_fine, Purpose::predict_chain, Purpose::predict_fine},
        "weighted fit", [] {
            (void)run_molecules(
                {.draws = 32, .samples = 2, .frames = {8, 10}, .liquid_samples = 400, .check_samples = 40});
        });
}

TEST(StreamKeysOfStudies, CalibrationByRanks) {
    expect_distinct_streams({Purpose::calibrate, Purpose::start, Purpose::posterior}, [] {
        (void)run_ranks({.model = {.fine_sites = 8},
                         .ranks = {.data = 5, .replicates = 3, .ranked_draws = 3, .bins = 2},
                         .draws = 40});
    });
}

CoverageStudySettings coverage_by(std::vector<PosteriorMethod> methods) {
    return {.fine = small, .samples = 10, .data_sets = 2, .methods = std::move(methods), .draws = 40};
}

TEST(StreamKeysOfStudies, Coverage) {
    const std::vector<PosteriorMethod> all = CoverageStudySettings{}.methods;
    expect_distinct_streams({Purpose::generate, Purpose::start, Purpose::posterior},
                            [] { (void)run_coverage(coverage_by({PosteriorMethod::full})); });
    expect_shared_streams(
        {Purpose::generate, Purpose::start, Purpose::posterior, Purpose::laplace, Purpose::laplace_slides},
        "study coverage", [&] { (void)run_coverage(coverage_by(all)); });
    expect_shared_streams({Purpose::generate, Purpose::start, Purpose::posterior},
                          "study coverage with weights", [] {
                              CoverageStudySettings along = coverage_by({PosteriorMethod::full});
                              along.chain.emplace();
                              (void)run_coverage(along);
                          });
}

}  // namespace
}  // namespace stream_keys_test
