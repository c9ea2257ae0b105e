// expect: predcg: latent_marginals needs an engine that gives two_point(target, i, j) of q(X|x)
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

Matrix marginals(const Fit<tiny::Field, tiny::Noise, Engine>& fit) {
    return latent_marginals(fit, tiny::Spins{});
}
