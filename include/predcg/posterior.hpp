#pragma once
// Posteriors of the parameters, predictions with intervals, what the data contradict, and calibration.
// Beside predcg.hpp; exchange_posterior wants monte_carlo.hpp, too.
#include <predcg/judge/checks.hpp>
#include <predcg/judge/coverage.hpp>
#include <predcg/judge/effective_data.hpp>
#include <predcg/judge/simulation_based.hpp>
#include <predcg/posterior/exchange.hpp>
#include <predcg/posterior/full_posterior.hpp>
#include <predcg/posterior/laplace.hpp>
#include <predcg/predict/credible_interval.hpp>
#include <predcg/predict/latent.hpp>
