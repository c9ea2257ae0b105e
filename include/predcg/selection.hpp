#pragma once
// Choosing among models: evidence, BIC, leave-one-out predictive densities, and which terms stay.
// Beside predcg.hpp.
#include <predcg/judge/model_score.hpp>
#include <predcg/judge/select_terms.hpp>
