#include "model/learner_of.hpp"

namespace cli {

const MapLearner& three_letter_learner() {
    static const LearnerOf<ThreeLetterMap> learner;
    return learner;
}

}  // namespace cli
