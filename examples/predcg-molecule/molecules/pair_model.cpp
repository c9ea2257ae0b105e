#include "molecules/pair_model.hpp"

namespace cli::molecules {

predcg::MonteCarlo<predcg::SingleParticle> pair_engine() {
    return predcg::MonteCarlo<predcg::SingleParticle>(
        {}, {.samples = 100, .chains = 1, .warm_up = 300, .refresh = 20, .thinning = 5});
}

}  // namespace cli::molecules
