// expect: predcg: log_partition(target) of an engine would be passed over
// expect: predcg: lower_bound(target) of an engine would be passed over
// expect: predcg: site_moments(target, order) of an engine would be passed over
#include <passed_over_form.hpp>
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <tiny_models.hpp>

using namespace predcg;
using tiny::Spins;

/// Expectations alone.
struct Averages {
    template <class T>
    using State = NoState;
    template <class T, class S>
    Moments expect(const T&, const S&, NoState&, const StreamKey&) const {
        return {};
    }
};
struct Normalising : Averages {
    template <class T>
#ifdef PREDCG_TWIN
    double log_partition(const T&) const {
        return 0.0;
    }
#else
    double log_partition(const T&) {
        return 0.0;
    }
#endif
};
struct Bounding : Averages {
    template <class T>
    Form<double, std::optional<double>> lower_bound(const T&) const {
        return {};
    }
};
struct WithMoments : Averages {
    template <class T>
    Form<SiteMoments, Vector> site_moments(const T&, int) const {
        return {};
    }
};

template <class Engine>
void build(Engine engine) {
    (void)EMCoarseGrainer{SamplesOnly<Spins>{}, tiny::Field{}, tiny::Noise{}, engine};
}

int main() {
    build(Normalising{});
    build(Bounding{});
    build(WithMoments{});
}
