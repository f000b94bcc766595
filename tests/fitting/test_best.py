"""Model selection: leave-one-out by brute force, ranking, what is not ranked."""

import numpy as np

import concave_sched as cs
from concave_sched.fitting import fit, fit_best, leave_one_out

X = np.array([1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0])
Y = 8 * X / (X + 4) + 0.02 * np.sin(9 * X)


def test_leave_one_out_is_that_of_refitting_without_each_point():
    found = fit("Hyperbolic", X, Y, at_zero=0.0)
    errors = leave_one_out([found])[0]
    for i in range(X.size):
        kept = np.arange(X.size) != i
        without = fit("Hyperbolic", X[kept], Y[kept], at_zero=0.0)
        np.testing.assert_allclose(errors[i], Y[i] - float(without.curve(X[i])), atol=1e-7)


def test_the_true_family_ranks_first_and_the_table_lists_all():
    families = ["Power", "Hyperbolic", "Exponential", cs.curves.PiecewiseLinear]
    ranking = fit_best(X, Y, at_zero=0.0, families=families)
    assert type(ranking.curve) is cs.curves.Hyperbolic
    table = ranking.to_dataframe()
    assert list(table.family)[0] == "Hyperbolic" and list(table.family)[-1] == "PiecewiseLinear"
    assert table.leave_one_out[:3].is_monotonic_increasing
    assert table.leave_one_out.isna().tolist() == [False, False, False, True]
    assert table.sse.iloc[-1] <= table.sse.min()
    assert "leave-one-out" in ranking.summary() and "<table>" in ranking._repr_html_()
    assert ranking.objective == table.leave_one_out[0]
    np.testing.assert_allclose(ranking.sse, ranking.best.sse)


def test_saturated_families_are_listed_and_not_ranked():
    ranking = fit_best(X[:4], Y[:4], families=["Hyperbolic", "Exponential"])
    assert all(np.isnan(error) for error in ranking.errors)
    assert ranking.to_dataframe()["rank"].isna().all()
    assert np.isnan(ranking.to_dataframe().aicc).all()


def test_aicc_is_given_where_points_exceed_parameters_by_more_than_two():
    ranking = fit_best(X, Y, at_zero=0.0, families=["Hyperbolic"])
    points, parameters = 7, 3
    expected = points * np.log(ranking.sse / points) + 2 * parameters * points / (
        points - parameters - 1
    )
    np.testing.assert_allclose(ranking.best.aicc, expected)
