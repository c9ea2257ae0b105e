#pragma once
// Choosing among models: evidence, BIC, leave-one-out predictive densities, which terms stay, and which map.
// Beside predcg.hpp.
#include <predcg/judge/model_score.hpp>
#include <predcg/judge/select_map.hpp>
#include <predcg/judge/select_terms.hpp>
#include <predcg/maps/block_with_terms.hpp>
