#include "model/sampled_estimate.hpp"

namespace cli {

AnyEstimate sampled_estimate(const FitModel& model, const FitMethod& method, const Configurations& data,
                             const predcg::FitSettings& settings, const ThreeLetterMap& map) {
    return estimate_by_sampling(model, method, data, settings, map);
}

}  // namespace cli
