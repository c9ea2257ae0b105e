// expect: predcg: log_partition(target) of an engine would be passed over
// expect: predcg: lower_bound(target) of an engine would be passed over
// expect: predcg: site_moments(target, order) of an engine would be passed over
// expect: predcg: expect_batch(batch, want, states, key) of an engine would be passed over
// expect: predcg: kernel() of an engine would be passed over
// expect: predcg: with_samples(n) of an engine would be passed over
// expect: predcg: with_settings(settings) of an engine would be passed over
// expect: predcg: sampler(target) of an engine would be passed over
// expect: predcg: chain_sampler(target) of an engine would be passed over
// expect: predcg: two_point(target, i, j) of an engine would be passed over
// expect: predcg: site_moments(target, order, lags) of an engine would be passed over
// expect: predcg: site_moments(target, given, order) of an engine would be passed over
// expect: predcg: generate needs an engine that draws independent samples
#include <passed_over_form.hpp>
#include <predcg/engines/enumeration.hpp>
#include <predcg/learning/em_coarse_grainer.hpp>
#include <predcg/models/ising/majority_map.hpp>
#include <predcg/predict/credible_interval.hpp>
#include <predcg/predict/fine_scale.hpp>
#include <predcg/predict/latent.hpp>
#include <predcg/relative_entropy/relative_entropy.hpp>
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
struct WithBatches : Enumeration {
    template <class B, class States>
    Form<BatchMoments, Moments> expect_batch(const B&, Want, States&, const StreamKey&) const {
        return {};
    }
};
struct WithKernel : Averages {
#ifdef PREDCG_TWIN
    int kernel() const { return 0; }
#else
    int kernel() { return 0; }
#endif
};
struct Lengths {
    Index samples = 2, refresh = 1;
};
struct Lengthened : Averages {
    Lengths settings() const { return {}; }
    Form<Lengthened, Averages> with_samples(Index) const { return {}; }
};
struct Refreshed : Averages {
    Lengths settings() const { return {}; }
    Form<Refreshed, Averages> with_settings(const Lengths&) const { return {}; }
};
struct Drawer {
    Spins draw(Form<Philox4x32, Index>&) const { return {}; }
};
struct Drawing : Averages {
    template <class T>
    Drawer sampler(const T&) const {
        return {};
    }
};
struct Moving : Enumeration {
    template <class T>
    Drawer chain_sampler(const T&) const {
        return {};
    }
};
struct WithPairs : Averages {
    template <class T>
    Matrix two_point(const T&, Index, Form<Index, Spins>) const {
        return {};
    }
};
struct WithBands : Enumeration {
    template <class T>
    Form<SiteMoments, Matrix> site_moments(const T&, int, Index) const {
        return {};
    }
};
struct Mixing : Enumeration {
    template <class T, class G>
    Form<SiteMoments, Matrix> site_moments(const T&, const G&, int) const {
        return {};
    }
};
struct Near : tiny::First {
    Index lags() const { return 1; }
};
struct Mixture : tiny::Noise {
    struct Given {
        Index size() const { return 2; }
        SiteMoments operator()(const Spins&) const { return {}; }
    };
    Given conditional_moments(Index, const Vector&) const { return {}; }
};
struct Energy {
    ising::SpinSpace<> space() const { return ising::spin_space(2); }
    double energy(const Spins&) const { return 0.0; }
};

template <class Engine>
auto build(Engine engine) {
    return EMCoarseGrainer{SamplesOnly<Spins>{}, tiny::Field{}, tiny::Noise{}, engine};
}

int main() {
    (void)build(Normalising{});
    (void)build(EngineRoles{Bounding{}, Enumeration{}});
    (void)RelativeEntropy{tiny::Field{}, ising::majority_map(), WithMoments{}}.coarse();
    (void)build(WithBatches{}).fit(std::vector<Spins>{}, {.beta = 1.0});
    (void)build(WithKernel{});
    (void)build(Lengthened{});
    (void)RelativeEntropy{tiny::Field{}, ising::majority_map(), Refreshed{}}.coarse();
    const tiny::Field field;
    const auto target = boltzmann(field, Vector::Zero(1), 1.0);
    (void)expectation(Drawing{}, target, tiny::First{});
    (void)detail::coarse_sampler(Moving{}, target);
    (void)latent_marginals(Fit(Estimate{}, field, tiny::Noise{}, WithPairs{}), Spins{});
    (void)expectation(WithBands{}, target, Near{});
    (void)predict(Fit(Estimate{}, field, Mixture{}, Mixing{}), tiny::First{});
    (void)generate(Energy{}, {}, Form<Enumeration, Averages>{});
}
