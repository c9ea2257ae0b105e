// expect: predcg: more_starts() of a density would be passed over
// expect: predcg: weak_prior() of a density would be passed over
// expect: predcg: takes(x) of a density would be passed over
// expect: predcg: moments(a, eta) of a density would be passed over
// expect: predcg: natural values of a density would be passed over
#include <passed_over_form.hpp>
#include <predcg/maps/site_map.hpp>
#include <predcg/priors/priors.hpp>

using namespace predcg;

struct Exponential {
    Index letters() const { return 2; }
    Index parameter_count() const { return 0; }
    Index statistic_count() const { return 1; }
    void statistic(double x, std::span<double> t) const { t[0] = x; }
    Expansion expansion(double, std::span<const double> t, Index, const Vector&) const {
        return {-t[0], Vector(0), Matrix(0, 0)};
    }
    double draw(Index, const Vector&, auto& rng) const { return -std::log(uniform(rng)); }
};
struct Starts : Exponential {
    Form<std::vector<Vector>, std::vector<double>> more_starts() const { return {}; }
};
struct Weak : Exponential {
    Form<Flat, void> weak_prior() const { return Form<Flat, void>(); }
};
struct Taken : Exponential {
    bool takes(Form<double, Vector>) const { return true; }
};
struct Means : Exponential {
    Form<std::pair<double, double>, double> moments(Index, const Vector&) const { return {}; }
};
struct Natural : Exponential {
    NaturalParameter natural(Index, double) const { return {}; }
    double unconstrained(Index, double) const { return 0.0; }
    Form<std::vector<std::string>, std::string> natural_names() const { return {}; }
};

int main() {
    (void)SiteMap(Starts{});
    (void)SiteMap(Weak{});
    (void)SiteMap(Taken{});
    (void)SiteMap(Means{});
    (void)SiteMap(Natural{});
}
