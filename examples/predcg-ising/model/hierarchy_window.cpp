#include "model/hierarchy_learner.hpp"

namespace cli {

LearntHierarchy learn_window_hierarchy(const HierarchyModel& model, const Configurations& data,
                                       const HierarchyChoice& choice) {
    return learn_levels<WindowMap>(model, data, choice);
}

}  // namespace cli
