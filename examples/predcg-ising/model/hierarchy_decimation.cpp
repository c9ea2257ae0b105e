#include "model/hierarchy_learner.hpp"

namespace cli {

LearntHierarchy learn_decimation_hierarchy(const HierarchyModel& model, const Configurations& data,
                                           const HierarchyChoice& choice) {
    return learn_levels<DecimationMap>(model, data, choice);
}

}  // namespace cli
