// expect: predcg: OnlineFit::predict needs #include <predcg/predict/predict.hpp>, and an
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/online.hpp>
#include <predcg/predict/predict.hpp>
#include <tiny_models.hpp>

#include <string>

using namespace predcg;

#ifdef PREDCG_TWIN
using Observed = tiny::First;
#else
struct Observed {
    double operator()(const std::string& x) const { return x[0]; }
};
#endif

double mean() {
    const EMCoarseGrainer grainer{SamplesOnly<tiny::Spins>{}, tiny::Field{}, tiny::Noise{}, Enumeration{}};
    const OnlineFit online{grainer, {.beta = 1.0}};
    return online.predict(Observed{}).mean[0];
}
