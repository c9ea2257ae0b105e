// expect: predcg: latent_mean needs an engine that gives site moments of q(X|x)
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/mean_field.hpp>
#include <predcg/predict/latent.hpp>
#include <tiny_models.hpp>

using namespace predcg;

#ifdef PREDCG_TWIN
using Engine = Enumeration;
#else
using Engine = MeanField;
#endif

Vector mean(const Fit<tiny::Field, tiny::Noise, Engine>& fit) { return latent_mean(fit, tiny::Spins{}); }
