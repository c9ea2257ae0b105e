// expect: predcg: this engine can neither give this observable's expectation exactly
#include <predcg/engines/enumeration.hpp>
#include <predcg/engines/mean_field.hpp>
#include <predcg/predict/expectation.hpp>
#include <predcg/structure/boltzmann.hpp>
#include <tiny_models.hpp>

using namespace predcg;

#ifdef PREDCG_TWIN
using Engine = Enumeration;
#else
using Engine = MeanField;
#endif

double magnetisation(const Vector& theta) {
    return expectation(Engine{}, boltzmann(tiny::Field{}, theta, 1.0), tiny::First{}).value();
}
