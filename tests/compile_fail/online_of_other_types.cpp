// expect: predcg: OnlineFit::predict needs #include <predcg/predict/predict.hpp>, and an
// expect: predcg: OnlineFit::add takes a configuration of the map's fine_type, or a range whose
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/online.hpp>
#include <predcg/predict/predict.hpp>
#include <tiny_models.hpp>

#include <string>

using namespace predcg;

#ifdef PREDCG_TWIN
using Observed = tiny::First;
using Added = tiny::Spins;
#else
struct Added {
    int first, second;
};
struct Observed {
    double operator()(const std::string& x) const { return x[0]; }
};
#endif

double mean() {
    const EMCoarseGrainer grainer{SamplesOnly<tiny::Spins>{}, tiny::Field{}, tiny::Noise{}, Enumeration{}};
    OnlineFit online{grainer, {.beta = 1.0}};
    online.add(Added{1, 1});
    online.add(std::vector<Added>(3, Added{1, 1}));
    return online.predict(Observed{}).mean[0];
}
