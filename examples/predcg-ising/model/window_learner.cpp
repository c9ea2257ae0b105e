#include "model/learner_of.hpp"

namespace cli {

const MapLearner& window_learner() {
    static const LearnerOf<WindowMap> learner;
    return learner;
}

}  // namespace cli
