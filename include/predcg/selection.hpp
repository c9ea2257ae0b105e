#pragma once
// Choosing among models: evidence, BIC, leave-one-out predictive densities, and which terms stay.
// Beside predcg.hpp.
#include <predcg/selection/model_score.hpp>
#include <predcg/selection/select_terms.hpp>
