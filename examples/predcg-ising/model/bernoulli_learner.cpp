#include "model/learner_of.hpp"

namespace cli {

const MapLearner& bernoulli_learner() {
    static const LearnerOf<BernoulliMap> learner;
    return learner;
}

}  // namespace cli
