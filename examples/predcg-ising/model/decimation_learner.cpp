#include "model/learner_of.hpp"

namespace cli {

const MapLearner& decimation_learner() {
    static const LearnerOf<DecimationMap> learner;
    return learner;
}

}  // namespace cli
